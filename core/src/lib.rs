//! Portable documents, blobs, gateways and functions: one handler, every cloud.

pub mod authorization;
pub mod blob;
pub mod capability;
pub mod document;
pub mod driver;
mod environment;
mod error;
pub mod function;
pub mod http;
mod operation;
mod telemetry;

pub use blob::{Bucket, BucketSpec};
pub use capability::{Capabilities, Capability, Limits};
pub use document::{Collection, CollectionSpec};
pub use environment::{Environment, EnvironmentBuilder};
pub use error::{Error, ErrorKind, Result};
pub use function::App;
