//! Blobs and listings that the cases use.

use isobar::Bucket;
use isobar::blob::{Entry, IntoBlobKey, List};

use crate::{Failure, expect};

/// Bytes that differ from place to place, so that a shifted or repeated part shows.
pub(crate) fn content(length: usize) -> Vec<u8> {
    (0..length)
        .map(|at| u8::try_from((at * 31 + at / 251) % 256).unwrap_or(0))
        .collect()
}

/// The blob must be there with this content.
pub(crate) async fn holds(
    bucket: &Bucket,
    key: impl IntoBlobKey,
    expected: &[u8],
) -> Result<(), Failure> {
    let blob = bucket.get(key).await?;
    expect::equal(
        "the size of the blob",
        &blob.meta.size,
        &(expected.len() as u64),
    )?;
    let found = blob.bytes().await?;
    expect::equal("the blob", &*found, expected)
}

/// The keys and common prefixes of all pages, in the order they come.
pub(crate) async fn listed(bucket: &Bucket, list: &List) -> Result<Vec<String>, Failure> {
    Ok(pages(bucket, list).await?.concat())
}

/// The keys and common prefixes, page by page.
pub(crate) async fn pages(bucket: &Bucket, list: &List) -> Result<Vec<Vec<String>>, Failure> {
    let mut pages = Vec::new();
    let mut list = list.clone();
    for _ in 0..10_000 {
        let page = bucket.list(&list).await?;
        pages.push(page.entries.iter().map(name).collect());
        match page.next {
            Some(next) => list = list.resume(next),
            None => return Ok(pages),
        }
    }
    Err(Failure::new("10,000 pages and no end"))
}

/// What an entry is listed as.
pub(crate) fn name(entry: &Entry) -> String {
    match entry {
        Entry::Blob(meta) => meta.key.as_str().to_owned(),
        Entry::Prefix(prefix) => prefix.clone(),
    }
}

/// What a listing of `keys` must be, by the definition of prefix and delimiter.
pub(crate) fn expected_listing(
    keys: &[String],
    prefix: &str,
    delimiter: Option<&str>,
) -> Vec<String> {
    let mut entries: Vec<String> = keys
        .iter()
        .filter_map(|key| Some((key, key.strip_prefix(prefix)?)))
        .map(|(key, rest)| {
            let folded = delimiter.and_then(|delimiter| {
                let end = rest.find(delimiter)? + delimiter.len();
                Some(format!("{prefix}{}", &rest[..end]))
            });
            folded.unwrap_or_else(|| key.clone())
        })
        .collect();
    entries.sort();
    entries.dedup();
    entries
}
