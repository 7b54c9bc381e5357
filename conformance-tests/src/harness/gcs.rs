//! Google Cloud Storage: the service, or any endpoint that is given; no registry has an emulator.

use std::sync::Arc;

use isobar::driver::blob::BlobDriver;
use isobar_gcp::blob::{Clients, Place};

use super::{Options, StartFailure};
use crate::setting::GcsSettings;
use crate::{BucketSettings, Evidence, Provider, Waiver};

/// The endpoint that stands for Cloud Storage itself, with the Application Default Credentials.
const LIVE: &str = "live";
/// Any name will do: an emulator has every project.
const PROJECT: &str = "isobar-conformance";
const HOSTS: [&str; 2] = ["STORAGE_EMULATOR_HOST", "STORAGE_EMULATOR_HOST_GRPC"];
const MISSING: &str = "there is no emulator of Cloud Storage in a registry that serves Google's own \
                       client: gcp-storage-emulator ignores ifGenerationMatch, has no gRPC and \
                       leaves out headers; name an endpoint by --endpoint, or by \
                       STORAGE_EMULATOR_HOST and STORAGE_EMULATOR_HOST_GRPC, or live for the \
                       service itself";

/// Where googleapis/storage-testbench 0.45 is known to differ from the service, read in its source
/// and seen, and what the service has no objects for.
const KNOWN_FAULTS: &[Waiver] = &[
    Waiver::fails("B-002", "the pages of 1 is [3]", NO_PAGES),
    Waiver::fails("B-003", "the next page is missing", NO_PAGES),
    Waiver::fails("B-004", "the next page is missing", NO_PAGES),
    Waiver::fails("B-250", "a page has more than 1,000 entries", NO_PAGES),
    Waiver::fails("B-009", METADATA, OWN_METADATA),
    Waiver::fails("B-013", METADATA, OWN_METADATA),
    Waiver::fails("B-015", METADATA, OWN_METADATA),
    Waiver::fails("B-210", METADATA, OWN_METADATA),
    Waiver::fails("B-211", METADATA, OWN_METADATA),
    Waiver::fails(
        "B-212",
        "the attributes of head is Attributes",
        OWN_METADATA,
    ),
    Waiver::fails("B-213", METADATA, OWN_METADATA),
    Waiver::fails("B-214", METADATA, OWN_METADATA),
    Waiver::fails("B-020", METADATA, OWN_METADATA),
    Waiver::fails("B-215", METADATA, OWN_METADATA),
    Waiver::fails("B-222", METADATA, OWN_METADATA),
    Waiver::fails("B-200", "answered HTTP 308", JOINED_SLASHES),
    Waiver::fails("B-201", "unexpected NotFound: blob.get", JOINED_SLASHES),
    Waiver::fails("B-203", NOTHING_SO_CALLED, NO_SUCH_NAME),
    Waiver::fails("B-205", NOTHING_SO_CALLED, NO_SUCH_NAME),
    Waiver::fails("B-206", NOTHING_SO_CALLED, NO_SUCH_NAME),
    Waiver::fails("B-282", "the keys is [\"a\", \"a\", ", NO_PAST),
    Waiver::fails("B-431", "(\"a\", Present, \"22\")", NO_PAST),
    Waiver::fails("B-432", "(\"a\", Present, \"1\")", NO_PAST),
    Waiver::fails("B-433", "(\"a\", Present, \"1\")", NO_PAST),
    Waiver::fails("B-434", "the contents is 11", NO_PAST),
    Waiver::fails(
        "B-252",
        "\"\" folded at \"XY\" by 1000 is",
        "storage-testbench folds at the first character of a delimiter",
    ),
    Waiver::fails("B-436", "the listing List", NO_PAGES),
];
/// What is said of these.
const METADATA: &str = "x_emulator_";
const NOTHING_SO_CALLED: &str = "Cloud Storage has no object whose key";
const NO_PAST: &str =
    "storage-testbench keeps versions in every bucket and does not tell which are past";
const NO_PAGES: &str = "storage-testbench gives a listing as one page of any length";
const OWN_METADATA: &str = "storage-testbench adds metadata of its own to what was stored";
const JOINED_SLASHES: &str = "storage-testbench takes several slashes in a path for one";
const NO_SUCH_NAME: &str = "Cloud Storage has no objects called . or .., or below \
                            .well-known/acme-challenge/, so that these keys are refused (rule K1)";
/// The same of the service itself.
const KNOWN_LIMITS: &[Waiver] = &[
    Waiver::fails("B-200", NOTHING_SO_CALLED, NO_SUCH_NAME),
    Waiver::fails("B-203", NOTHING_SO_CALLED, NO_SUCH_NAME),
    Waiver::fails("B-205", NOTHING_SO_CALLED, NO_SUCH_NAME),
    Waiver::fails("B-206", NOTHING_SO_CALLED, NO_SUCH_NAME),
];

/// Uses the endpoint that was given: `live`, or `http://HOST:PORT` for contents, and after a comma
/// that of everything else where it is another.
pub async fn start(options: &Options) -> Result<Provider, StartFailure> {
    let given = options.endpoint.clone().or_else(named);
    let endpoint = given.ok_or_else(|| StartFailure::Missing(MISSING.to_owned()))?;
    let (url, evidence) = match endpoint.split_once(',') {
        _ if endpoint == LIVE => (format!("gs://{}", project()), Evidence::LiveCloud),
        Some((http, grpc)) => (
            format!("gs://{PROJECT}?endpoint={http}&grpc={grpc}"),
            Evidence::VendorEmulator,
        ),
        None => (
            format!("gs://{PROJECT}?endpoint={endpoint}"),
            Evidence::VendorEmulator,
        ),
    };
    let broken = |error: isobar::Error| StartFailure::Broken(error.to_string());
    let store = Place::parse(&url).map_err(broken)?.open().await;
    let store = store.map_err(broken)?;
    let native = store.native().downcast_ref::<Clients>();
    let settings = native.map(|clients| GcsSettings(clients.control.clone()));
    let settings = settings.map(|settings| Arc::new(settings) as Arc<dyn BucketSettings>);
    let store: Arc<dyn BlobDriver> = Arc::new(store);
    Ok(Provider {
        settings,
        blobs: Some(store),
        known_faults: match evidence {
            Evidence::LiveCloud => KNOWN_LIMITS,
            _ => KNOWN_FAULTS,
        },
        endpoint,
        ..Provider::new("gcs", evidence)
    })
}

fn read(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok()
}

/// What the variables of Google's own clients name.
fn named() -> Option<String> {
    let hosts: Vec<String> = HOSTS.iter().filter_map(|name| read(name)).collect();
    (!hosts.is_empty()).then(|| hosts.join(","))
}

/// The project in which buckets are created.
fn project() -> String {
    read("GOOGLE_CLOUD_PROJECT").unwrap_or_else(|| PROJECT.to_owned())
}
