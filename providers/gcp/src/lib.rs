//! Isobar on Google Cloud: documents in Firestore.

#[cfg(feature = "document")]
pub mod config;
#[cfg(feature = "document")]
pub mod document;
#[cfg(feature = "document")]
mod error;

#[cfg(feature = "document")]
pub use document::FirestoreStore;
