//! Changes of the rows of blobs, by the committer, and of the files that they refer to.

use std::collections::HashSet;
use std::sync::Arc;

use isobar::blob::VersionId;
use isobar::document::Version;
use isobar::driver::blob::Delete;
use redb::ReadableTable as _;

use super::events::{self, Happened};
use super::now;
use super::objects::{NewObject, Objects};
use super::row::{BlobRow, check};
use super::versions::{self, Past, Removal};
use crate::committer::{Group, Settled};
use crate::engine::tables::{BLOBS, VERSIONS};
use crate::engine::{Engine, Wrote};
use crate::error::{Fault, Stop};

/// The present row of a blob.
pub(super) fn stored(
    group: &mut Group<'_>,
    (bucket, key): (&str, &[u8]),
) -> Result<Option<BlobRow>, Stop> {
    let stored = group.tables.blobs.open()?.get((bucket, key))?;
    let row = stored.map(|stored| BlobRow::decode(bucket, key, stored.value()));
    Ok(row.transpose()?)
}

/// Removes blobs of a bucket.
#[derive(Debug)]
pub(super) struct Remover {
    pub(super) bucket: String,
    /// Whether the bucket keeps versions.
    pub(super) keeps: bool,
    /// Whether the bucket's events are kept.
    pub(super) watched: bool,
    pub(super) objects: Arc<Objects>,
}

impl Remover {
    /// Removes a blob, or a version for good; returns whether there was one.
    pub(super) fn remove(&self, group: &mut Group<'_>, delete: &Delete) -> Result<bool, Stop> {
        let blob = (&*self.bucket, delete.at.key.as_str().as_bytes());
        let found = stored(group, blob)?;
        if let Some(id) = &delete.at.version_id {
            let Some(removal) = Removal::of(group, blob, (found, id))? else {
                check(&delete.condition, None)?;
                return Ok(false);
            };
            check(&delete.condition, removal.content.as_ref())?;
            removal.carry_out(group, blob)?;
            self.tell(group, delete, Some(id.clone()))?;
            self.discard(group, removal.content);
            return Ok(true);
        }
        check(&delete.condition, found.as_ref())?;
        let Some(found) = found else {
            return Ok(false);
        };
        let mut mark_id = None;
        let discarded = if self.keeps {
            let age = versions::next_age(group, blob)?;
            let mark = Past::Deletion {
                version: Version::generate(),
                modified: now(),
            };
            mark_id = Some(versions::id(mark.version()));
            versions::keep(group, blob, (age, &Past::Content(found)))?;
            versions::keep(group, blob, (age.saturating_sub(1), &mark))?;
            None
        } else {
            Some(found)
        };
        group.tables.blobs.open()?.remove(blob)?;
        group.wrote = Wrote::Something;
        self.tell(group, delete, mark_id)?;
        self.discard(group, discarded);
        Ok(true)
    }

    fn tell(
        &self,
        group: &mut Group<'_>,
        delete: &Delete,
        version_id: Option<VersionId>,
    ) -> Result<(), Fault> {
        if !self.watched {
            return Ok(());
        }
        let removed = Happened {
            key: &delete.at.key,
            stored: None,
            version_id,
            at: now(),
        };
        events::record(group, &self.bucket, removed)
    }

    fn discard(&self, group: &mut Group<'_>, content: Option<BlobRow>) {
        let objects = Arc::clone(&self.objects);
        group.afterwards(move |settled| settle(settled, None, content, &objects));
    }
}

/// Keeps the file whose row is there, and removes the one whose row is gone.
pub(super) fn settle(
    settled: Settled,
    new: Option<NewObject>,
    replaced: Option<BlobRow>,
    objects: &Objects,
) {
    if settled == Settled::NotWritten {
        return;
    }
    if let Some(new) = new {
        new.keep();
    }
    // Where nobody knows which of the two rows is there, both files stay until the next start.
    if let Some(row) = replaced
        && settled == Settled::Committed
    {
        objects.remove(row.object);
    }
}

/// Removes the files that no row refers to: of writers who were killed, or gave up unseen.
pub(crate) fn sweep(engine: &Engine, objects: &Objects) -> Result<(), Fault> {
    let in_use = engine.read(|snapshot| {
        let mut in_use = HashSet::new();
        for row in snapshot.open_table(BLOBS)?.iter()? {
            let (key, row) = row?;
            let (bucket, key) = key.value();
            in_use.insert(BlobRow::decode(bucket, key, row.value())?.object);
        }
        for row in snapshot.open_table(VERSIONS)?.iter()? {
            let (place, row) = row?;
            if let Past::Content(row) = Past::decode(place.value(), row.value())? {
                in_use.insert(row.object);
            }
        }
        Ok(in_use)
    });
    match in_use {
        Ok(in_use) => {
            let removed = objects.sweep(&in_use)?;
            tracing::debug!(removed, "swept the files of the local store");
            Ok(())
        }
        // The file of a damaged row would look unreferenced, so nothing is removed.
        Err(Stop::Refused(error)) => {
            tracing::warn!(%error, "the files of the local store were not swept");
            Ok(())
        }
        Err(Stop::Fault(fault)) => Err(fault),
    }
}
