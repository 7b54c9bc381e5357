//! Cloud Run with messages that Google's own emulator of Pub/Sub pushes.

use std::sync::Arc;

use super::StartFailure;
use crate::door::pubsub::PubSubDoors;
use crate::emulator::Emulator;
use crate::{Evidence, Provider};

/// Where Google's emulator is known to differ from Pub/Sub, as seen.
const KNOWN_FAULTS: &[(&str, &str)] = &[(
    "G-401",
    "the emulator does not tell the ordering key in what it pushes",
)];

/// Starts the emulator of the Google Cloud SDK.
pub async fn start() -> Result<Provider, StartFailure> {
    let emulator = Emulator::start_pubsub().await?;
    let address = emulator.url.trim_start_matches("http://").parse();
    let doors = address.ok().and_then(PubSubDoors::new).ok_or_else(|| {
        StartFailure::Broken(format!("there are no doors to Pub/Sub at {}", emulator.url))
    })?;
    Ok(Provider {
        doors: Some(Arc::new(doors)),
        endpoint: "a process of its own for each case".to_owned(),
        emulator: Some(emulator),
        known_faults: KNOWN_FAULTS,
        ..Provider::new("cloud-run-pubsub", Evidence::VendorEmulator)
    })
}
