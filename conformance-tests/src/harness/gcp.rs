//! The Google Cloud provider on Google's own emulator of Firestore, or on one that was named.

use std::sync::Arc;

use isobar::driver::document::DocumentDriver;
use isobar_fault_proxy::Protocol;
use isobar_gcp::config::Place;

use super::{Options, StartFailure};
use crate::emulator::Emulator;
use crate::{Evidence, Provider, Waiver, Wire};

/// Any name will do: an emulator has every project.
pub(crate) const PROJECT: &str = "isobar-conformance";

/// Where Google's emulator is known to differ from Firestore, as seen.
const KNOWN_FAULTS: &[Waiver] = &[Waiver::varies(
    "D-256",
    &["the second document's round is "],
    "on a busy machine the emulator answers one RunQuery from more than one state",
)];

/// Starts the emulator of the Google Cloud SDK, or uses the one whose `http://HOST:PORT` was given.
pub async fn start(options: &Options) -> Result<Provider, StartFailure> {
    let emulator = match &options.endpoint {
        Some(_) => None,
        None => Some(Emulator::start_firestore().await?),
    };
    let started = emulator.as_ref().map(|server| server.url.clone());
    let endpoint = options.endpoint.clone().or(started).unwrap_or_default();
    let broken = |error: isobar::Error| StartFailure::Broken(error.to_string());
    let store = open(&endpoint).map_err(broken)?;
    Ok(Provider {
        documents: Some(store),
        document_wire: Wire::new(Protocol::Grpc, &endpoint, open),
        endpoint,
        known_faults: if emulator.is_some() {
            KNOWN_FAULTS
        } else {
            &[]
        },
        emulator,
        ..Provider::new("gcp", Evidence::VendorEmulator)
    })
}

fn open(endpoint: &str) -> isobar::Result<Arc<dyn DocumentDriver>> {
    let url = format!("firestore://{PROJECT}?endpoint={endpoint}");
    Ok(Arc::new(Place::parse(&url)?.open()?))
}
