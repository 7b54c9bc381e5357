//! Isobar on Amazon Web Services: DynamoDB, S3, Lambda.

#[cfg(feature = "blob")]
pub mod blob;
pub mod config;
#[cfg(any(feature = "document", feature = "blob"))]
mod date;
#[cfg(feature = "document")]
pub mod document;
#[cfg(any(feature = "document", feature = "blob"))]
mod error;
#[cfg(feature = "function")]
pub mod function;
#[cfg(feature = "function")]
pub mod gateway;
#[cfg(any(feature = "document", feature = "blob"))]
mod retry;
#[cfg(any(feature = "document", feature = "function"))]
mod stored;

#[cfg(feature = "blob")]
pub use blob::{S3Store, SignedContent};
#[cfg(feature = "document")]
pub use document::DynamoStore;
#[cfg(feature = "function")]
pub use function::LambdaPlatform;
#[cfg(feature = "function")]
pub use gateway::FrontDoor;
