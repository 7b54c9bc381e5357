//! The versions that a bucket keeps: which buckets do, and their rows.
//!
//! The present content of a blob is a row of the table of blobs, whatever the bucket keeps. What it
//! was before lies in the table of versions, the latest first, with the marks of its deletions. A
//! version is named by the version of its content, so that blobs which were there before the bucket
//! kept any have a name too.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use isobar::blob::VersionId;
use isobar::document::{Timestamp, Version};
use isobar::{Error, Result};
use redb::ReadableTable;

use super::row::{BlobRow, damaged};
use crate::committer::Group;
use crate::engine::snapshot::Snapshot;
use crate::engine::tables::{META, VERSIONS};
use crate::engine::{Engine, Wrote, format};
use crate::error::{Fault, Stop};
use crate::store::LocalStore;
use crate::wire::{Malformed, Reader, put_bytes, put_signed, seal, unseal};

/// The age of the first version of a blob; each later one is younger by one.
pub(crate) const FIRST: u64 = u64::MAX - 1;
/// What stands in the table of facts before the name of a bucket that keeps versions.
const KEEPS: &str = "versions:";

/// The buckets that keep versions. They are read once, as nobody else writes the store.
#[derive(Debug, Default)]
pub(crate) struct Keepers(RwLock<HashSet<String>>);

impl Keepers {
    pub(crate) fn read(engine: &Engine) -> Result<Self, Fault> {
        match engine.read(keepers) {
            Ok(buckets) => Ok(Self(RwLock::new(buckets))),
            Err(Stop::Fault(fault)) => Err(fault),
            Err(Stop::Refused(error)) => Err(Fault::damaged(error.to_string())),
        }
    }

    pub(super) fn has(&self, bucket: &str) -> bool {
        let buckets = self.0.read().unwrap_or_else(PoisonError::into_inner);
        buckets.contains(bucket)
    }

    fn add(&self, bucket: String) {
        let mut buckets = self.0.write().unwrap_or_else(PoisonError::into_inner);
        buckets.insert(bucket);
    }
}

fn keepers(snapshot: &Snapshot) -> Result<HashSet<String>, Stop> {
    let mut buckets = HashSet::new();
    for fact in snapshot.open_table(META)?.range(KEEPS..)? {
        let (name, _) = fact?;
        let Some(bucket) = name.value().strip_prefix(KEEPS) else {
            break;
        };
        buckets.insert(bucket.to_owned());
    }
    Ok(buckets)
}

#[cfg(feature = "blob")]
impl LocalStore {
    /// Has the bucket of this name, prefix included, keep the versions of its blobs from now on and
    /// for good, as the present ones when they are replaced or deleted.
    ///
    /// A version goes when it is deleted by its id. An older version of this library cannot open the
    /// store afterwards.
    pub async fn keep_versions(&self, bucket: &str) -> Result<()> {
        let name = format!("{KEEPS}{bucket}");
        let work = move |group: &mut Group<'_>| {
            let meta = group.tables.meta.open()?;
            meta.insert(&*name, 1)?;
            format::raise(meta, format::VERSIONED)?;
            group.wrote = Wrote::Something;
            Ok(())
        };
        self.submit(1 << 10, work).await?;
        self.keepers().add(bucket.to_owned());
        Ok(())
    }
}

/// A row of the table of versions.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "most versions are contents, which a box would make dearer"
)]
pub(crate) enum Past {
    /// What the blob was.
    Content(BlobRow),
    /// It was deleted.
    Deletion {
        version: Version,
        modified: Timestamp,
    },
}

impl Past {
    pub(crate) fn version(&self) -> &Version {
        match self {
            Self::Content(row) => &row.meta.version,
            Self::Deletion { version, .. } => version,
        }
    }

    fn into_content(self) -> Option<BlobRow> {
        match self {
            Self::Content(row) => Some(row),
            Self::Deletion { .. } => None,
        }
    }

    fn encode(&self, bucket: &str, key: &[u8], age: u64) -> Vec<u8> {
        let mut body = Vec::with_capacity(128);
        match self {
            Self::Content(row) => {
                body.push(0);
                row.append(&mut body);
            }
            Self::Deletion { version, modified } => {
                body.push(1);
                put_bytes(&mut body, version.as_str().as_bytes());
                put_signed(&mut body, modified.as_micros());
            }
        }
        seal(&[bucket.as_bytes(), key, &age.to_le_bytes()], &body)
    }

    pub(crate) fn decode(
        (bucket, key, age): (&str, &[u8], u64),
        sealed: &[u8],
    ) -> Result<Self, Error> {
        let parse = || {
            let context: &[&[u8]] = &[bucket.as_bytes(), key, &age.to_le_bytes()];
            let mut reader = Reader::new(unseal(context, sealed)?);
            let past = match reader.byte()? {
                0 => Self::Content(BlobRow::read(&mut reader, key)?),
                1 => Self::Deletion {
                    version: Version::parse(reader.text()?).map_err(|_| Malformed)?,
                    modified: Timestamp::from_micros(reader.signed()?),
                },
                _ => return Err(Malformed),
            };
            reader.end().map(|()| past)
        };
        parse().map_err(damaged)
    }
}

/// What names a version.
pub(super) fn id(version: &Version) -> VersionId {
    VersionId::new(version.as_str())
}

/// Whether a content has the version that is asked for, if one is.
pub(super) fn is_asked_for(row: &BlobRow, id: Option<&VersionId>) -> bool {
    id.is_none_or(|id| row.meta.version.as_str() == id.as_str())
}

/// The rows of one blob, the latest first.
fn of_blob<'r>(
    versions: &'r impl ReadableTable<(&'static str, &'static [u8], u64), &'static [u8]>,
    (bucket, key): (&str, &[u8]),
) -> Result<impl Iterator<Item = Result<(u64, Past), Stop>> + 'r, Stop> {
    let rows = versions.range((bucket, key, 0)..=(bucket, key, u64::MAX))?;
    Ok(rows.map(|row| {
        let (place, stored) = row?;
        let past = Past::decode(place.value(), stored.value())?;
        Ok((place.value().2, past))
    }))
}

/// The content of a past version of a blob.
pub(super) fn find(
    snapshot: &Snapshot,
    blob: (&str, &[u8]),
    id: &VersionId,
) -> Result<Option<BlobRow>, Stop> {
    let versions = snapshot.open_table(VERSIONS)?;
    for row in of_blob(&versions, blob)? {
        match row? {
            (_, Past::Content(row)) if is_asked_for(&row, Some(id)) => return Ok(Some(row)),
            _ => {}
        }
    }
    Ok(None)
}

/// The age that the present content has once it is past.
pub(super) fn next_age(group: &mut Group<'_>, blob: (&str, &[u8])) -> Result<u64, Stop> {
    let versions = group.tables.versions.open()?;
    let latest = of_blob(&*versions, blob)?.next().transpose()?;
    Ok(latest.map_or(FIRST, |(age, _)| age.saturating_sub(1)))
}

/// Keeps what is no longer present, at its age.
pub(super) fn keep(
    group: &mut Group<'_>,
    (bucket, key): (&str, &[u8]),
    (age, past): (u64, &Past),
) -> Result<(), Stop> {
    let row = past.encode(bucket, key, age);
    let versions = group.tables.versions.open()?;
    versions.insert((bucket, key, age), &*row)?;
    Ok(())
}

/// How a version is removed: looked up before anything is written.
#[derive(Debug, Default)]
pub(super) struct Removal {
    /// The content that goes for good; none where it is the mark of a deletion.
    pub(super) content: Option<BlobRow>,
    /// Where it lies; nowhere where it is present.
    age: Option<u64>,
    /// What becomes present in its place.
    next: Option<(u64, BlobRow)>,
}

impl Removal {
    /// The removal of the version with this id; nothing where there is none.
    pub(super) fn of(
        group: &mut Group<'_>,
        blob: (&str, &[u8]),
        (present, id): (Option<BlobRow>, &VersionId),
    ) -> Result<Option<Self>, Stop> {
        let versions = group.tables.versions.open()?;
        let mut past = of_blob(&*versions, blob)?;
        let content_of = |next: Option<Result<(u64, Past), Stop>>| match next.transpose()? {
            Some((age, Past::Content(row))) => Ok(Some((age, row))),
            _ => Ok::<_, Stop>(None),
        };
        if let Some(row) = present.clone().filter(|row| is_asked_for(row, Some(id))) {
            return Ok(Some(Self {
                content: Some(row),
                age: None,
                next: content_of(past.next())?,
            }));
        }
        let mut is_latest = present.is_none();
        while let Some(row) = past.next() {
            let (age, past_version) = row?;
            if past_version.version().as_str() == id.as_str() {
                let next = is_latest.then(|| past.next()).flatten();
                return Ok(Some(Self {
                    content: past_version.into_content(),
                    age: Some(age),
                    next: content_of(next)?,
                }));
            }
            is_latest = false;
        }
        Ok(None)
    }

    pub(super) fn carry_out(
        &self,
        group: &mut Group<'_>,
        (bucket, key): (&str, &[u8]),
    ) -> Result<(), Stop> {
        let versions = group.tables.versions.open()?;
        let ages = self.age.into_iter();
        for age in ages.chain(self.next.as_ref().map(|(age, _)| *age)) {
            versions.remove((bucket, key, age))?;
        }
        let blobs = group.tables.blobs.open()?;
        match &self.next {
            Some((_, row)) => blobs.insert((bucket, key), &*row.encode(bucket))?,
            None if self.age.is_none() => blobs.remove((bucket, key))?,
            None => None,
        };
        group.wrote = Wrote::Something;
        Ok(())
    }
}
