//! Starts Cosmos DB for the conformance program: the emulator, or an account that was named.

use std::sync::Arc;

use azure_data_cosmos::CosmosError;
use isobar_azure::CosmosStore;
use isobar_azure::config::cosmos::CosmosPlace;
use isobar_conformance::harness::{Harness, Options, StartFailure};
use isobar_conformance::{Evidence, Provider};

use crate::emulator::Emulator;

/// The provider `cosmos`.
pub const COSMOS: Harness = Harness {
    name: NAME,
    start: |options| Box::pin(start(options)),
};

const NAME: &str = "cosmos";
const DATABASE: &str = "isobar-conformance";
/// The hosts of accounts in the public cloud.
const PUBLIC: &str = ".documents.azure.com";

/// Starts the emulator in this process, or uses the account whose endpoint was given, with the key
/// of the environment.
async fn start(options: Options) -> Result<Provider, StartFailure> {
    match options.endpoint {
        Some(endpoint) => named(&endpoint).await,
        None => emulated().await.map_err(broken),
    }
}

async fn emulated() -> Result<Provider, CosmosError> {
    let client = Emulator::start()?.client().await?;
    Ok(Provider {
        documents: Some(Arc::new(CosmosStore::new(client, DATABASE))),
        names_units: true,
        endpoint: "a transport within this process, no server".to_owned(),
        ..Provider::new(NAME, Evidence::VendorEmulator)
    })
}

async fn named(endpoint: &str) -> Result<Provider, StartFailure> {
    let place = CosmosPlace::parse(&format!("cosmos:///{DATABASE}?endpoint={endpoint}"));
    let place = place.map_err(broken)?;
    let store = place.open().await.map_err(broken)?;
    let evidence = if place.endpoint.contains(PUBLIC) {
        Evidence::LiveCloud
    } else {
        Evidence::VendorEmulator
    };
    Ok(Provider {
        documents: Some(Arc::new(store)),
        endpoint: place.endpoint,
        names_units: true,
        ..Provider::new(NAME, evidence)
    })
}

fn broken(error: impl std::fmt::Display) -> StartFailure {
    StartFailure::Broken(error.to_string())
}
