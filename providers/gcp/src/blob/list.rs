//! Listing objects and their versions, in the byte order of the keys.

use std::cmp::Reverse;

use google_cloud_storage::model::{ListObjectsResponse, Object};
use isobar::Result;
use isobar::blob::{ObjectVersion, VersionId, VersionState};
use isobar::driver::blob::{Entry, EntryPage, ListRequest, ListScope, ListStart};
use isobar::{Capability, Error};

use super::failure::of_bucket;
use super::put::{PAUSE, RETRIES};
use super::{GcsStore, meta, named};

/// The service's own limit for one page.
const LONGEST: u32 = 1_000;

impl GcsStore {
    pub(super) async fn page(&self, bucket: &str, request: &ListRequest) -> Result<EntryPage> {
        let versions = match request.scope {
            ListScope::Blobs | ListScope::BlobsWithAttributes => false,
            ListScope::Versions => true,
            ListScope::Uploads => return Err(Error::unsupported(Capability::AbandonedUploads)),
        };
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let failed = match self.send_list(bucket, request, versions).await {
                Ok(answer) => {
                    retries.answered();
                    return page(answer, request, versions);
                }
                Err(failed) => of_bucket(failed),
            };
            tokio::time::sleep(retries.pause_or(failed.error)?).await;
        }
    }

    async fn send_list(
        &self,
        bucket: &str,
        request: &ListRequest,
        versions: bool,
    ) -> google_cloud_storage::Result<ListObjectsResponse> {
        // What the page starts after comes once more and is dropped.
        let limit = i32::try_from(request.limit.saturating_add(1).min(LONGEST));
        let mut list = self
            .grpc()
            .list_objects()
            .set_parent(named(bucket))
            .set_prefix(&request.prefix)
            .set_page_size(limit.unwrap_or(1))
            .set_versions(versions);
        if let Some(delimiter) = &request.delimiter {
            list = list.set_delimiter(delimiter);
        }
        match &request.start {
            ListStart::First => {}
            ListStart::After(name) => list = list.set_lexicographic_start(name),
            ListStart::Cursor(token) => match token.split_once(' ') {
                // The token is good only with what the listing was begun with.
                Some((start, token)) => {
                    let start = isobar::driver::sortable::read_bytes(start).unwrap_or_default();
                    let start = String::from_utf8_lossy(&start).into_owned();
                    list = list.set_lexicographic_start(start).set_page_token(token);
                }
                None => list = list.set_page_token(token),
            },
        }
        list.send().await
    }
}

fn page(answer: ListObjectsResponse, request: &ListRequest, versions: bool) -> Result<EntryPage> {
    let mut entries = Vec::new();
    for prefix in answer.prefixes {
        entries.push(Entry::Prefix(prefix));
    }
    for object in answer.objects {
        entries.push(if versions {
            Entry::Version(version(object)?)
        } else {
            Entry::Blob(meta::described(object)?)
        });
    }
    if let ListStart::After(after) = &request.start {
        entries.retain(|entry| entry.name() > after.as_str());
    }
    entries.sort_by(|a, b| a.name().cmp(b.name()).then(latest(a).cmp(&latest(b))));
    let next =
        (!answer.next_page_token.is_empty()).then(|| cursor(request, &answer.next_page_token));
    Ok(EntryPage { entries, next })
}

/// The token, after where the listing was begun.
fn cursor(request: &ListRequest, token: &str) -> String {
    let start = match &request.start {
        ListStart::First => String::new(),
        ListStart::After(name) => isobar::driver::sortable::bytes(name.as_bytes()),
        ListStart::Cursor(cursor) => match cursor.split_once(' ') {
            Some((start, _)) => start.to_owned(),
            None => String::new(),
        },
    };
    format!("{start} {token}")
}

fn latest(entry: &Entry) -> Reverse<i64> {
    let Entry::Version(version) = entry else {
        return Reverse(0);
    };
    Reverse(meta::generation(version.id.as_str()).unwrap_or_default())
}

/// Cloud Storage has no marks of deletions: what is gone has only past versions.
fn version(object: Object) -> Result<ObjectVersion> {
    let state = match object.delete_time {
        None => VersionState::Present,
        Some(_) => VersionState::Past,
    };
    Ok(ObjectVersion {
        id: VersionId::new(object.generation.to_string()),
        meta: meta::described(object)?,
        state,
    })
}
