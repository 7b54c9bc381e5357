//! Blobs: bytes under a key, in any object store.

mod body;
mod bucket;
mod key;
mod list;
mod metadata;
mod range;

pub use body::BlobBody;
pub use bucket::{Blob, Bucket, BucketSpec, CopyOptions, DeleteBlobOptions, PutBlobOptions};
pub use key::{BlobKey, IntoBlobKey};
pub use list::{List, ListPage};
pub use metadata::{Attributes, BlobCondition, ObjectMeta};
pub use range::ByteRange;

pub use crate::driver::blob::Entry;
