//! Isobar on one directory: an embedded store and a local server.

mod blob;
mod byte_order;
mod check;
mod clock;
mod committer;
mod config;
mod document;
mod engine;
mod error;
mod function;
mod store;
mod wire;

pub use check::{CheckReport, check};
pub use clock::clock;
pub use config::LocalConfig;
pub use function::LocalPlatform;
pub use store::LocalStore;
