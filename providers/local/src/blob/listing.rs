//! One page of a listing: a walk over the keys in byte order that jumps over folded prefixes.

use isobar::driver::blob::listing::folded;
use isobar::driver::blob::{Entry, EntryPage, ListRequest, ListStart};
use isobar::{Error, ErrorKind};
use redb::ReadOnlyTable;

use super::row::BlobRow;
use crate::byte_order::{after_prefix, next};
use crate::engine::snapshot::Snapshot;
use crate::engine::tables::BLOBS;
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
    let key = std::str::from_utf8(key)
        .map_err(|_| Error::new(ErrorKind::Corrupt, "the key of a stored blob is not text"))?;
    if let Some(folded) = folded(key, request) {
        let after = after_prefix(folded.as_bytes().to_vec());
        return Ok(Some((Entry::Prefix(folded.to_owned()), after)));
    }
    let row = BlobRow::decode(bucket, key.as_bytes(), row.value())?;
    Ok(Some((Entry::Blob(row.meta), next(key.as_bytes().to_vec()))))
}
