//! Isobar on Azure: documents in Cosmos DB for NoSQL or in Azure Tables, blobs in Azure Blob
//! Storage, messages in queues of Azure Storage, Azure Functions.

#[cfg(feature = "blob")]
pub mod blob;
#[cfg(any(feature = "_storage", feature = "cosmos"))]
pub mod config;
#[cfg(feature = "_storage")]
mod credential;
#[cfg(feature = "_storage")]
mod date;
#[cfg(any(feature = "cosmos", feature = "tables"))]
pub mod document;
#[cfg(any(feature = "_storage", feature = "cosmos"))]
mod entra;
#[cfg(feature = "_storage")]
mod error;
#[cfg(feature = "function")]
pub mod function;
#[cfg(any(feature = "_storage", feature = "cosmos"))]
mod http_client;
#[cfg(feature = "_sdk")]
mod sdk;
#[cfg(feature = "_sdk")]
mod signing;
#[cfg_attr(
    not(feature = "cosmos"),
    expect(dead_code, reason = "the platform reads what the store writes")
)]
#[cfg(any(feature = "cosmos", feature = "function"))]
mod stored;
#[cfg(feature = "queue")]
pub mod topic;

#[cfg(feature = "blob")]
pub use blob::BlobStore;
#[cfg(feature = "_storage")]
pub use credential::Credential;
#[cfg(feature = "cosmos")]
pub use document::cosmos::CosmosStore;
#[cfg(feature = "tables")]
pub use document::tables::TablesStore;
#[cfg(feature = "queue")]
pub use topic::AzureQueues;
