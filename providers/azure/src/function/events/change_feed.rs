//! Items of Cosmos DB that a Cosmos DB trigger brings, some together.
//!
//! <https://learn.microsoft.com/azure/azure-functions/functions-bindings-cosmosdb-v2-trigger>

use std::time::SystemTime;

use isobar::Result;
use isobar::document::DocumentChange;
use isobar_serve::event::{Arrivals, Arrived, Delivery};
use serde_json::{Map, Value};

use super::invocation::{bound, malformed};
use crate::stored::change::change;
use crate::stored::name::Names;

/// The changes of a container, one for each item, in the order in which the feed has them.
pub(super) fn documents(delivery: &Delivery) -> Result<Option<Arrivals>> {
    let Some(bound) = bound(delivery, &["documents"]) else {
        return Ok(None);
    };
    let items: Vec<Map<String, Value>> = serde_json::from_str(&bound.text()?)
        .map_err(|error| malformed("the documents are no list of objects").with_source(error))?;
    let names = Names::of(delivery.collection(&bound.name)?)?;
    let now = SystemTime::now().into();
    let changes = items.into_iter().map(|item| {
        let change = change(&names, item, now)?;
        let id = change.id.clone();
        let event = DocumentChange::new(&bound.name, change);
        Ok(Arrived::new(event, delivery.body.clone()).with_id(id))
    });
    Ok(Some(changes.collect()))
}
