//! Isobar on Azure: documents in Azure Tables.

pub mod config;
pub mod document;
#[cfg(feature = "tables")]
mod error;

#[cfg(feature = "tables")]
pub use document::tables::TablesStore;
