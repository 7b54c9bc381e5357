//! DynamoDB and S3 on the server of moto, by other people than MiniStack: a second opinion.

use super::aws::connect_emulator;
use super::{Options, StartFailure};
use crate::emulator::PythonEmulator;
use crate::{Evidence, Provider, Waiver};

/// The stores of the AWS provider, on moto's server or at the endpoint of one.
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
        document_wire: None,
        blob_wire: None,
        ..provider
    })
}

/// Where moto 5.2 is known to differ from AWS, read in its source and seen.
const KNOWN_FAULTS: &[Waiver] = &[
    Waiver::fails("B-005", NOT_XML),
    Waiver::fails("B-015", NO_CHECKSUM),
    Waiver::fails("B-020", OTHER_CHECKSUM),
    Waiver::fails("B-205", NOT_XML),
    Waiver::fails("B-227", OTHER_CHECKSUM),
    Waiver::fails("G-414", "moto drops the system attributes of batches"),
    Waiver::fails("B-230", OTHER_CHECKSUM),
    Waiver::fails(
        "B-233",
        "moto says that every upload was begun on a day of the year 2010",
    ),
    Waiver::fails("B-235", OTHER_CHECKSUM),
    Waiver::fails("B-236", NO_CHECKSUM),
    Waiver::fails("B-251", NOT_XML),
    Waiver::fails("B-261", UNSIGNED),
    Waiver::fails("B-265", UNSIGNED),
    Waiver::fails("B-282", "moto does not know the version called null"),
    Waiver::fails("B-403", "moto ignores If-None-Match on CopyObject"),
    Waiver::fails("B-404", OTHER_CHECKSUM),
    Waiver::fails("B-405", OTHER_CHECKSUM),
    Waiver::fails("B-408", UNSIGNED),
    Waiver::fails("B-410", LIST_PARTS),
    Waiver::fails("B-430", LIST_PARTS),
    Waiver::fails("B-436", NOT_XML),
    Waiver::fails("B-437", UNSIGNED),
    Waiver::fails("B-438", UNSIGNED),
    Waiver::fails(
        "D-037",
        "moto answers 500 where a projection leads through a number",
    ),
    Waiver::fails("D-206", "moto takes the boolean true for the number 1"),
    Waiver::varies("D-230", LOST),
    Waiver::varies("D-231", LOST),
    Waiver::varies("D-232", LOST),
    Waiver::fails("D-262", MIXED),
    Waiver::fails(
        "D-297",
        "moto's stream has records of a transaction that was cancelled",
    ),
    Waiver::varies("D-405", LOST),
    Waiver::fails("D-412", MIXED),
    Waiver::fails("D-417", MIXED),
    Waiver::varies("D-430", LOST),
    Waiver::varies("D-432", LOST),
    Waiver::fails("D-434", "moto's begins_with finds no bytes"),
    Waiver::fails(
        "D-435",
        "moto answers 500 where items of an index have attributes of another type",
    ),
    Waiver::fails(
        "D-440",
        "moto does not say what TransactWriteItems consumes",
    ),
];
const NOT_XML: &str = "moto writes control characters of keys into XML, which has no form for them";
const NO_CHECKSUM: &str = "moto does not tell the checksum of an object when it is asked about it";
const OTHER_CHECKSUM: &str =
    "moto answers the end of an upload with another checksum than that of the whole";
const UNSIGNED: &str = "moto compares neither signatures nor checksums";
const LIST_PARTS: &str = "moto's answer to ListParts is not the element that S3 documents";
const LOST: &str = "moto loses updates that come at the same time";
const MIXED: &str = "moto answers 500 where a filter compares values of different types";
