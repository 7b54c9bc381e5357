//! Keeps the tables of the guide to documents at what the drivers declare.

use isobar::capability::{Capabilities, Capability, Limits};
use isobar_aws::DynamoStore;
use isobar_azure::{CosmosStore, TablesStore};
use isobar_gcp::FirestoreStore;
use isobar_local::LocalStore;
use isobar_postgres::PostgresStore;

const GUIDE: &str = include_str!("../../core/src/document/guide.md");

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

fn heading(first: &[&str]) -> String {
    let names = stores().into_iter().map(|(name, ..)| name.to_owned());
    let names: Vec<String> = first
        .iter()
        .map(|name| (*name).to_owned())
        .chain(names)
        .collect();
    let line = row(names.iter().map(|_| "---".to_owned()));
    row(names) + &line
}

#[test]
fn the_limits_are_those_that_the_drivers_declare() {
    let mut table = heading(&["", "portable"]);
    for (name, measure) in MEASURES {
        let own = stores().into_iter().map(|(_, limits, _)| measure(&limits));
        let numbers = std::iter::once(measure(&Limits::PORTABLE)).chain(own);
        table += &row(std::iter::once(name.to_owned()).chain(numbers.map(grouped)));
    }
    assert!(GUIDE.contains(&table), "the guide should say:\n{table}");
}

#[test]
fn the_capabilities_are_those_that_the_drivers_declare() {
    let mut table = heading(&[""]);
    for capability in Capability::ALL {
        let has = |(_, _, capabilities): (_, _, Capabilities)| capabilities.has(capability);
        let cells: Vec<bool> = stores().into_iter().map(has).collect();
        if cells.contains(&true) {
            let cells = cells.into_iter().map(|has| if has { "yes" } else { "" });
            let link = format!("[`{capability:?}`](crate::Capability::{capability:?})");
            table += &row(std::iter::once(link).chain(cells.map(str::to_owned)));
        }
    }
    assert!(GUIDE.contains(&table), "the guide should say:\n{table}");
}
