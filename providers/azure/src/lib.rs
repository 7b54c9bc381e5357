//! Isobar on Azure: documents in Cosmos DB for NoSQL or in Azure Tables.

#[cfg(feature = "tables")]
pub mod config;
#[cfg(feature = "tables")]
pub mod document;
#[cfg(feature = "tables")]
mod error;

#[cfg(feature = "cosmos")]
pub use document::cosmos::CosmosStore;
#[cfg(feature = "tables")]
pub use document::tables::TablesStore;
