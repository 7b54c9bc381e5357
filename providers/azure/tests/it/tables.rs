//! Documents in Azure Tables.

mod format;
mod lost_answers;
mod requests;
mod selections;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use isobar::document::{Map, Value};
use isobar::driver::{Clock, SystemClock};
use isobar::{Collection, CollectionSpec};
use isobar_azure::TablesStore;
use isobar_azure::config::tables::TablesPlace;
use isobar_fault_proxy::{Protocol, Proxy};

use crate::emulator;

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock(|span| Box::pin(tokio::time::sleep(span))))
}

/// The store of the emulators' account behind this port.
fn store(port: u16) -> Arc<TablesStore> {
    let account = "devstoreaccount1";
    let url = format!("azure-tables://{account}?endpoint=http://127.0.0.1:{port}/{account}");
    let place = TablesPlace::parse(&url).expect("a place");
    Arc::new(place.open().expect("a store"))
}

/// A proxy before the emulator.
async fn behind_a_proxy() -> Proxy {
    let upstream = SocketAddr::from(([127, 0, 0, 1], emulator::port()));
    let proxy = Proxy::before(upstream, Protocol::Http1).await;
    proxy.expect("a port")
}

/// A collection whose table is new, and the prefix of that table.
async fn fresh<T>(spec: &CollectionSpec<T>) -> (Collection<T>, String) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let prefix = format!("t{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let prefix = format!("{prefix}x{}", std::process::id());
    let collection = Collection::new(store(emulator::port()), clock(), spec, &prefix);
    collection.ensure().await.expect("a table");
    (collection, prefix)
}

fn map(fields: &[(&str, Value)]) -> Map {
    let fields = fields.iter();
    let fields = fields.map(|(name, value)| ((*name).to_owned(), value.clone()));
    fields.collect()
}
