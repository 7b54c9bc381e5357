//! What the cases do not show of Cosmos DB: the layout at rest, filters, lost answers.

mod filters;
mod format;
mod lost_answers;

use std::sync::Arc;

use azure_data_cosmos::CosmosClient;
use azure_data_cosmos_driver::fault_injection::FaultInjectionRule;
use isobar::document::{Map, Value};
use isobar::driver::SystemClock;
use isobar::{Collection, CollectionSpec};
use isobar_azure::CosmosStore;
use isobar_conformance_cosmos::emulator::Emulator;

const DATABASE: &str = "tests";

fn bind<T>(client: CosmosClient, spec: &CollectionSpec<T>) -> Collection<T> {
    let store = Arc::new(CosmosStore::new(client, DATABASE));
    let clock = Arc::new(SystemClock(|span| Box::pin(tokio::time::sleep(span))));
    Collection::new(store, clock, spec, "")
}

/// An account of its own with this collection.
async fn fresh<T>(spec: &CollectionSpec<T>) -> (Emulator, Collection<T>) {
    let emulator = Emulator::start().expect("an emulator");
    let collection = bind(emulator.client().await.expect("a client"), spec);
    collection.ensure().await.expect("a container");
    (emulator, collection)
}

/// The same collection by another client, which has its own ideas of what is answered.
async fn behind<T>(
    emulator: &Emulator,
    spec: &CollectionSpec<T>,
    rules: Vec<Arc<FaultInjectionRule>>,
) -> Collection<T> {
    bind(emulator.client_with(rules).await.expect("a client"), spec)
}

fn map(fields: &[(&str, Value)]) -> Map {
    let fields = fields.iter();
    fields
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}
