//! Cloud Run with messages that Google's own emulator of Pub/Sub pushes.

use std::sync::Arc;

use isobar_gcp::topic::Place;

use super::StartFailure;
use crate::door::pubsub::PubSubDoors;
use crate::emulator::Emulator;
use crate::exchange::pubsub::PubSubExchanges;
use crate::{Evidence, Provider, Waiver};

/// Where Google's emulator is known to differ from Pub/Sub, as seen.
const KNOWN_FAULTS: &[Waiver] = &[
    Waiver::fails("G-401", "the deliveries of one group is []", NO_KEYS),
    Waiver::fails("G-424", "the messages of one group is []", NO_KEYS),
];
const NO_KEYS: &str = "the emulator does not tell the ordering key in what it pushes";

/// Starts the emulator of the Google Cloud SDK.
pub async fn start() -> Result<Provider, StartFailure> {
    let emulator = Emulator::start_pubsub().await?;
    let place = Place::parse(&format!("pubsub://p?endpoint={}", emulator.url));
    let topics = place.and_then(|place| place.open());
    let topics = topics.map_err(|error| StartFailure::Broken(error.to_string()))?;
    let address = emulator.url.trim_start_matches("http://").parse();
    let doors = address.ok().and_then(PubSubDoors::new).ok_or_else(|| {
        StartFailure::Broken(format!("there are no doors to Pub/Sub at {}", emulator.url))
    })?;
    let doors = Arc::new(doors);
    let exchanges = PubSubExchanges {
        doors: Arc::clone(&doors),
        topics: Arc::new(topics),
    };
    Ok(Provider {
        doors: Some(doors),
        exchanges: Some(Arc::new(exchanges)),
        endpoint: "a process of its own for each case".to_owned(),
        emulator: Some(emulator),
        known_faults: KNOWN_FAULTS,
        ..Provider::new("cloud-run-pubsub", Evidence::VendorEmulator)
    })
}
