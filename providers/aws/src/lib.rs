//! Isobar on Amazon Web Services: DynamoDB, S3, Lambda.

#[cfg(any(feature = "document", feature = "blob"))]
pub mod config;
#[cfg(feature = "document")]
pub mod document;
#[cfg(any(feature = "document", feature = "blob"))]
mod error;

#[cfg(feature = "document")]
pub use document::DynamoStore;
