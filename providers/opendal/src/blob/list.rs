//! Listing keys; OpenDAL gives no pages, so each begins where the last path of the one before was.
//!
//! All is listed flat and folded here: OpenDAL gives the folders of a page before its blobs and does
//! not say where a page ends, so that no place in what it folds is one to go on from.

use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use isobar::blob::BlobKey;
use isobar::driver::blob::listing::{Folding, Skipping};
use isobar::driver::blob::{Entry, EntryPage, ListRequest, ListScope};
use isobar::{Capability, Error, ErrorKind, Result};
use opendal::Metadata;
use opendal::options::ListOptions;
use opendal::raw::OpList;

use super::put::{PAUSE, RETRIES};
use super::{OpendalStore, Place, meta};
use crate::Service;
use crate::error::call;
use crate::service::Keys;

/// The longest page of the services.
const LONGEST: u32 = 1_000;
/// How many blobs are asked about at the same time.
const CONCURRENT: usize = 8;

/// A path, and what the listing tells of the blob there.
type Listed = (String, Metadata);

impl OpendalStore {
    pub(super) async fn page(&self, bucket: &str, request: &ListRequest) -> Result<EntryPage> {
        match request.scope {
            ListScope::Blobs => {}
            ListScope::BlobsWithAttributes => {
                return Err(Error::unsupported(Capability::ListedAttributes));
            }
            ListScope::Versions => return Err(Error::unsupported(Capability::BlobVersions)),
            ListScope::Uploads => return Err(Error::unsupported(Capability::AbandonedUploads)),
        }
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            match self.page_once(bucket, request).await {
                Ok(page) => {
                    retries.answered();
                    return Ok(page);
                }
                Err(error) => tokio::time::sleep(retries.pause_or(error)?).await,
            }
        }
    }

    async fn page_once(&self, bucket: &str, request: &ListRequest) -> Result<EntryPage> {
        let place = self.place(bucket)?;
        let keys = self.service.keys();
        // Stored paths are not in the order of the keys, so that no path is the one to start after.
        let (skipping, start) = Skipping::begin(&request.start)?;
        let request = &ListRequest {
            start,
            ..request.clone()
        };
        let (mut folding, native) = Folding::begin(request)?;
        let after = native.unwrap_or_default();
        let limit = request.limit.clamp(1, LONGEST) as usize;
        let listed = match self.service {
            Service::Fs => walk(&place, (&after, limit)).await?,
            _ => self.list_after(&place, request, (&after, limit)).await?,
        };
        let next = (listed.len() > limit)
            .then(|| listed.get(limit - 1).map(|(path, _)| path.clone()))
            .flatten();
        let page = listed.into_iter().take(limit);
        let entries = iter(page.map(|listed| self.entry(bucket, keys, listed)));
        let entries: Vec<_> = entries.buffered(CONCURRENT).try_collect().await?;
        for entry in entries.into_iter().flatten() {
            folding.take(entry);
        }
        Ok(skipping.page(folding.page(next)))
    }

    /// One path more than a page has, each after `after`.
    async fn list_after(
        &self,
        place: &Place,
        request: &ListRequest,
        (after, limit): (&str, usize),
    ) -> Result<Vec<Listed>> {
        let can = place.service.capability_dyn();
        let starts = can.list_with_start_after && !after.is_empty();
        let options = ListOptions {
            limit: can.list_with_limit.then_some((limit + 1).min(1_000)),
            start_after: starts.then(|| after.to_owned()),
            recursive: true,
            ..ListOptions::default()
        };
        let prefix = self.service.keys().prefix(&request.prefix);
        let listed = call(async {
            let operation: OpList = options.into();
            let mut entries = place.service.list_dyn(&place.context, &prefix, operation)?;
            let mut page = Vec::new();
            while page.len() <= limit
                && let Some(entry) = entries.next_dyn().await?
            {
                // The root of an empty bucket is no blob.
                let counts = entry.path() != "/" && (after.is_empty() || entry.path() > after);
                page.extend(counts.then(|| entry.into_parts()));
            }
            Ok(page)
        });
        let (listed, _) = listed
            .await
            .map_err(|failed| without_bucket(failed.error))?;
        Ok(listed)
    }

    /// The blob at a path; nothing where it is gone, or is not ours to read.
    async fn entry(&self, bucket: &str, keys: Keys, (path, told): Listed) -> Result<Option<Entry>> {
        let Some(key) = keys.read(&path) else {
            return Ok(None);
        };
        // Some tell so little in a listing that each blob has to be asked about.
        if told.etag().is_some() && told.last_modified().is_some() {
            let found = meta::read(&key, &told, self.service.notes())?;
            return Ok(Some(Entry::Blob(found.meta)));
        }
        self.asked(bucket, &key).await
    }

    async fn asked(&self, bucket: &str, key: &BlobKey) -> Result<Option<Entry>> {
        match self.look(bucket, key).await {
            Ok(found) => Ok(Some(Entry::Blob(found.meta))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The error of a request that needs no blob to be there, so that what is missing is the bucket
/// itself.
pub(super) fn without_bucket(error: Error) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    let message = "the bucket does not exist: create it, or check its name, region and account";
    Error::new(ErrorKind::Internal, message).with_source(error)
}

/// All files below a directory in the order of their paths, those after `after`.
async fn walk(place: &Place, (after, limit): (&str, usize)) -> Result<Vec<Listed>> {
    let walked = call(async {
        let mut found = Vec::new();
        let mut open = vec!["/".to_owned()];
        while let Some(directory) = open.pop() {
            let (directories, files) = within(place, &directory).await?;
            open.extend(directories);
            found.extend(files);
        }
        Ok(found)
    });
    let (mut found, _) = walked.await.map_err(|failed| failed.error)?;
    // Directories end with a dash, which is before all digits.
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found.retain(|(path, _)| path.as_str() > after);
    found.truncate(limit + 1);
    Ok(found)
}

/// What lies in a directory, without itself: the paths of directories, and files.
async fn within(place: &Place, directory: &str) -> opendal::Result<(Vec<String>, Vec<Listed>)> {
    let operation: OpList = ListOptions::default().into();
    let mut entries = place
        .service
        .list_dyn(&place.context, directory, operation)?;
    let (mut directories, mut files) = (Vec::new(), Vec::new());
    while let Some(entry) = entries.next_dyn().await? {
        match entry.path() {
            path if path == directory => {}
            path if path.ends_with('/') => directories.push(path.to_owned()),
            _ => files.push(entry.into_parts()),
        }
    }
    Ok((directories, files))
}
