//! The very same program on every store, beside scanners that are the vendor's own client.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a step that fails ends its test"
)]

mod application;
mod azure_tables;
mod dynamodb;
mod firestore;
mod local;
mod postgres;
mod scanners;

use serde_json::{Value, json};

use application::Application;
use scanners::{Scan, Scanners};

fn scan(parcel: &'static str, state: &'static str, grams: i64) -> Scan {
    Scan {
        parcel,
        state,
        grams,
        gate: "gate 7",
    }
}

/// What both write is read by both, and nobody loses what the other knows.
async fn serves_beside(scanners: &dyn Scanners) {
    scanners.write(&scan("p-1", "waiting", 2_500)).await;
    scanners.write(&scan("p-2", "lost", 40)).await;

    let application = Application::start(&scanners.variables()).await;
    let (status, waiting) = application.get("/parcels?state=waiting").await;
    let first = json!({ "depot": "hamburg", "parcel": "p-1", "state": "waiting", "grams": 2_500 });
    assert_eq!((status, waiting), (200, json!([first])));
    let (status, all) = application.get("/parcels").await;
    assert_eq!((status, all.as_array().map(Vec::len)), (200, Some(2)));
    let grams = json!({ "grams": 90 });
    let (status, announced) = application.send("PUT", "/parcels/p-3", &grams).await;
    assert_eq!(status, 201, "{announced}");
    let (status, _) = application.send("PUT", "/parcels/p-1", &grams).await;
    assert_eq!(status, 409, "a scanner has written it");
    let taker = json!({ "taker": "ann" });
    let mut statuses = Vec::new();
    for parcel in ["p-1", "p-1", "p-2", "p-9"] {
        let path = format!("/parcels/{parcel}/receipt");
        statuses.push(application.send("POST", &path, &taker).await.0);
    }
    assert_eq!(statuses, [201, 412, 412, 404]);
    application.stop().await;

    let handed_over = json!({
        "depot": "hamburg", "parcel": "p-1", "state": "handed over", "grams": 2_500,
        "gate": "gate 7", "taker": "ann",
    });
    assert_eq!(scanners.read("p-1").await, handed_over);
    assert_eq!(scanners.read("p-3").await, announced);
    scanners.write(&scan("p-3", "waiting", 95)).await;

    let application = Application::start(&scanners.variables()).await;
    let weighed = json!({ "depot": "hamburg", "parcel": "p-3", "state": "waiting", "grams": 95 });
    assert_eq!(application.get("/parcels/p-3").await, (200, weighed));
    let receipt = json!({ "depot": "hamburg", "parcel": "p-1", "taker": "ann" });
    assert_eq!(
        application.get("/parcels/p-1/receipt").await,
        (200, receipt)
    );
    let (status, _) = application.get("/parcels/p-3/receipt").await;
    assert_eq!(status, 404);
    application.stop().await;
}

#[tokio::test]
async fn on_the_local_store() {
    serves_beside(&local::Depots::new()).await;
}

#[tokio::test]
async fn on_dynamodb() {
    serves_beside(&dynamodb::Depots::start().await).await;
}

#[tokio::test]
async fn on_postgresql() {
    serves_beside(&postgres::Depots::start().await).await;
}

#[tokio::test]
async fn on_firestore() {
    serves_beside(&firestore::Depots::start().await).await;
}

#[tokio::test]
async fn on_azure_tables() {
    serves_beside(&azure_tables::Depots::start().await).await;
}

#[test]
fn what_it_needs_is_told_without_a_store() {
    let told: Value = serde_json::from_str(&application::output(&["--describe"], &[])).unwrap();
    let text = told.to_string();
    assert!(
        text.contains("parcels") && text.contains("receipts"),
        "{text}"
    );
}
