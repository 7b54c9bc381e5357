//! Azure Blob Storage on Azurite, the emulator by Microsoft, or on a storage account.

use std::sync::Arc;

use isobar::driver::blob::BlobDriver;
use isobar_azure::config::blob::BlobPlace;
use isobar_fault_proxy::Protocol;

use super::{Options, StartFailure};
use crate::emulator::Emulator;
use crate::setting::AzureSettings;
use crate::{Evidence, Provider, Waiver, Wire};

/// The endpoint that stands for the account that the variables of Azure's tools name.
const LIVE: &str = "live";
/// The account of every emulator, whose key is published.
const ACCOUNT: &str = "devstoreaccount1";
/// Where Azurite is known to differ from the service, as seen.
const KNOWN_FAULTS: &[Waiver] = &[Waiver::fails(
    "B-202",
    "Azure Blob Storage answered 500",
    "Azurite answers 500 to a listing of a key with U+FFFF, for which XML has no form",
)];

const NAME: &str = "azure-blob";

/// Starts Azurite, or uses the emulator whose `http://HOST:PORT` was given; `live` is Azure itself.
pub async fn start(options: &Options) -> Result<Provider, StartFailure> {
    let provider = match options.endpoint.as_deref() {
        Some(LIVE) => {
            return connect("azure-blob://", Provider::new(NAME, Evidence::LiveCloud));
        }
        Some(endpoint) => Provider {
            endpoint: endpoint.to_owned(),
            ..Provider::new(NAME, Evidence::VendorEmulator)
        },
        None => {
            let emulator = Emulator::start_azurite_blobs().await?;
            Provider {
                endpoint: emulator.url.clone(),
                emulator: Some(emulator),
                ..Provider::new(NAME, Evidence::VendorEmulator)
            }
        }
    };
    let endpoint = &provider.endpoint;
    let url = emulated_url(endpoint);
    let provider = Provider {
        known_faults: KNOWN_FAULTS,
        blob_wire: Wire::new(Protocol::Http1, endpoint, emulated),
        ..provider
    };
    connect(&url, provider)
}

fn emulated_url(endpoint: &str) -> String {
    format!("azure-blob://{ACCOUNT}?endpoint={endpoint}/{ACCOUNT}")
}

fn emulated(endpoint: &str) -> isobar::Result<Arc<dyn BlobDriver>> {
    Ok(Arc::new(BlobPlace::parse(&emulated_url(endpoint))?.open()?))
}

fn connect(url: &str, provider: Provider) -> Result<Provider, StartFailure> {
    let broken = |error: isobar::Error| StartFailure::Broken(error.to_string());
    let place = BlobPlace::parse(url).map_err(broken)?;
    let store: Arc<dyn BlobDriver> = Arc::new(place.open().map_err(broken)?);
    Ok(Provider {
        settings: Some(Arc::new(AzureSettings(Arc::clone(&store)))),
        blobs: Some(store),
        endpoint: place.endpoint,
        ..provider
    })
}
