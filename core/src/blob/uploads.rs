//! Uploads that nobody finished, and what is left of them.

use std::time::Duration;

use super::binding::{Binding, Operation};
use super::{Attributes, BlobCondition, BlobKey, Bucket, List};
use crate::document::Timestamp;
use crate::driver::blob::{Entry, ListScope, Upload};
use crate::error::{ErrorKind, Result};
use crate::operation::Effect;

/// An upload in parts that is neither finished nor aborted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenUpload {
    /// Where the blob would go.
    pub key: BlobKey,
    /// The store's own name of the upload.
    pub token: String,
    /// When it was begun.
    pub started: Timestamp,
}

const REMOVE: Operation = Operation("blob.remove_uploads", Effect::Write);

impl Bucket {
    /// Removes what uploads have left behind that were begun longer ago than this and never
    /// finished, as by a process that was killed; returns how many there were (rule K7).
    ///
    /// The time budget is that of each request. For stores with
    /// [`AbandonedUploads`](crate::Capability::AbandonedUploads); Azure and Google Cloud Storage
    /// remove such parts by themselves, after a week.
    pub async fn remove_abandoned_uploads(&self, older_than: Duration) -> Result<u64> {
        let now = self.binding.clock.now();
        let before = now.checked_sub(older_than).map(Timestamp::from);
        let mut list = List::new();
        let mut removed = 0;
        loop {
            let page = self.binding.page(REMOVE, &list, ListScope::Uploads);
            let page = page.await?;
            let old = page.entries.into_iter().filter_map(|entry| match entry {
                Entry::Upload(upload) if Some(upload.started) <= before => Some(upload),
                _ => None,
            });
            for upload in old {
                removed += u64::from(self.binding.remove(upload).await?);
            }
            match self.binding.cursor(page.next) {
                Some(next) => list = list.resume(next),
                None => return Ok(removed),
            }
        }
    }
}

impl Binding {
    /// Whether the upload was still there.
    async fn remove(&self, open: OpenUpload) -> Result<bool> {
        let upload = Upload {
            key: open.key.clone(),
            attributes: Attributes::default(),
            condition: BlobCondition::None,
            size: None,
            part_bytes: self.description.transfer.part_bytes(None)?,
            planned: false,
            token: Some(open.token),
        };
        let work = async {
            let upload = self.driver.upload(&self.name, &upload).await?;
            upload.abort().await
        };
        match self.run_at(REMOVE, &Ok(open.key), work).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}
