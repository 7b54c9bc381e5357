//! The local provider on a directory of its own.

use std::sync::Arc;

use isobar_local::LocalStore;
use tempfile::TempDir;

use super::StartFailure;
use crate::door::local::LocalDoors;
use crate::{Evidence, Provider};

/// Opens a store in a new directory, which goes with the provider.
pub async fn start() -> Result<Provider, StartFailure> {
    let directory = TempDir::with_prefix("isobar-conformance-")
        .map_err(|error| StartFailure::Broken(format!("no temporary directory: {error}")))?;
    let store = LocalStore::open(directory.path())
        .map_err(|error| StartFailure::Broken(error.to_string()))?;
    let doors = doors().await?;
    Ok(Provider {
        documents: Some(store.documents()),
        blobs: Some(store.blobs()),
        doors: Some(doors),
        endpoint: "a temporary directory".to_owned(),
        directory: Some(directory),
        ..Provider::new("local", Evidence::Embedded)
    })
}

/// The same store in memory, for runs that break it on purpose.
pub async fn start_in_memory() -> Result<Provider, StartFailure> {
    let store = LocalStore::in_memory().map_err(|error| StartFailure::Broken(error.to_string()))?;
    let doors = doors().await?;
    Ok(Provider {
        documents: Some(store.documents()),
        blobs: Some(store.blobs()),
        doors: Some(doors),
        endpoint: "memory".to_owned(),
        ..Provider::new("local", Evidence::Embedded)
    })
}

async fn doors() -> Result<Arc<LocalDoors>, StartFailure> {
    let doors = LocalDoors::new().await;
    let doors = doors.map_err(|error| StartFailure::Broken(error.to_string()))?;
    Ok(Arc::new(doors))
}
