//! Documents: the format at rest, recognised commits, calls that are given up, and errors.

mod adopted;
mod changes;
mod definition;
mod format;
mod given_up;
mod lost_answers;
mod selections;
mod unreachable;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use deadpool_postgres::Object;
use isobar::document::{Map, Value};
use isobar::{Collection, CollectionSpec};
use isobar_postgres::PostgresStore;
use isobar_postgres::config::Place;

use crate::{clock, server};

pub(crate) fn store(url: &str) -> Arc<PostgresStore> {
    let place = Place::parse(url).expect("a place");
    Arc::new(place.open().expect("a store"))
}

/// A collection of this store.
pub(crate) fn bind<T>(
    store: &Arc<PostgresStore>,
    spec: &CollectionSpec<T>,
    prefix: &str,
) -> Collection<T> {
    let store = Arc::clone(store);
    Collection::new(store, clock(), spec, prefix)
}

/// A collection whose table is new, and the name of that table.
pub(crate) async fn fresh<T>(spec: &CollectionSpec<T>) -> (Collection<T>, String) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let prefix = format!("t{}-", COUNT.fetch_add(1, Ordering::Relaxed));
    let store = store(&server::shared().url(""));
    let collection = Collection::new(store, clock(), spec, &prefix);
    collection.ensure().await.expect("a table");
    (collection, spec.schema(&prefix).table)
}

/// The database's own client.
pub(crate) async fn client() -> Object {
    let store = store(&server::shared().url(""));
    store.pool().get().await.expect("a connection")
}

pub(crate) fn map(fields: &[(&str, Value)]) -> Map {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}
