//! Listing what a bucket holds beside present objects: their versions, and uploads under way.

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{DeleteMarkerEntry, EncodingType, ObjectVersion as Stored};
use isobar::blob::{Attributes, BlobKey, ObjectMeta, ObjectVersion, OpenUpload};
use isobar::blob::{VersionId, VersionState};
use isobar::document::Version;
use isobar::driver::blob::{Entry, EntryPage, ListRequest, ListStart};
use isobar::{Error, Result};

use super::S3Store;
use super::list::decode;
use super::meta::{self, modified, unexpected, version_id};

impl S3Store {
    pub(super) async fn version_page(
        &self,
        bucket: &str,
        request: &ListRequest,
    ) -> Result<EntryPage> {
        let (key, id) = start(request)?;
        let passed = key.clone().zip(id.clone());
        let request = self
            .requests
            .list_object_versions()
            .bucket(bucket)
            .prefix(&request.prefix)
            .set_key_marker(key)
            .set_version_id_marker(id)
            .max_keys(i32::try_from(request.limit).unwrap_or(i32::MAX))
            .encoding_type(EncodingType::Url);
        let output = self.asked(|| request.clone().send()).await?;
        let key_of = Naming(output.encoding_type.is_some());
        let next_key = output.next_key_marker.as_deref();
        let next_key = next_key.filter(|_| output.is_truncated == Some(true));
        let next_id = output.next_version_id_marker.as_deref();
        let next = next_key
            .map(|key| cursor(key_of, key, next_id))
            .transpose()?;
        let mut versions = Vec::new();
        for stored in output.versions.unwrap_or_default() {
            versions.push(content(key_of, stored)?);
        }
        for marker in output.delete_markers.unwrap_or_default() {
            versions.push(deletion(key_of, marker)?);
        }
        // Some that speak S3's language begin a page with the version that it should begin after.
        versions.retain(|version| {
            let passed = passed.as_ref().map(|(key, id)| (key.as_str(), id.as_str()));
            Some((version.meta.key.as_str(), version.id.as_str())) != passed
        });
        // S3 tells the marks of deletions apart from the contents, each in the order of the keys.
        versions.sort_by(|a, b| {
            let latest = |version: &ObjectVersion| version.state == VersionState::Past;
            let by_time = b.meta.modified.cmp(&a.meta.modified);
            let by_key = a.meta.key.as_str().cmp(b.meta.key.as_str());
            by_key.then(latest(a).cmp(&latest(b))).then(by_time)
        });
        Ok(EntryPage {
            entries: versions.into_iter().map(Entry::Version).collect(),
            next,
        })
    }

    pub(super) async fn upload_page(
        &self,
        bucket: &str,
        request: &ListRequest,
    ) -> Result<EntryPage> {
        let (key, id) = start(request)?;
        let request = self
            .requests
            .list_multipart_uploads()
            .bucket(bucket)
            .prefix(&request.prefix)
            .set_key_marker(key)
            .set_upload_id_marker(id)
            .max_uploads(i32::try_from(request.limit).unwrap_or(i32::MAX))
            .encoding_type(EncodingType::Url);
        let output = self.asked(|| request.clone().send()).await?;
        let key_of = Naming(output.encoding_type.is_some());
        let next_key = output.next_key_marker.as_deref();
        let next_key = next_key.filter(|_| output.is_truncated == Some(true));
        let next_id = output.next_upload_id_marker.as_deref();
        let next = next_key
            .map(|key| cursor(key_of, key, next_id))
            .transpose()?;
        let mut entries = Vec::new();
        for upload in output.uploads.unwrap_or_default() {
            let token = upload.upload_id;
            entries.push(Entry::Upload(OpenUpload {
                key: BlobKey::of_store(key_of.read(upload.key.as_deref())?),
                token: token.ok_or_else(|| unexpected("S3 did not name an upload"))?,
                started: modified(upload.initiated.as_ref()),
            }));
        }
        Ok(EntryPage { entries, next })
    }
}

/// How an answer writes keys: percent-encoded if it says so.
#[derive(Clone, Copy)]
struct Naming(bool);

impl Naming {
    fn read(self, key: Option<&str>) -> Result<String> {
        if self.0 {
            return decode(key);
        }
        Ok(key.unwrap_or_default().to_owned())
    }
}

/// The markers of the key and of the version or upload after which a page starts.
fn start(request: &ListRequest) -> Result<(Option<String>, Option<String>)> {
    let cursor = match &request.start {
        ListStart::First => return Ok((None, None)),
        ListStart::After(key) => return Ok((Some(key.clone()), None)),
        ListStart::Cursor(cursor) => cursor,
    };
    let malformed = || Error::invalid("the cursor is not of such a listing");
    let (length, rest) = cursor.split_once(':').ok_or_else(malformed)?;
    let length = length.parse().map_err(|_| malformed())?;
    let (id, key) = rest.split_at_checked(length).ok_or_else(malformed)?;
    let id = (!id.is_empty()).then(|| id.to_owned());
    Ok((Some(key.to_owned()), id))
}

/// The place after a page, by the markers that S3 gave for it.
fn cursor(key_of: Naming, key: &str, id: Option<&str>) -> Result<String> {
    let (key, id) = (key_of.read(Some(key))?, id.unwrap_or_default());
    Ok(format!("{}:{id}{key}", id.len()))
}

fn content(key_of: Naming, stored: Stored) -> Result<ObjectVersion> {
    let state = match stored.is_latest {
        Some(true) => VersionState::Present,
        _ => VersionState::Past,
    };
    let version = meta::version(stored.e_tag)?;
    let named = (key_of.read(stored.key.as_deref())?, stored.version_id);
    let size = meta::size(stored.size)?;
    described(named, (size, version), (stored.last_modified, state))
}

fn deletion(key_of: Naming, marker: DeleteMarkerEntry) -> Result<ObjectVersion> {
    let named = (key_of.read(marker.key.as_deref())?, marker.version_id);
    let written = (marker.last_modified, VersionState::Deletion);
    described(named, (0, Version::absent()), written)
}

fn described(
    (key, id): (String, Option<String>),
    (size, version): (u64, Version),
    (written, state): (Option<DateTime>, VersionState),
) -> Result<ObjectVersion> {
    let named = id.clone().map(VersionId::new);
    Ok(ObjectVersion {
        meta: ObjectMeta {
            key: BlobKey::of_store(key),
            size,
            version,
            version_id: version_id(id),
            modified: modified(written.as_ref()),
            attributes: Attributes::default(),
            crc32c: None,
        },
        id: named.ok_or_else(|| unexpected("S3 did not name a version"))?,
        state,
    })
}
