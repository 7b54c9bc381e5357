//! Blobs: bytes under a key, in any object store.
// Its examples run on the local store, in whose crate they are tested.
#![cfg_attr(not(doctest), doc = include_str!("blob/guide.md"))]

mod binding;
mod body;
mod bucket;
mod copies;
mod deletes;
mod event;
mod file;
mod key;
mod list;
mod metadata;
mod options;
mod plan;
mod presign;
mod range;
mod reader;
mod reads;
mod token;
mod uploads;
mod versions;
mod writer;
mod writes;

pub use body::BlobBody;
pub use bucket::{Bucket, BucketSpec};
pub use event::{BlobEvent, BlobEventKind};
pub use key::{BlobKey, IntoBlobKey};
pub use list::{Entries, Entry, List, ListCursor, ListPage};
pub use metadata::{Attributes, BlobCondition, ObjectMeta};
pub use options::{CopyOptions, DeleteBlobOptions, GetBlobOptions, PutBlobOptions};
pub use plan::{PlannedPart, UploadPlan};
pub use presign::{PresignOptions, PresignPutOptions, PresignedRequest};
pub use range::ByteRange;
pub use reader::BlobReader;
pub use reads::Blob;
pub use token::UploadToken;
pub use uploads::OpenUpload;
pub use versions::{ObjectVersion, VersionId, VersionPage, VersionState};
pub use writer::BlobWriter;
