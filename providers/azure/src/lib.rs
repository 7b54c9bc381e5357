//! Isobar on Azure: documents in Cosmos DB for NoSQL or in Azure Tables, blobs in Azure Blob Storage, Azure Functions.

#[cfg(feature = "blob")]
pub mod blob;
#[cfg(any(feature = "blob", feature = "cosmos", feature = "tables"))]
pub mod config;
#[cfg(any(feature = "blob", feature = "tables"))]
mod credential;
#[cfg(any(feature = "blob", feature = "tables"))]
mod date;
#[cfg(any(feature = "cosmos", feature = "tables"))]
pub mod document;
#[cfg(any(feature = "blob", feature = "cosmos", feature = "tables"))]
mod entra;
#[cfg(any(feature = "blob", feature = "tables"))]
mod error;
#[cfg(feature = "function")]
pub mod function;
#[cfg(any(feature = "blob", feature = "cosmos", feature = "tables"))]
mod http_client;
#[cfg_attr(
    not(feature = "cosmos"),
    expect(dead_code, reason = "the platform reads what the store writes")
)]
#[cfg(any(feature = "cosmos", feature = "function"))]
mod stored;

#[cfg(feature = "blob")]
pub use blob::BlobStore;
#[cfg(any(feature = "blob", feature = "tables"))]
pub use credential::Credential;
#[cfg(feature = "cosmos")]
pub use document::cosmos::CosmosStore;
#[cfg(feature = "tables")]
pub use document::tables::TablesStore;
