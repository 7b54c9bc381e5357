//! Platforms that nobody emulates: the suite plays their front ends by the published contracts.

use std::sync::Arc;

use super::StartFailure;
use crate::door::contract::{CONTRACTS, Contract, ContractDoors};
use crate::{Evidence, Provider};

/// The platforms, by the names of their providers.
pub const NAMES: [&str; 7] = [
    "cloud-run",
    "azure-functions",
    "alibaba-fc",
    "tencent-scf",
    "knative",
    "openfaas",
    "fission",
];

/// What a front end does to requests that its contract does not promise to pass on as they are.
const REWRITTEN: &[(&str, &[(&str, &str)])] = &[
    (
        "azure-functions",
        &[
            (
                "G-200",
                "the Functions host resolves dot segments and writes paths anew",
            ),
            (
                "G-261",
                "queues of Azure Storage have no attributes beside a message",
            ),
            ("G-401", "queues of Azure Storage have no groups"),
        ],
    ),
    (
        "alibaba-fc",
        &[
            ("G-200", "Function Compute takes 4 KB of path and query"),
            ("G-203", "Function Compute takes 4 KB of header fields"),
            (
                "G-207",
                "HTTP triggers take GET, POST, PUT, DELETE, HEAD, PATCH and OPTIONS",
            ),
        ],
    ),
    (
        "tencent-scf",
        &[
            ("G-200", "SCF takes 4 KB of path and query"),
            ("G-203", "SCF takes 4 KB of header fields"),
        ],
    ),
    (
        "fission",
        &[
            ("G-200", "Fission's router writes paths anew"),
            ("G-205", "Fission's router puts its own host into Host"),
        ],
    ),
];

/// Whether there is a contract of this name.
pub(super) fn starts(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Nothing has to be started but the probe behind each door.
pub(super) fn start(name: &str) -> Result<Provider, StartFailure> {
    let found = CONTRACTS.iter().find(|contract| contract.name() == name);
    let contract: &'static Contract = found.ok_or_else(|| {
        StartFailure::Broken(format!("there is no contract of the name {name:?}"))
    })?;
    let rewritten = REWRITTEN.iter().find(|(platform, _)| *platform == name);
    Ok(Provider {
        doors: Some(Arc::new(ContractDoors(contract))),
        endpoint: "a process of its own for each case".to_owned(),
        known_faults: rewritten.map_or(&[], |(_, cases)| cases),
        ..Provider::new(contract.name(), Evidence::ContractOnly)
    })
}
