//! One page of a listing: a walk over the keys in byte order that jumps over folded prefixes.

use isobar::driver::blob::{Entry, EntryPage, ListRequest};
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
        let passed = request.after.as_deref();
        if passed.is_some_and(|passed| name(&entry) <= passed) {
            continue;
        }
        if page.entries.len() >= request.limit as usize {
            page.next = page.entries.last().map(|last| name(last).to_owned());
            break;
        }
        page.entries.push(entry);
    }
    Ok(page)
}

/// Where the walk starts: at the prefix, or after what was listed already.
fn start(request: &ListRequest) -> Vec<u8> {
    let prefix = request.prefix.as_bytes().to_vec();
    match &request.after {
        Some(after) => prefix.max(next(after.as_bytes().to_vec())),
        None => prefix,
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
    if let Some(folded) = fold(key, request) {
        let after = after_prefix(folded.as_bytes().to_vec());
        return Ok(Some((Entry::Prefix(folded.to_owned()), after)));
    }
    let row = BlobRow::decode(bucket, key.as_bytes(), row.value())?;
    Ok(Some((Entry::Blob(row.meta), next(key.as_bytes().to_vec()))))
}

/// The common prefix that `key` is listed under.
fn fold<'k>(key: &'k str, request: &ListRequest) -> Option<&'k str> {
    let delimiter = request.delimiter.as_deref()?;
    let rest = key.strip_prefix(&*request.prefix)?;
    let at = rest.find(delimiter)?;
    key.get(..request.prefix.len() + at + delimiter.len())
}

fn name(entry: &Entry) -> &str {
    match entry {
        Entry::Blob(meta) => meta.key.as_str(),
        Entry::Prefix(prefix) => prefix,
    }
}
