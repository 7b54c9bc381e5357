//! Scanners beside the embedded store, which one process opens at a time.

use std::sync::Arc;

use async_trait::async_trait;
use isobar::document::{Map, SortType};
use isobar::{Collection, CollectionSpec};
use isobar_local::LocalConfig;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::scanners::{DEPOT, Scan, Scanners};

const PARCELS: CollectionSpec<Map> = CollectionSpec::new("parcels")
    .partition("depot")
    .sort("parcel", SortType::Str)
    .adopt();

pub(crate) struct Depots {
    folder: TempDir,
}

impl Depots {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn url(&self) -> String {
        format!("local:{}", self.folder.path().display())
    }

    fn parcels(&self) -> Collection<Map> {
        let store = LocalConfig::from_url(&self.url()).unwrap().open().unwrap();
        let clock = Arc::new(isobar_local::clock());
        Collection::new(store.documents(), clock, &PARCELS, "")
    }
}

#[async_trait]
impl Scanners for Depots {
    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![("ISOBAR_DOCUMENTS", self.url())]
    }

    async fn write(&self, scan: &Scan) {
        let mut parcel = Map::new();
        parcel.insert("depot".to_owned(), DEPOT.into());
        parcel.insert("parcel".to_owned(), scan.parcel.into());
        parcel.insert("state".to_owned(), scan.state.into());
        parcel.insert("grams".to_owned(), scan.grams.into());
        parcel.insert("gate".to_owned(), scan.gate.into());
        self.parcels().upsert(&parcel).await.unwrap();
    }

    async fn read(&self, parcel: &str) -> Value {
        let parcels = self.parcels().view::<Value>();
        let found = parcels.fetch((DEPOT, parcel)).await.unwrap();
        json!(found.value)
    }
}
