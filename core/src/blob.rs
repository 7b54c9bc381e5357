//! Blobs: bytes under a key, in any object store.
//!
//! A [`Bucket`] is what handlers use. It [puts](Bucket::put) bytes, [files](Bucket::put_file) and
//! [streams](Bucket::put_stream), or gives out a [writer](Bucket::writer); it [gets](Bucket::get)
//! blobs whole and in [ranges](Bucket::get_with), with what is known of them before their first
//! byte; it [lists](Bucket::list), [copies](Bucket::copy), [moves](Bucket::rename) and
//! [deletes](Bucket::delete).
//!
//! - **Whole or not at all.** A blob becomes visible when its writer is finished, and a body that is
//!   cut off is resumed, of the same version, or fails; its checksum is compared on the way.
//! - **Conditions.** [`BlobCondition::IfAbsent`] and [`BlobCondition::IfVersion`] are judged by the
//!   store, in one step with the write; a store that cannot do that refuses them.
//! - **Keys** are text without structure: what folders there are is made by the prefix and delimiter
//!   of a [`List`].
//! - **Others** send requests that were [signed](Bucket::presign_put) for them, or the parts of an
//!   [upload](Bucket::plan_upload), without credentials.
//!
//! What one store can do and another cannot is a [`Capability`](crate::Capability), to be asked of
//! [`Bucket::capabilities`] or required at the start.

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
