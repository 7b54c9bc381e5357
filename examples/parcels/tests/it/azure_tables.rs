//! Scanners that use Microsoft's own client, on Azurite: a program of Node, as there is none in Rust.

use std::path::PathBuf;
use std::process::Stdio;

use async_trait::async_trait;
use isobar_conformance::emulator::Emulator;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::scanners::{DEPOT, Scan, Scanners};

/// The account of every emulator.
const ACCOUNT: &str = "devstoreaccount1";

pub(crate) struct Depots {
    emulator: Emulator,
}

impl Depots {
    pub(crate) async fn start() -> Self {
        let emulator = Emulator::start_azurite_tables().await.unwrap();
        let depots = Self { emulator };
        for table in ["parcels", "receipts"] {
            depots.ask(&["create", table]).await;
        }
        depots
    }

    fn endpoint(&self) -> String {
        format!("{}/{ACCOUNT}", self.emulator.url)
    }

    /// What the program prints.
    async fn ask(&self, arguments: &[&str]) -> String {
        let workspace = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let script = workspace.join("conformance-tests/emulators/azurite/client.mjs");
        let output = Command::new("node")
            .arg(script)
            .arg(self.endpoint())
            .args(arguments)
            .stderr(Stdio::piped())
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

#[async_trait]
impl Scanners for Depots {
    fn variables(&self) -> Vec<(&'static str, String)> {
        let endpoint = self.endpoint();
        let url = format!("azure-tables://{ACCOUNT}?endpoint={endpoint}");
        vec![("ISOBAR_DOCUMENTS", url)]
    }

    async fn write(&self, scan: &Scan) {
        let entity = json!({
            "partitionKey": DEPOT, "rowKey": scan.parcel,
            "state": scan.state, "grams": scan.grams, "gate": scan.gate,
        });
        self.ask(&["upsert", "parcels", &entity.to_string()]).await;
    }

    async fn read(&self, parcel: &str) -> Value {
        let told = self.ask(&["get", "parcels", DEPOT, parcel]).await;
        let mut entity: Value = serde_json::from_str(&told).unwrap();
        let fields = entity.as_object_mut().unwrap();
        for (theirs, ours) in [("partitionKey", "depot"), ("rowKey", "parcel")] {
            let value = fields.shift_remove(theirs).unwrap();
            fields.insert(ours.to_owned(), value);
        }
        entity
    }
}
