//! The OpenDAL provider on a directory, on memory, and on MiniStack as a store that speaks S3.

use std::sync::Arc;

use isobar::driver::blob::BlobDriver;
use isobar_fault_proxy::Protocol;
use isobar_opendal::config::Place;
use isobar_opendal::{OpendalStore, Service};
use opendal::services::S3;

use super::aws::{MINISTACK, REGION, emulated_s3};
use super::{Options, StartFailure};
use crate::emulator::Emulator;
use crate::setting::S3Settings;
use crate::{Evidence, Provider, Waiver, Wire};

/// Starts a directory of its own.
pub fn start_fs() -> Result<Provider, StartFailure> {
    let directory = tempfile::tempdir().map_err(|error| broken(&error))?;
    let endpoint = format!("opendal-fs://{}", directory.path().display());
    let store = open(&endpoint)?;
    Ok(Provider {
        blobs: Some(Arc::new(store)),
        endpoint,
        directory: Some(directory),
        ..Provider::new("opendal-fs", Evidence::Embedded)
    })
}

const IN_MEMORY: &[Waiver] = &[Waiver::fails(
    "B-227",
    " MiB to store it",
    "the memory of this process is the store",
)];

/// Starts an empty memory.
pub fn start_memory() -> Result<Provider, StartFailure> {
    let endpoint = "opendal-memory:".to_owned();
    let store = open(&endpoint)?;
    Ok(Provider {
        blobs: Some(Arc::new(store)),
        endpoint,
        known_faults: IN_MEMORY,
        ..Provider::new("opendal-memory", Evidence::Embedded)
    })
}

/// Starts MiniStack, or uses the endpoint that was given.
pub async fn start_s3(options: &Options) -> Result<Provider, StartFailure> {
    let emulator = match &options.endpoint {
        Some(_) => None,
        None => Some(Emulator::start(&MINISTACK).await?),
    };
    let started = emulator.as_ref().map(|server| server.url.clone());
    let endpoint = options.endpoint.clone().or(started).unwrap_or_default();
    let store = store_behind(&endpoint).map_err(|error| broken(&error))?;
    let settings = S3Settings(emulated_s3(&endpoint).await?);
    Ok(Provider {
        blobs: Some(store),
        blob_wire: Wire::new(Protocol::Http1, &endpoint, store_behind),
        settings: Some(Arc::new(settings)),
        endpoint,
        emulator,
        ..Provider::new("opendal-s3", Evidence::ThirdPartyEmulator)
    })
}

fn store_behind(endpoint: &str) -> isobar::Result<Arc<dyn BlobDriver>> {
    let endpoint = endpoint.to_owned();
    let store = OpendalStore::new(Service::S3, move |bucket| {
        // What emulators take for the account's root.
        let s3 = S3::default()
            .access_key_id("test")
            .secret_access_key("test");
        let s3 = s3.endpoint(&endpoint).region(REGION).bucket(bucket);
        opendal::Operator::new(s3.disable_config_load())
    });
    Ok(Arc::new(store?))
}

fn open(url: &str) -> Result<OpendalStore, StartFailure> {
    let place = Place::parse(url).map_err(|error| broken(&error))?;
    place.open().map_err(|error| broken(&error))
}

fn broken(error: &dyn std::fmt::Display) -> StartFailure {
    StartFailure::Broken(error.to_string())
}
