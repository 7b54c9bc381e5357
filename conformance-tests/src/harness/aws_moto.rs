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
    Waiver::fails("B-005", NO_XML, NOT_XML),
    Waiver::fails("B-015", "the checksum is None", NO_CHECKSUM),
    Waiver::fails("B-020", CORRUPT, OTHER_CHECKSUM),
    Waiver::fails("B-205", NO_XML, NOT_XML),
    Waiver::fails("B-227", CORRUPT, OTHER_CHECKSUM),
    Waiver::fails(
        "G-414",
        "the trace is \"",
        "moto drops the system attributes of batches",
    ),
    Waiver::fails("B-230", CORRUPT, OTHER_CHECKSUM),
    Waiver::fails(
        "B-233",
        "the uploads older than an hour is 1",
        "moto says that every upload was begun on a day of the year 2010",
    ),
    Waiver::fails("B-235", CORRUPT, OTHER_CHECKSUM),
    Waiver::fails("B-236", "the checksum of head is None", NO_CHECKSUM),
    Waiver::fails("B-251", NO_XML, NOT_XML),
    Waiver::fails("B-261", "another content type was taken", UNSIGNED),
    Waiver::fails("B-265", "content of 0 bytes was taken", UNSIGNED),
    Waiver::fails(
        "B-282",
        "status 400",
        "moto does not know the version called null",
    ),
    Waiver::fails(
        "B-403",
        "the copy succeeded",
        "moto ignores If-None-Match on CopyObject",
    ),
    Waiver::varies(
        "B-404",
        &[
            "the winner before is Some(",
            "the object is not what its parts were",
        ],
        BOTH,
    ),
    Waiver::fails("B-405", CORRUPT, OTHER_CHECKSUM),
    Waiver::fails("B-408", "was allowed", UNSIGNED),
    Waiver::fails("B-410", OTHER_ELEMENT, LIST_PARTS),
    Waiver::fails("B-430", OTHER_ELEMENT, LIST_PARTS),
    Waiver::fails("B-436", NO_XML, NOT_XML),
    Waiver::fails("B-437", "content of another checksum was taken", UNSIGNED),
    Waiver::fails("B-438", "a GET was allowed after its time", UNSIGNED),
    Waiver::fails(
        "D-037",
        STATUS_500,
        "moto answers 500 where a projection leads through a number",
    ),
    Waiver::fails(
        "D-206",
        "on Some(Int(1)) succeeded",
        "moto takes the boolean true for the number 1",
    ),
    Waiver::varies("D-230", &["the number of winners is "], BOTH),
    Waiver::varies("D-231", &["the total is "], LOST),
    Waiver::varies("D-232", &["the total is "], LOST),
    Waiver::fails("D-262", STATUS_500, MIXED),
    Waiver::fails(
        "D-297",
        "the documents that changed is ",
        "moto's stream has records of a transaction that was cancelled",
    ),
    Waiver::varies("D-405", &["the total is "], LOST),
    Waiver::fails("D-412", STATUS_500, MIXED),
    Waiver::fails("D-417", STATUS_500, MIXED),
    Waiver::varies("D-430", &["something was lost or made"], LOST),
    Waiver::varies("D-432", &["the sum is "], LOST),
    Waiver::fails(
        "D-434",
        "finds is [], it must be [\"c\"]",
        "moto's begins_with finds no bytes",
    ),
    Waiver::fails(
        "D-435",
        STATUS_500,
        "moto answers 500 where items of an index have attributes of another type",
    ),
    Waiver::fails(
        "D-440",
        "the units of commit are",
        "moto does not say what TransactWriteItems consumes",
    ),
];
/// What is said of several.
const CORRUPT: &str = "the object is not what its parts were";
const STATUS_500: &str = "the service answered with status 500";
const NO_XML: &str = "a non-XML character";
const OTHER_ELEMENT: &str = "expected ListPartsResult but got";
const NOT_XML: &str = "moto writes control characters of keys into XML, which has no form for them";
const NO_CHECKSUM: &str = "moto does not tell the checksum of an object when it is asked about it";
const OTHER_CHECKSUM: &str =
    "moto answers the end of an upload with another checksum than that of the whole";
const UNSIGNED: &str = "moto compares neither signatures nor checksums";
const LIST_PARTS: &str = "moto's answer to ListParts is not the element that S3 documents";
const BOTH: &str = "moto looks whether something is there and writes it in two steps, so that several may create it";
const LOST: &str = "moto loses updates that come at the same time";
const MIXED: &str = "moto answers 500 where a filter compares values of different types";
