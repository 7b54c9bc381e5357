//! Queues of Azure Storage on Azurite, the emulator by Microsoft, or on a storage account.

use std::sync::Arc;

use isobar_azure::config::queue::QueuePlace;

use super::{Options, StartFailure};
use crate::emulator::Emulator;
use crate::exchange::azure_queue::AzureExchanges;
use crate::{Evidence, Provider, Waiver};

const KNOWN_FAULTS: &[Waiver] = &[Waiver::fails(
    "G-414",
    "the trace is \"",
    "queues of Azure Storage have no place for a trace beside a message",
)];

/// The endpoint that stands for the account that the variables of Azure's tools name.
const LIVE: &str = "live";
/// The account of every emulator, whose key is published.
const ACCOUNT: &str = "devstoreaccount1";
const NAME: &str = "azure-queue";

/// Starts Azurite, or uses the emulator whose `http://HOST:PORT` was given; `live` is Azure itself.
pub async fn start(options: &Options) -> Result<Provider, StartFailure> {
    if options.endpoint.as_deref() == Some(LIVE) {
        return connect("azure-queue://", Provider::new(NAME, Evidence::LiveCloud));
    }
    let emulator = match options.endpoint {
        Some(_) => None,
        None => Some(Emulator::start_azurite_queues().await?),
    };
    let started = emulator.as_ref().map(|emulator| emulator.url.clone());
    let endpoint = options.endpoint.clone().or(started).unwrap_or_default();
    let provider = Provider {
        emulator,
        ..Provider::new(NAME, Evidence::VendorEmulator)
    };
    let url = format!("azure-queue://{ACCOUNT}?endpoint={endpoint}/{ACCOUNT}");
    connect(&url, provider)
}

fn connect(url: &str, provider: Provider) -> Result<Provider, StartFailure> {
    let broken = |error: isobar::Error| StartFailure::Broken(error.to_string());
    let place = QueuePlace::parse(url).map_err(broken)?;
    let queues = place.open().map_err(broken)?;
    Ok(Provider {
        known_faults: KNOWN_FAULTS,
        exchanges: Some(Arc::new(AzureExchanges(Arc::new(queues)))),
        endpoint: place.endpoint,
        ..provider
    })
}
