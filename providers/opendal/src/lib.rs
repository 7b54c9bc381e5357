//! Isobar on the long tail of blob stores, by OpenDAL; each service is a feature of its own.

pub mod blob;
pub mod config;
mod error;
mod operators;
mod service;
mod transport;

pub use blob::OpendalStore;
pub use operators::Operators;
pub use service::Service;
