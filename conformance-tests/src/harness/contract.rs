//! Platforms that nobody emulates: the suite plays their front ends by the published contracts.

use std::sync::Arc;

use super::StartFailure;
use crate::door::Doors;
use crate::door::contract::{CONTRACTS, ContractDoors};
use crate::door::fn_agent::FnDoors;
use crate::door::openwhisk::OpenWhiskDoors;
use crate::{Evidence, Provider};

/// The platforms, by the names of their providers.
pub const NAMES: [&str; 11] = [
    "cloud-run",
    "azure-functions",
    "azure-functions-invoked",
    "alibaba-fc",
    "tencent-scf",
    "knative",
    "openfaas",
    "fission",
    "fn",
    "openwhisk",
    "openwhisk-loop",
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
        "azure-functions-invoked",
        &[
            (
                "G-101",
                "where the host invokes, it passes one Set-Cookie on",
            ),
            ("G-103", "where the host invokes, it passes text on"),
            (
                "G-200",
                "the Functions host resolves dot segments and writes paths anew",
            ),
            (
                "G-208",
                "where the host invokes, it reads content as text but for two types",
            ),
            (
                "G-221",
                "where the host invokes, it passes one Set-Cookie on",
            ),
            ("G-224", "where the host invokes, it passes text on"),
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
    (
        "fn",
        &[
            (
                "G-200",
                "Fn's server writes paths anew, and takes the whole path for the trigger's name",
            ),
            ("G-202", "Fn's server writes URLs anew"),
        ],
    ),
    ("openwhisk", OPENWHISK),
    ("openwhisk-loop", OPENWHISK),
];

/// What the controller of OpenWhisk does to requests and results, whatever runs the action.
const OPENWHISK: &[(&str, &str)] = &[
    ("G-100", "the controller tells the last of several fields"),
    ("G-103", "the controller passes text on as UTF-8 only"),
    ("G-200", "the controller writes paths anew"),
    ("G-201", "the controller tells the last of several fields"),
    ("G-202", "the controller writes queries anew"),
    (
        "G-204",
        "the controller writes fields anew that its library knows, cookies among them",
    ),
    (
        "G-207",
        "web actions take GET, POST, PUT, DELETE, HEAD, PATCH and OPTIONS",
    ),
    ("G-208", "the controller writes content types anew"),
    (
        "G-224",
        "the controller passes text on as UTF-8 only, with a charset in its type",
    ),
    (
        "G-225",
        "the controller takes the type from a response without content",
    ),
];

/// Whether there is a contract of this name.
pub(super) fn starts(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Nothing has to be started but the probe behind each door.
pub(super) fn start(name: &str) -> Result<Provider, StartFailure> {
    let mut names = NAMES.into_iter();
    let unknown = || StartFailure::Broken(format!("there is no contract of the name {name:?}"));
    let name = names.find(|own| *own == name).ok_or_else(unknown)?;
    let doors: Arc<dyn Doors> = match name {
        "fn" => Arc::new(FnDoors),
        "openwhisk" => Arc::new(OpenWhiskDoors::Container),
        "openwhisk-loop" => Arc::new(OpenWhiskDoors::ActionLoop),
        _ => {
            let found = CONTRACTS.iter().find(|contract| contract.name() == name);
            Arc::new(ContractDoors(found.ok_or_else(unknown)?))
        }
    };
    let rewritten = REWRITTEN.iter().find(|(platform, _)| *platform == name);
    Ok(Provider {
        doors: Some(doors),
        endpoint: "a process of its own for each case".to_owned(),
        known_faults: rewritten.map_or(&[], |(_, cases)| cases),
        ..Provider::new(name, Evidence::ContractOnly)
    })
}
