//! Isobar on Amazon Web Services: DynamoDB, S3, Lambda.

#[cfg(feature = "blob")]
pub mod blob;
#[cfg(any(feature = "document", feature = "blob"))]
pub mod config;
#[cfg(feature = "document")]
pub mod document;
#[cfg(any(feature = "document", feature = "blob"))]
mod error;

#[cfg(feature = "blob")]
pub use blob::S3Store;
#[cfg(feature = "document")]
pub use document::DynamoStore;
