//! Isobar on Google Cloud: documents in Firestore, blobs in Cloud Storage, functions on Cloud Run.

#[cfg(feature = "blob")]
pub mod blob;
#[cfg(feature = "document")]
pub mod config;
#[cfg(feature = "document")]
pub mod document;
#[cfg(feature = "document")]
mod error;
#[cfg(feature = "function")]
pub mod function;
#[cfg_attr(
    not(feature = "document"),
    expect(dead_code, reason = "the platform reads what the store writes")
)]
#[cfg(any(feature = "document", feature = "function"))]
mod stored;
#[cfg(any(feature = "document", feature = "blob"))]
mod tls;

#[cfg(feature = "blob")]
pub use blob::GcsStore;
#[cfg(feature = "document")]
pub use document::FirestoreStore;
