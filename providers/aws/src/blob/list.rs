//! Listing keys in byte order, folded at a delimiter.

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::EncodingType;
use isobar::blob::{Attributes, BlobKey, ObjectMeta};
use isobar::driver::blob::{Entry, EntryPage, ListRequest, ListStart};
use isobar::{Error, ErrorKind, Result};
use percent_encoding::percent_decode_str;

use super::S3Store;
use super::meta::{modified, size, version};

/// S3's own limit for one page.
const MAX_KEYS: u32 = 1_000;

impl S3Store {
    /// Every page starts after a key, never at a token of S3, so that it can start anywhere.
    pub(super) async fn page(&self, bucket: &str, request: &ListRequest) -> Result<EntryPage> {
        // A folded prefix that the page starts after, or within, comes once more and is dropped;
        // one entry more is asked for, so that the page is not empty for it.
        let after = match &request.start {
            ListStart::First => None,
            ListStart::After(name) | ListStart::Cursor(name) => Some(name),
        };
        let asked = request.limit.saturating_add(1).min(MAX_KEYS);
        let page = self
            .requests
            .list_objects_v2()
            .bucket(bucket)
            .prefix(&request.prefix)
            .set_delimiter(request.delimiter.clone())
            .set_start_after(after.cloned())
            .max_keys(i32::try_from(asked).unwrap_or(i32::MAX))
            .encoding_type(EncodingType::Url);
        let output = self.asked(|| page.clone().send()).await?;
        let truncated = output.is_truncated == Some(true);
        let mut entries = entries(output)?;
        let last = entries.last().map(|entry| entry.name().to_owned());
        if let Some(after) = after {
            entries.retain(|entry| entry.name() > after.as_str());
        }
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let more = truncated || entries.len() > limit;
        entries.truncate(limit);
        let end = entries.last().map(|entry| entry.name().to_owned()).or(last);
        Ok(EntryPage {
            entries,
            next: end.filter(|_| more),
        })
    }
}

/// Keys and folded prefixes in one order.
fn entries(output: ListObjectsV2Output) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for object in output.contents.unwrap_or_default() {
        entries.push(Entry::Blob(ObjectMeta {
            key: BlobKey::of_store(decode(object.key.as_deref())?),
            size: size(object.size)?,
            version: version(object.e_tag)?,
            version_id: None,
            modified: modified(object.last_modified.as_ref()),
            attributes: Attributes::default(),
            crc32c: None,
        }));
    }
    for prefix in output.common_prefixes.unwrap_or_default() {
        entries.push(Entry::Prefix(decode(prefix.prefix.as_deref())?));
    }
    entries.sort_by(|a, b| a.name().cmp(b.name()));
    Ok(entries)
}

/// `EncodingType=url` is that of forms: a space is `+`.
pub(super) fn decode(encoded: Option<&str>) -> Result<String> {
    let encoded = encoded.unwrap_or_default().replace('+', " ");
    let decoded = percent_decode_str(&encoded).decode_utf8();
    let decoded = decoded.map_err(|error| {
        Error::new(ErrorKind::Corrupt, "a key in the listing is not UTF-8").with_source(error)
    });
    Ok(decoded?.into_owned())
}
