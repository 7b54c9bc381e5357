//! The contract of a blob store, and what all blob stores share.
//!
//! What does not depend on the store happens before and after a driver: checks of keys, ranges,
//! conditions and expiries, the sizes of parts, the assembly of parts from what is written, the
//! resumption of a body that was cut off, and the comparison of checksums. A store that forbids some
//! keys stores them by [`key`], one that cannot fold a listing folds it by [`listing`], and user
//! metadata is encoded by [`driver::metadata`](super::metadata).

mod body;
mod buffers;
mod condition;
mod content_range;
pub mod key;
pub mod listing;
mod presign;
mod request;
mod transfer;
mod upload;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::blob::{BlobKey, ObjectMeta, PresignedRequest};
use crate::capability::{Capabilities, Limits};
use crate::error::Result;

pub(crate) use body::Reopening;
pub use buffers::Buffers;
pub use condition::{check_present, unmet, unmet_by_put};
pub use content_range::content_range;
pub use presign::{Presign, PresignAction};
pub use request::{
    BlobAddress, Copy, Delete, Entry, EntryPage, Get, ListRequest, ListScope, ListStart, Put, Read,
};
pub use transfer::TransferLimits;
pub use upload::{Finish, Part, PartTag, Upload, UploadDriver};

/// What a blob store is and can do.
#[derive(Debug, Clone, Copy)]
pub struct BlobDescription {
    /// The store's name in errors, spans and reports, such as `s3`.
    pub provider: &'static str,
    /// What it can do; each must pass its conformance cases.
    pub capabilities: Capabilities,
    /// The numbers it works within.
    pub limits: Limits,
    /// How content is divided on its way in, and keys on their way out.
    pub transfer: TransferLimits,
}

/// A store of blobs in named buckets.
///
/// May assume: keys, metadata, ranges and expiries were checked, and capabilities that a call needs
/// are declared. Must: give each failure its kind; make a blob visible only when it is whole; keep
/// keys exactly; see every write acknowledged before, in reads and listings.
#[async_trait]
pub trait BlobDriver: fmt::Debug + Send + Sync + 'static {
    /// What this store is and can do; must not touch the network.
    fn describe(&self) -> BlobDescription;

    /// Stores a blob of at most [`TransferLimits::put_bytes`]; a failed put must leave what was
    /// there, and one whose answer was lost must recognise its own work or say that its outcome is
    /// unknown.
    async fn put(&self, bucket: &str, put: &Put) -> Result<ObjectMeta>;

    /// Opens a blob. A range that starts at or after the end of a non-empty range request must
    /// fail with `InvalidArgument`; one that ends after it is cut; an answer for another range than
    /// the one asked for must fail (rule K5). A version that does not hold any more must fail with
    /// `PreconditionFailed`, also where the blob is gone.
    async fn get(&self, bucket: &str, get: &Get) -> Result<Read>;

    /// What the store knows of a blob; `NotFound` where there is none.
    async fn head(&self, bucket: &str, at: &BlobAddress) -> Result<ObjectMeta>;

    /// One page of what [`ListRequest::scope`] says.
    async fn list_page(&self, bucket: &str, request: &ListRequest) -> Result<EntryPage>;

    /// Copies a blob of any size the store can hold into `bucket`, in one request or in many. The
    /// copy must be of one version of its source, and never visible in part.
    async fn copy(&self, bucket: &str, copy: &Copy) -> Result<ObjectMeta>;

    /// Removes a blob; where there is none it succeeds unless the condition asks for one. Returns
    /// whether it was there, where the store says so for free.
    async fn delete(&self, bucket: &str, delete: &Delete) -> Result<Option<bool>>;

    /// Removes up to [`TransferLimits::delete_batch`] blobs in one request; the answers must be in
    /// the order of the keys, each as [`delete`](Self::delete) would give it. A store whose batch
    /// is 1 is never asked.
    async fn delete_batch(
        &self,
        bucket: &str,
        keys: &[BlobKey],
    ) -> Result<Vec<Result<Option<bool>>>>;

    /// Begins an upload in parts, or opens again the one that [`Upload::token`] names.
    async fn upload(&self, bucket: &str, upload: &Upload) -> Result<Arc<dyn UploadDriver>>;

    /// Signs a request that somebody without credentials can send; must not be one that needs
    /// anything but what it says (rule K10).
    async fn presign(&self, bucket: &str, presign: &Presign) -> Result<PresignedRequest>;

    /// Creates the bucket where it is missing: for development and tests, not for production.
    async fn ensure(&self, bucket: &str) -> Result<()>;

    /// The vendor's client, for [`Bucket::native`](crate::Bucket::native).
    fn native(&self) -> &(dyn Any + Send + Sync);
}
