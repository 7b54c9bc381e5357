//! Platforms that nobody emulates: the suite plays their front ends by the published contracts.

use std::sync::Arc;

use super::StartFailure;
use crate::door::Doors;
use crate::door::contract::{CONTRACTS, ContractDoors};
use crate::door::fn_agent::FnDoors;
use crate::door::openwhisk::OpenWhiskDoors;
use crate::door::scf::ScfDoors;
use crate::{Evidence, Provider, Waiver};

/// The platforms, by the names of their providers.
pub const NAMES: [&str; 12] = [
    "cloud-run",
    "azure-functions",
    "azure-functions-invoked",
    "alibaba-fc",
    "tencent-scf",
    "tencent-scf-events",
    "knative",
    "openfaas",
    "fission",
    "fn",
    "openwhisk",
    "openwhisk-loop",
];

/// What a front end does to requests that its contract does not promise to pass on as they are.
///
/// Where the front end that the suite plays passes them on all the same, its case passes and says nothing of the platform.
const REWRITTEN: &[(&str, &[Waiver])] = &[
    (
        "azure-functions",
        &[
            FUNCTIONS_PATHS,
            FUNCTIONS_DOTS,
            FUNCTIONS_BYTES,
            NO_ATTRIBUTES,
            NO_TRACE,
            NO_GROUPS,
        ],
    ),
    (
        "azure-functions-invoked",
        &[
            Waiver::fails(
                "G-101",
                "the cookies is []",
                "where the host invokes, it passes one Set-Cookie on",
            ),
            Waiver::fails("G-103", GZIP, "where the host invokes, it passes text on"),
            FUNCTIONS_PATHS,
            Waiver::fails(
                "G-208",
                "the length of image/png is 8000000",
                "where the host invokes, it reads content as text but for two types",
            ),
            Waiver::fails(
                "G-221",
                "the cookies is []",
                "where the host invokes, it passes one Set-Cookie on",
            ),
            Waiver::fails(
                "G-224",
                "the content as \"text/plain\" is [",
                "where the host invokes, it passes text on",
            ),
            Waiver::fails(
                "G-209",
                "bytes of content is 500",
                "where the host invokes, it takes a refusal for a function that failed, and answers 500",
            ),
            FUNCTIONS_DOTS,
            FUNCTIONS_BYTES,
            NO_ATTRIBUTES,
            NO_TRACE,
            NO_GROUPS,
        ],
    ),
    (
        "alibaba-fc",
        &[
            Waiver::passes("G-403", "Function Compute takes 8 KB of header fields"),
            Waiver::passes("G-451", "Function Compute takes 4 KB of path and query"),
            Waiver::passes("G-458", "Function Compute takes 4 KB of path and query"),
            Waiver::passes(
                "G-453",
                "HTTP triggers take GET, POST, PUT, DELETE, HEAD, PATCH and OPTIONS",
            ),
            Waiver::fails("G-416", NONE_ARRIVED, "messages of SMQ have no attributes"),
            Waiver::fails(
                "G-413",
                "the trace is \"",
                "messages of SMQ have no attributes",
            ),
            Waiver::fails(
                "G-401",
                "the deliveries of one group is []",
                "messages of SMQ have no groups",
            ),
        ],
    ),
    (
        "tencent-scf",
        &[
            Waiver::passes("G-403", "SCF takes 4 KB of header fields"),
            Waiver::passes("G-451", "SCF takes 4 KB of path and query"),
            Waiver::passes("G-458", "SCF takes 4 KB of path and query"),
            Waiver::passes("G-455", "SCF takes 4 KB of header fields"),
        ],
    ),
    (
        "tencent-scf-events",
        &[
            Waiver::fails(
                "G-100",
                "the cookies of two headers is \"c=3\"",
                "API Gateway tells one value of several fields",
            ),
            Waiver::fails(
                "G-201",
                "the values of x-list is [\"c\", \"d\"]",
                "API Gateway tells one value of several fields",
            ),
            Waiver::fails(
                "G-202",
                "the query is \"a=1&b=2&b=1\"",
                "API Gateway tells keys and values of queries",
            ),
            Waiver::passes("G-453", "API Gateway takes GET, HEAD, POST, PUT and DELETE"),
            Waiver::fails(
                "G-416",
                NONE_ARRIVED,
                "messages of CMQ have no attributes beside tags",
            ),
            Waiver::fails(
                "G-413",
                "the trace is \"",
                "messages of CMQ have no attributes beside tags",
            ),
            Waiver::fails(
                "G-401",
                "the deliveries of one group is []",
                "messages of CMQ have no groups",
            ),
        ],
    ),
    (
        "fission",
        &[
            Waiver::passes("G-450", "Fission's router cleans paths"),
            Waiver::passes(
                "G-452",
                "Fission's router refuses escapes that are none, and escapes what no path may hold",
            ),
        ],
    ),
    (
        "fn",
        &[
            Waiver::passes("G-200", FN_PATHS),
            Waiver::passes("G-202", "Fn's server writes URLs anew"),
            Waiver::passes("G-450", FN_PATHS),
            Waiver::passes("G-451", FN_PATHS),
            Waiver::passes("G-452", FN_PATHS),
        ],
    ),
    ("openwhisk", OPENWHISK),
    ("openwhisk-loop", OPENWHISK),
];

/// What is said of attributes that are lost, and of packed content that is.
const NONE_ARRIVED: &str = "the attributes is [], it must be [(\"kind\"";
const GZIP: &str = "it must be [31, 139, 8, 0, 255, 254, 97, 128]";
const FUNCTIONS_PATHS: Waiver = Waiver::passes("G-200", "the Functions host writes paths anew");
const FUNCTIONS_DOTS: Waiver = Waiver::passes("G-450", "the Functions host resolves dot segments");
const FUNCTIONS_BYTES: Waiver = Waiver::passes("G-452", "the Functions host writes paths anew");
const NO_ATTRIBUTES: Waiver = Waiver::fails(
    "G-416",
    NONE_ARRIVED,
    "queues of Azure Storage have no attributes beside a message",
);
const NO_TRACE: Waiver = Waiver::fails(
    "G-413",
    "the trace is \"",
    "queues of Azure Storage have no attributes beside a message",
);
const NO_GROUPS: Waiver = Waiver::fails(
    "G-401",
    "the deliveries of one group is []",
    "queues of Azure Storage have no groups",
);
const FN_PATHS: &str =
    "Fn's server writes paths anew, and takes the whole path for the trigger's name";
const OPENWHISK_PATHS: &str = "the controller writes paths anew";

/// What the controller of OpenWhisk does to requests and results, whatever runs the action.
const OPENWHISK: &[Waiver] = &[
    Waiver::fails(
        "G-100",
        "the cookies of two headers is \"c=3\"",
        "the controller tells the last of several fields",
    ),
    Waiver::fails("G-103", GZIP, "the controller passes text on as UTF-8 only"),
    Waiver::passes("G-200", OPENWHISK_PATHS),
    Waiver::fails(
        "G-201",
        "the values of x-list is [\"c\", \"d\"]",
        "the controller tells the last of several fields",
    ),
    Waiver::passes("G-202", "the controller writes queries anew"),
    Waiver::passes(
        "G-204",
        "the controller writes fields anew that its library knows, cookies among them",
    ),
    Waiver::passes("G-208", "the controller writes content types anew"),
    Waiver::fails(
        "G-224",
        "the content type is \"\"",
        "the controller takes the type from a response without content, and passes text on as UTF-8 only",
    ),
    Waiver::fails(
        "G-225",
        "content-type of HEAD is \"\"",
        "the controller takes the type from a response without content",
    ),
    Waiver::passes("G-450", OPENWHISK_PATHS),
    Waiver::passes("G-451", OPENWHISK_PATHS),
    Waiver::passes("G-452", OPENWHISK_PATHS),
    Waiver::passes(
        "G-453",
        "web actions take GET, POST, PUT, DELETE, HEAD, PATCH and OPTIONS",
    ),
];

/// Whether there is a contract of this name.
pub(super) fn starts(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Nothing has to be started but the probe behind each door.
pub(crate) fn start(name: &str) -> Result<Provider, StartFailure> {
    let mut names = NAMES.into_iter();
    let unknown = || StartFailure::Broken(format!("there is no contract of the name {name:?}"));
    let name = names.find(|own| *own == name).ok_or_else(unknown)?;
    let doors: Arc<dyn Doors> = match name {
        "fn" => Arc::new(FnDoors),
        "tencent-scf-events" => Arc::new(ScfDoors),
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
