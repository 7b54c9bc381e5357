//! Isobar on Amazon Web Services: DynamoDB, S3, SQS, SNS, Lambda.

#[cfg(feature = "blob")]
pub mod blob;
pub mod config;
#[cfg(any(feature = "document", feature = "blob"))]
mod date;
#[cfg(feature = "document")]
pub mod document;
#[cfg(feature = "_store")]
mod error;
#[cfg(feature = "function")]
pub mod function;
#[cfg(feature = "function")]
pub mod gateway;
#[cfg(any(feature = "function", feature = "_topic"))]
mod message;
#[cfg(any(feature = "document", feature = "blob", feature = "sqs"))]
mod retry;
#[cfg(any(feature = "document", feature = "function"))]
mod stored;
#[cfg(feature = "_topic")]
pub mod topic;

#[cfg(feature = "blob")]
pub use blob::{S3Store, SignedContent};
#[cfg(feature = "document")]
pub use document::DynamoStore;
#[cfg(feature = "function")]
pub use function::LambdaPlatform;
#[cfg(feature = "function")]
pub use gateway::FrontDoor;
#[cfg(feature = "sns")]
pub use topic::SnsTopics;
#[cfg(feature = "sqs")]
pub use topic::SqsQueues;
