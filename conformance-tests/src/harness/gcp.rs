//! The Google Cloud provider on Google's own emulator of Firestore, or on one that was named.

use std::sync::Arc;

use isobar_gcp::config::Place;

use super::{Options, StartFailure};
use crate::emulator::Emulator;
use crate::{Evidence, Provider};

/// Any name will do: an emulator has every project.
const PROJECT: &str = "isobar-conformance";

/// Where Google's emulator is known to differ from Firestore, as seen.
const KNOWN_FAULTS: &[(&str, &str)] = &[(
    "D-256",
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
    let url = format!("firestore://{PROJECT}?endpoint={endpoint}");
    let store = Place::parse(&url).map_err(broken)?;
    let store = store.open().map_err(broken)?;
    Ok(Provider {
        documents: Some(Arc::new(store)),
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
