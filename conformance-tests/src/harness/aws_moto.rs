//! DynamoDB on the server of moto, by other people than MiniStack: a second opinion.

use super::aws::connect_emulator;
use super::{Options, StartFailure};
use crate::emulator::PythonEmulator;
use crate::{Evidence, Provider};

/// The document store of the AWS provider, on moto's server or at the endpoint of one.
pub async fn start(options: &Options) -> Result<Provider, StartFailure> {
    let provider = Provider {
        known_faults: KNOWN_FAULTS,
        ..Provider::new("aws-moto", Evidence::ThirdPartyEmulator)
    };
    let moto = PythonEmulator {
        package: "moto",
        command: "moto_server",
        arguments: ["-H", "127.0.0.1", "-p", "{port}"]
            .map(str::to_owned)
            .to_vec(),
        variables: &[],
        ready: Some("/moto-api/"),
    };
    let provider = connect_emulator((&moto, options.endpoint.as_deref()), provider).await?;
    Ok(Provider {
        blobs: None,
        document_wire: None,
        blob_wire: None,
        ..provider
    })
}

/// Where moto 5.2 is known to differ from DynamoDB, read in its source and seen.
const KNOWN_FAULTS: &[(&str, &str)] = &[
    (
        "D-037",
        "moto answers 500 where a projection leads through a number",
    ),
    ("D-206", "moto takes the boolean true for the number 1"),
    ("D-230", LOST),
    ("D-231", LOST),
    ("D-232", LOST),
    ("D-262", MIXED),
    (
        "D-297",
        "moto's stream has records of a transaction that was cancelled",
    ),
    ("D-405", LOST),
    ("D-412", MIXED),
    ("D-417", MIXED),
    ("D-430", LOST),
    ("D-432", LOST),
    ("D-434", "moto's begins_with finds no bytes"),
    (
        "D-435",
        "moto answers 500 where items of an index have attributes of another type",
    ),
    (
        "D-440",
        "moto does not say what TransactWriteItems consumes",
    ),
];
const LOST: &str = "moto loses updates that come at the same time";
const MIXED: &str = "moto answers 500 where a filter compares values of different types";
