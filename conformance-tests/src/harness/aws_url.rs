//! Lambda behind a function URL as cargo-lambda emulates it: a second opinion on the first door of
//! the AWS provider, which hands out events that this suite makes itself.

use std::sync::Arc;

use super::StartFailure;
use crate::door::function_url::{CargoLambda, FunctionUrlDoors};
use crate::{Evidence, Provider, Waiver};

/// Where cargo-lambda 1.9 is known to differ from Lambda's function URLs, as seen.
const KNOWN_FAULTS: &[Waiver] = &[
    Waiver::fails(
        "G-100",
        "the cookies of two headers is \"a=1; b=2\"",
        "cargo-lambda takes the first Cookie header only",
    ),
    Waiver::fails(
        "G-201",
        "the values of x-list is [\"a\"]",
        "cargo-lambda takes the first header of a name only",
    ),
    Waiver::fails(
        "G-222",
        "the values of vary is \"origin, accept-encoding, ",
        "cargo-lambda adds to Vary",
    ),
    Waiver::varies(
        "G-451",
        &["was answered 500, not by the probe"],
        "cargo-lambda now and then answers a path of 8,000 bytes with 500",
    ),
    Waiver::fails(
        "G-454",
        "OPTIONS / was answered 200, not by the probe",
        "cargo-lambda answers OPTIONS itself",
    ),
];

/// Starts cargo-lambda once, to know that it is there; every door starts one of its own.
pub async fn start() -> Result<Provider, StartFailure> {
    let lambda = CargoLambda::start().await?;
    Ok(Provider {
        doors: Some(Arc::new(FunctionUrlDoors)),
        endpoint: "a function URL of its own for each case".to_owned(),
        emulator: Some(lambda.emulator),
        known_faults: KNOWN_FAULTS,
        ..Provider::new("aws-url", Evidence::ThirdPartyEmulator)
    })
}
