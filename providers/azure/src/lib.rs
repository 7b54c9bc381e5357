//! Isobar on Azure: documents in Azure Tables.

#[cfg(feature = "tables")]
pub mod config;
#[cfg(feature = "tables")]
pub mod document;
#[cfg(feature = "tables")]
mod error;

#[cfg(feature = "tables")]
pub use document::tables::TablesStore;
