//! Isobar on PostgreSQL: documents in jsonb, one table per collection.

pub mod config;
pub mod document;
mod error;
mod lease;
mod pool;
mod statement;
mod tls;

pub use document::PostgresStore;
pub use document::definition::{Roles, definition};
pub use pool::Budget;
