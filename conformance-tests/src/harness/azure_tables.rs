//! Azure Tables on Azurite, the emulator by Microsoft, or on a storage account.

use std::sync::Arc;

use isobar::driver::document::DocumentDriver;
use isobar_azure::config::tables::TablesPlace;
use isobar_fault_proxy::Protocol;

use super::{Options, StartFailure};
use crate::emulator::Emulator;
use crate::{Evidence, Provider, Waiver, Wire};

/// The endpoint that stands for the account that the variables of Azure's tools name.
const LIVE: &str = "live";
/// The account of every emulator, whose key is published.
const ACCOUNT: &str = "devstoreaccount1";
/// Where Azurite is known to differ from the service, as seen.
const KNOWN_FAULTS: &[Waiver] = &[];

/// Starts Azurite, or uses the emulator whose `http://HOST:PORT` was given; `live` is Azure itself.
pub async fn start(options: &Options) -> Result<Provider, StartFailure> {
    let provider = match options.endpoint.as_deref() {
        Some(LIVE) => {
            return connect("azure-tables://", Provider::new(NAME, Evidence::LiveCloud));
        }
        Some(endpoint) => Provider {
            endpoint: endpoint.to_owned(),
            ..Provider::new(NAME, Evidence::VendorEmulator)
        },
        None => {
            let emulator = Emulator::start_azurite_tables().await?;
            Provider {
                endpoint: emulator.url.clone(),
                emulator: Some(emulator),
                ..Provider::new(NAME, Evidence::VendorEmulator)
            }
        }
    };
    let address = format!("{}/{ACCOUNT}", provider.endpoint);
    let provider = Provider {
        known_faults: KNOWN_FAULTS,
        document_wire: Wire::new(Protocol::Http1, &address, emulated),
        ..provider
    };
    connect(&emulated_url(&address), provider)
}

fn emulated(endpoint: &str) -> isobar::Result<Arc<dyn DocumentDriver>> {
    Ok(Arc::new(
        TablesPlace::parse(&emulated_url(endpoint))?.open()?,
    ))
}

fn emulated_url(endpoint: &str) -> String {
    format!("azure-tables://{ACCOUNT}?endpoint={endpoint}")
}

const NAME: &str = "azure-tables";

fn connect(url: &str, provider: Provider) -> Result<Provider, StartFailure> {
    let broken = |error: isobar::Error| StartFailure::Broken(error.to_string());
    let place = TablesPlace::parse(url).map_err(broken)?;
    let store = place.open().map_err(broken)?;
    Ok(Provider {
        documents: Some(Arc::new(store)),
        endpoint: place.endpoint,
        ..provider
    })
}
