//! S3 on s3s-fs, a server in Rust by other people than MiniStack and moto: a second opinion.

use super::aws::connect_emulator_at;
use super::{Options, StartFailure};
use crate::emulator::Emulator;
use crate::{Evidence, Provider, Waiver};

/// The blobs of the AWS provider, on s3s-fs or at the endpoint of one.
pub async fn start(options: &Options) -> Result<Provider, StartFailure> {
    let emulator = match options.endpoint {
        Some(_) => None,
        None => Some(Emulator::start_s3s_fs().await?),
    };
    let provider = Provider {
        known_faults: KNOWN_FAULTS,
        ..Provider::new("aws-s3s", Evidence::ThirdPartyEmulator)
    };
    let provider = connect_emulator_at((emulator, options.endpoint.as_deref()), provider).await?;
    Ok(Provider {
        documents: None,
        exchanges: None,
        document_wire: None,
        blob_wire: None,
        ..provider
    })
}

/// Where s3s-fs 0.14 was seen to differ from AWS; why is a guess from what it answered, where its source does not say so.
const KNOWN_FAULTS: &[Waiver] = &[
    Waiver::fails("B-002", NO_ETAGS),
    Waiver::fails("B-003", NO_ETAGS),
    Waiver::fails("B-004", NO_ETAGS),
    Waiver::fails("B-005", PATHS),
    Waiver::fails("B-006", NO_ETAGS),
    Waiver::fails("B-007", PATHS),
    Waiver::fails("B-008", EMPTY_RANGE),
    Waiver::fails("B-011", NO_ETAGS),
    Waiver::fails("B-016", PATHS),
    Waiver::fails("B-017", PATHS),
    Waiver::fails("B-018", PATHS),
    Waiver::fails("B-020", OTHER_CHECKSUM),
    Waiver::fails("B-200", PATHS),
    Waiver::fails("B-201", PATHS),
    Waiver::fails(
        "B-202",
        "s3s-fs writes U+FFFF into XML, which has no form for it",
    ),
    Waiver::fails("B-203", PATHS),
    Waiver::fails("B-204", PATHS),
    Waiver::fails("B-205", PATHS),
    Waiver::fails("B-206", PATHS),
    Waiver::fails(
        "B-211",
        "s3s-fs decodes metadata that looks like an encoded word",
    ),
    Waiver::fails("B-221", EMPTY_RANGE),
    Waiver::fails("B-223", UNCONDITIONAL),
    Waiver::fails("B-230", OTHER_CHECKSUM),
    Waiver::fails("B-233", "s3s-fs does not list uploads"),
    Waiver::fails("B-235", OTHER_CHECKSUM),
    Waiver::fails("B-237", UNCONDITIONAL),
    Waiver::fails("B-239", UNCONDITIONAL),
    Waiver::fails("B-250", NO_ETAGS),
    Waiver::fails("B-251", NO_ETAGS),
    Waiver::fails("B-252", NO_ETAGS),
    Waiver::fails("B-254", NO_ETAGS),
    Waiver::fails("B-255", PATHS),
    Waiver::fails("B-256", NO_ETAGS),
    Waiver::fails("B-260", PATHS),
    Waiver::fails("B-266", "s3s-fs has no rules for pages of other origins"),
    Waiver::fails("B-282", NO_VERSIONS),
    Waiver::fails(
        "B-401",
        "s3s-fs writes an object and its checksum one after the other",
    ),
    Waiver::fails("B-403", UNCONDITIONAL),
    Waiver::fails("B-404", UNCONDITIONAL),
    Waiver::fails("B-405", OTHER_CHECKSUM),
    Waiver::fails("B-410", OTHER_CHECKSUM),
    Waiver::fails(
        "B-411",
        "s3s-fs answers AccessDenied about an upload that was aborted",
    ),
    Waiver::fails("B-412", PATHS),
    Waiver::fails("B-413", PATHS),
    Waiver::passes("B-430", OTHER_CHECKSUM),
    Waiver::fails("B-431", NO_VERSIONS),
    Waiver::fails("B-432", NO_VERSIONS),
    Waiver::fails("B-433", NO_VERSIONS),
    Waiver::fails("B-434", NO_VERSIONS),
    Waiver::fails("B-435", NO_VERSIONS),
    Waiver::fails("B-436", PATHS),
    Waiver::fails(
        "B-437",
        "s3s-fs keeps content whose checksum it has refused",
    ),
];
const EMPTY_RANGE: &str = "s3s-fs answers 500 to a range of an empty object";
const NO_ETAGS: &str = "s3s-fs lists objects without their ETags";
const PATHS: &str = "s3s-fs makes paths of keys: one that ends with a slash has no content, one below another cannot be, none is longer than a name of the file system";
const OTHER_CHECKSUM: &str = "s3s-fs keeps the checksum of what was at a key before an upload";
const UNCONDITIONAL: &str = "s3s-fs ignores conditions of reads, copies and deletes, and judges those of writes before it writes";
const NO_VERSIONS: &str = "s3s-fs has no versions";
