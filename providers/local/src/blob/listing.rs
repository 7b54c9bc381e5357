//! One page of a listing: a walk over the keys in byte order that jumps over folded prefixes.

use isobar::blob::{Attributes, BlobKey, ObjectMeta, ObjectVersion, VersionState};
use isobar::document::{Timestamp, Version};
use isobar::driver::blob::listing::folded;
use isobar::driver::blob::{Entry, EntryPage, ListRequest, ListStart};
use isobar::{Error, ErrorKind};
use redb::ReadOnlyTable;

use super::row::BlobRow;
use super::versions::{FIRST, Past};
use crate::byte_order::{after_prefix, next};
use crate::engine::snapshot::Snapshot;
use crate::engine::tables::{BLOBS, VERSIONS};
use crate::error::Stop;

type Blobs = ReadOnlyTable<(&'static str, &'static [u8]), &'static [u8]>;

/// Reads one page.
pub(crate) fn read(
    snapshot: &Snapshot,
    bucket: &str,
    request: &ListRequest,
) -> Result<EntryPage, Stop> {
    let blobs = snapshot.open_table(BLOBS)?;
    let mut page = EntryPage {
        entries: Vec::new(),
        next: None,
    };
    let mut position = start(request);
    while let Some((entry, after)) = entry(&blobs, bucket, request, &position)? {
        position = after;
        // A page may start within a prefix that the page before ended with.
        if passed(request).is_some_and(|passed| entry.name() <= passed) {
            continue;
        }
        if page.entries.len() >= request.limit as usize {
            page.next = page.entries.last().map(|last| last.name().to_owned());
            break;
        }
        page.entries.push(entry);
    }
    Ok(page)
}

/// Where the walk starts: at the prefix, or after what was listed already.
fn start(request: &ListRequest) -> Vec<u8> {
    let prefix = request.prefix.as_bytes().to_vec();
    match passed(request) {
        Some(passed) => prefix.max(next(passed.as_bytes().to_vec())),
        None => prefix,
    }
}

/// The key or common prefix after which the page starts; the cursor of a page is its last one.
fn passed(request: &ListRequest) -> Option<&str> {
    match &request.start {
        ListStart::First => None,
        ListStart::After(name) | ListStart::Cursor(name) => Some(name),
    }
}

/// The first entry from `position` on, and the position after all that it stands for.
fn entry(
    blobs: &Blobs,
    bucket: &str,
    request: &ListRequest,
    position: &[u8],
) -> Result<Option<(Entry, Vec<u8>)>, Stop> {
    let Some(row) = blobs.range((bucket, position)..)?.next() else {
        return Ok(None);
    };
    let (found, row) = row?;
    let (found_bucket, key) = found.value();
    if found_bucket != bucket || !key.starts_with(request.prefix.as_bytes()) {
        return Ok(None);
    }
    let key = std::str::from_utf8(key).map_err(|_| not_text())?;
    if let Some(folded) = folded(key, request) {
        let after = after_prefix(folded.as_bytes().to_vec());
        return Ok(Some((Entry::Prefix(folded.to_owned()), after)));
    }
    let row = BlobRow::decode(bucket, key.as_bytes(), row.value())?;
    Ok(Some((Entry::Blob(row.meta), next(key.as_bytes().to_vec()))))
}

type Versions = ReadOnlyTable<(&'static str, &'static [u8], u64), &'static [u8]>;

/// Reads one page of all versions, the latest of each key first.
///
/// The place after a version is its key and the next higher age, so that a content which becomes
/// past between two pages comes once.
pub(crate) fn versions(
    snapshot: &Snapshot,
    bucket: &str,
    request: &ListRequest,
) -> Result<EntryPage, Stop> {
    let tables = (snapshot.open_table(BLOBS)?, snapshot.open_table(VERSIONS)?);
    let mut page = EntryPage {
        entries: Vec::new(),
        next: None,
    };
    let mut place = version_start(request)?;
    while let Some((version, after)) = version(&tables, bucket, &place)? {
        if !version.meta.key.as_str().starts_with(&request.prefix) {
            break;
        }
        if page.entries.len() >= request.limit as usize {
            let (key, age) = place;
            let key = String::from_utf8(key).map_err(|_| not_text())?;
            page.next = Some(format!("{}:{key}", age.unwrap_or_default()));
            break;
        }
        page.entries.push(Entry::Version(version));
        place = after;
    }
    Ok(page)
}

/// A key, and the least age of its versions that are still to come; none where its present content
/// is too.
type Place = (Vec<u8>, Option<u64>);

fn version_start(request: &ListRequest) -> Result<Place, Error> {
    Ok(match &request.start {
        ListStart::First => (request.prefix.as_bytes().to_vec(), None),
        ListStart::After(key) => {
            let after = next(key.as_bytes().to_vec());
            (after.max(request.prefix.as_bytes().to_vec()), None)
        }
        ListStart::Cursor(cursor) => {
            let place = cursor.split_once(':');
            let place = place.and_then(|(age, key)| Some((age.parse().ok()?, key)));
            let (age, key) = place
                .ok_or_else(|| Error::invalid("the cursor is not of a listing of versions"))?;
            (key.as_bytes().to_vec(), Some(age))
        }
    })
}

/// The first version from a place on, and the place after it.
fn version(
    (blobs, versions): &(Blobs, Versions),
    bucket: &str,
    (key, age): &Place,
) -> Result<Option<(ObjectVersion, Place)>, Stop> {
    let present_from = match age {
        Some(_) => next(key.clone()),
        None => key.clone(),
    };
    let present = blobs
        .range((bucket, &*present_from)..)?
        .next()
        .transpose()?;
    let present = present.filter(|(place, _)| place.value().0 == bucket);
    let mut past = versions.range((bucket, &**key, age.unwrap_or_default())..)?;
    let past = past.next().transpose()?;
    let past = past.filter(|(place, _)| place.value().0 == bucket);
    let past_place = past.as_ref().map(|(place, _)| place.value());
    if let Some((place, row)) = &present {
        let (_, key) = place.value();
        // The age that it will have.
        let age = match past_place {
            Some((_, past_key, age)) if past_key == key => Some(age.saturating_sub(1)),
            Some((_, past_key, _)) if past_key < key => None,
            _ => Some(FIRST),
        };
        if let Some(age) = age {
            let row = BlobRow::decode(bucket, key, row.value())?;
            let after = (key.to_vec(), Some(age.saturating_add(1)));
            return Ok(Some((described(row.meta, VersionState::Present), after)));
        }
    }
    let Some((place, row)) = past else {
        return Ok(None);
    };
    let (_, key, age) = place.value();
    let version = match Past::decode(place.value(), row.value())? {
        Past::Content(row) => described(row.meta, VersionState::Past),
        Past::Deletion { version, modified } => deletion(key, version, modified)?,
    };
    Ok(Some((version, (key.to_vec(), Some(age.saturating_add(1))))))
}

fn deletion(key: &[u8], version: Version, modified: Timestamp) -> Result<ObjectVersion, Error> {
    let key = std::str::from_utf8(key).map_err(|_| not_text())?;
    let meta = ObjectMeta {
        key: BlobKey::of_store(key),
        size: 0,
        version,
        version_id: None,
        modified,
        attributes: Attributes::default(),
        crc32c: None,
    };
    Ok(described(meta, VersionState::Deletion))
}

fn described(mut meta: ObjectMeta, state: VersionState) -> ObjectVersion {
    let id = super::versions::id(&meta.version);
    meta.version_id = Some(id.clone());
    ObjectVersion { meta, id, state }
}

fn not_text() -> Error {
    Error::new(ErrorKind::Corrupt, "the key of a stored blob is not text")
}
