//! Isobar on Google Cloud: documents in Firestore, blobs in Cloud Storage, messages in Pub/Sub,
//! functions on Cloud Run.

#[cfg(feature = "_grpc")]
mod access;
#[cfg(feature = "blob")]
pub mod blob;
#[cfg(feature = "document")]
pub mod config;
#[cfg(feature = "_grpc")]
mod connection;
#[cfg(feature = "document")]
pub mod document;
#[cfg(feature = "_grpc")]
mod error;
#[cfg(feature = "function")]
pub mod function;
#[cfg(any(feature = "function", feature = "topic"))]
mod message;
#[cfg_attr(
    not(feature = "document"),
    expect(dead_code, reason = "the platform reads what the store writes")
)]
#[cfg(any(feature = "document", feature = "function"))]
mod stored;
#[cfg(any(feature = "_grpc", feature = "blob"))]
mod tls;
#[cfg(feature = "topic")]
pub mod topic;
#[cfg(any(feature = "_grpc", feature = "blob"))]
mod url;

#[cfg(feature = "blob")]
pub use blob::GcsStore;
#[cfg(feature = "document")]
pub use document::FirestoreStore;
#[cfg(feature = "topic")]
pub use topic::PubSubTopics;
