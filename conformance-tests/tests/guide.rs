//! Keeps the tables of the guides to documents and blobs at what the drivers declare.

use isobar::capability::{Capabilities, Capability, Limits};
use isobar::driver::blob::TransferLimits;
use isobar_aws::{DynamoStore, S3Store};
use isobar_azure::{BlobStore, CosmosStore, TablesStore};
use isobar_gcp::{FirestoreStore, GcsStore};
use isobar_local::{LocalConfig, LocalStore};
use isobar_opendal::Service;
use isobar_postgres::PostgresStore;

const GUIDE: &str = include_str!("../../core/src/document/guide.md");
const BLOB_GUIDE: &str = include_str!("../../core/src/blob/guide.md");

/// What a store declares, in the order of the columns.
fn stores() -> Vec<(&'static str, Limits, Capabilities)> {
    let local = LocalStore::in_memory().expect("a store").documents();
    let local = local.describe();
    vec![
        ("local", local.limits, local.capabilities),
        ("DynamoDB", DynamoStore::LIMITS, DynamoStore::CAPABILITIES),
        (
            "Firestore",
            FirestoreStore::LIMITS,
            FirestoreStore::CAPABILITIES,
        ),
        ("Cosmos DB", CosmosStore::LIMITS, CosmosStore::CAPABILITIES),
        (
            "Azure Tables",
            TablesStore::LIMITS,
            TablesStore::CAPABILITIES,
        ),
        (
            "PostgreSQL",
            PostgresStore::LIMITS,
            PostgresStore::CAPABILITIES,
        ),
    ]
}

type Measure = fn(&Limits) -> u64;

const MEASURES: [(&str, Measure); 5] = [
    ("bytes of a document, names counted", |limits| {
        limits.document_bytes
    }),
    ("levels of a document", |limits| limits.document_depth),
    ("bytes of a key field", |limits| limits.key_bytes),
    ("writes of a set", |limits| limits.set_operations),
    ("bytes of a set", |limits| limits.set_bytes),
];

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A number in groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    let groups = groups.into_iter().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

fn heading<'n>(first: &[&'n str], stores: impl IntoIterator<Item = &'n str>) -> String {
    let names = first.iter().copied().chain(stores);
    let names: Vec<String> = names.map(str::to_owned).collect();
    let line = row(names.iter().map(|_| "---".to_owned()));
    row(names) + &line
}

#[test]
fn the_limits_are_those_that_the_drivers_declare() {
    let names = stores().into_iter().map(|(name, ..)| name);
    let mut table = heading(&["", "portable"], names);
    for (name, measure) in MEASURES {
        let own = stores().into_iter().map(|(_, limits, _)| measure(&limits));
        let numbers = std::iter::once(measure(&Limits::PORTABLE)).chain(own);
        table += &row(std::iter::once(name.to_owned()).chain(numbers.map(grouped)));
    }
    assert!(GUIDE.contains(&table), "the guide should say:\n{table}");
}

#[test]
fn the_capabilities_are_those_that_the_drivers_declare() {
    let stores = stores().into_iter();
    let stores: Vec<_> = stores.map(|(name, _, declared)| (name, declared)).collect();
    let table = capability_table(&stores);
    assert!(GUIDE.contains(&table), "the guide should say:\n{table}");
}

fn capability_table(stores: &[(&str, Capabilities)]) -> String {
    let mut table = heading(&[""], stores.iter().map(|(name, _)| *name));
    for capability in Capability::ALL {
        let has = |(_, declared): &(&str, Capabilities)| declared.has(capability);
        let cells: Vec<bool> = stores.iter().map(has).collect();
        if cells.contains(&true) {
            let cells = cells.into_iter().map(|has| if has { "yes" } else { "" });
            let link = format!("[`{capability:?}`](crate::Capability::{capability:?})");
            table += &row(std::iter::once(link).chain(cells.map(str::to_owned)));
        }
    }
    table
}

type Portion = fn(&TransferLimits) -> u64;

const PORTIONS: [(&str, Portion); 5] = [
    ("bytes of a blob", |limits| limits.blob_bytes),
    ("bytes of one put; more goes in parts", |limits| {
        limits.put_bytes
    }),
    ("bytes of a part but the last, at least", |limits| {
        limits.least_part_bytes
    }),
    ("bytes of a part, at most", |limits| limits.most_part_bytes),
    ("parts of an upload", |limits| u64::from(limits.parts)),
];

/// A figure that no blob comes near is none.
fn limit(number: u64) -> String {
    if number >= 1 << 60 || number == u64::from(u32::MAX) {
        return "no limit".to_owned();
    }
    grouped(number)
}

#[test]
fn the_limits_of_blobs_are_those_that_the_drivers_declare() {
    let local = LocalStore::in_memory().expect("a store").blobs();
    let stores = [
        ("local", local.describe().transfer),
        ("S3", S3Store::TRANSFER),
        ("Cloud Storage", GcsStore::TRANSFER),
        ("Azure Blob Storage", BlobStore::TRANSFER),
    ];
    let mut table = heading(&[""], stores.map(|(name, _)| name));
    for (name, portion) in PORTIONS {
        let own = stores.map(|(_, limits)| limit(portion(&limits)));
        table += &row(std::iter::once(name.to_owned()).chain(own));
    }
    assert!(BLOB_GUIDE.contains(&table), "it should say:\n{table}");
    let portable = Limits::PORTABLE;
    for number in [portable.blob_key_bytes, portable.blob_metadata_bytes] {
        let told = format!("{} bytes", grouped(number));
        assert!(BLOB_GUIDE.contains(&told), "it should say {told}");
    }
}

#[test]
fn the_capabilities_of_blobs_are_those_that_the_drivers_declare() {
    let signing = LocalConfig::in_memory().with_blob_url("http://127.0.0.1:1");
    let local = signing.open().expect("a store").blobs();
    // The embedded store declares once what it has of documents and of blobs.
    let local = local.describe().capabilities;
    let local = local.without(Capabilities::of(&[Capability::ConsistentReads]));
    let table = capability_table(&[
        ("local", local),
        ("S3", S3Store::CAPABILITIES),
        ("Cloud Storage", GcsStore::CAPABILITIES),
        ("Azure Blob Storage", BlobStore::CAPABILITIES),
        ("speaks S3", Service::S3.capabilities()),
        ("OSS, COS", Service::Oss.capabilities()),
        ("OBS", Service::Obs.capabilities()),
    ]);
    assert!(BLOB_GUIDE.contains(&table), "it should say:\n{table}");
}
