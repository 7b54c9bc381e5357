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
    Waiver::fails("B-002", ETAG, NO_ETAGS),
    Waiver::fails("B-003", ETAG, NO_ETAGS),
    Waiver::fails("B-004", ETAG, NO_ETAGS),
    Waiver::fails("B-005", DIRECTORY, PATHS),
    Waiver::fails("B-006", ETAG, NO_ETAGS),
    Waiver::fails("B-007", INTERNAL, PATHS),
    Waiver::fails("B-008", INTERNAL, EMPTY_RANGE),
    Waiver::fails("B-011", ETAG, NO_ETAGS),
    Waiver::fails("B-016", INTERNAL, PATHS),
    Waiver::fails("B-017", DIRECTORY, PATHS),
    Waiver::fails("B-018", INTERNAL, PATHS),
    Waiver::fails("B-020", CORRUPT, OTHER_CHECKSUM),
    Waiver::fails("B-200", INTERNAL, PATHS),
    Waiver::fails("B-201", INTERNAL, PATHS),
    Waiver::fails(
        "B-202",
        "a non-XML character",
        "s3s-fs writes U+FFFF into XML, which has no form for it",
    ),
    Waiver::fails("B-203", DIRECTORY, PATHS),
    Waiver::fails("B-204", DIRECTORY, PATHS),
    Waiver::fails("B-205", INTERNAL, PATHS),
    Waiver::fails("B-206", INTERNAL, PATHS),
    Waiver::fails(
        "B-211",
        "metadata: {\"name\": \"x\"} }",
        "s3s-fs decodes metadata that looks like an encoded word",
    ),
    Waiver::fails("B-221", INTERNAL, EMPTY_RANGE),
    Waiver::fails(
        "B-223",
        "a read at the version before succeeded",
        UNCONDITIONAL,
    ),
    Waiver::fails("B-230", CORRUPT, OTHER_CHECKSUM),
    Waiver::fails("B-233", NOT_IMPLEMENTED, "s3s-fs does not list uploads"),
    Waiver::fails("B-235", CORRUPT, OTHER_CHECKSUM),
    Waiver::fails("B-237", "the number of winners is ", UNCONDITIONAL),
    Waiver::fails("B-239", "the stale delete succeeded", UNCONDITIONAL),
    Waiver::fails("B-250", ETAG, NO_ETAGS),
    Waiver::fails("B-251", ETAG, NO_ETAGS),
    Waiver::fails("B-252", ETAG, NO_ETAGS),
    Waiver::fails("B-254", ETAG, NO_ETAGS),
    Waiver::fails("B-255", INTERNAL, PATHS),
    Waiver::fails("B-256", ETAG, NO_ETAGS),
    Waiver::fails("B-260", "the put was refused", PATHS),
    Waiver::fails(
        "B-266",
        NOT_IMPLEMENTED,
        "s3s-fs has no rules for pages of other origins",
    ),
    Waiver::fails("B-282", NOT_IMPLEMENTED, NO_VERSIONS),
    Waiver::fails(
        "B-401",
        "the content does not match its checksum",
        "s3s-fs writes an object and its checksum one after the other",
    ),
    Waiver::fails("B-403", "the copy succeeded", UNCONDITIONAL),
    Waiver::fails("B-404", "the winner before is Some(", UNCONDITIONAL),
    Waiver::fails("B-405", CORRUPT, OTHER_CHECKSUM),
    Waiver::fails(
        "B-410",
        "the content does not match its checksum",
        OTHER_CHECKSUM,
    ),
    Waiver::fails(
        "B-411",
        "AccessDenied",
        "s3s-fs answers AccessDenied about an upload that was aborted",
    ),
    Waiver::fails("B-412", DIRECTORY, PATHS),
    Waiver::fails("B-413", INTERNAL, PATHS),
    Waiver::fails("B-431", NOT_IMPLEMENTED, NO_VERSIONS),
    Waiver::fails("B-432", NOT_IMPLEMENTED, NO_VERSIONS),
    Waiver::fails("B-433", NOT_IMPLEMENTED, NO_VERSIONS),
    Waiver::fails("B-434", NOT_IMPLEMENTED, NO_VERSIONS),
    Waiver::fails("B-435", NOT_IMPLEMENTED, NO_VERSIONS),
    Waiver::fails("B-436", DIRECTORY, PATHS),
    Waiver::fails(
        "B-437",
        "head succeeded",
        "s3s-fs keeps content whose checksum it has refused",
    ),
];
/// What is said of several.
const ETAG: &str = "S3 did not tell the ETag";
const DIRECTORY: &str = "Unexpected request body when creating a directory object";
const INTERNAL: &str = "the service answered InternalError";
const CORRUPT: &str = "the object is not what its parts were";
const NOT_IMPLEMENTED: &str = "is not implemented yet";
const EMPTY_RANGE: &str = "s3s-fs answers 500 to a range of an empty object";
const NO_ETAGS: &str = "s3s-fs lists objects without their ETags";
const PATHS: &str = "s3s-fs makes paths of keys: one that ends with a slash has no content, one below another cannot be, none is longer than a name of the file system";
const OTHER_CHECKSUM: &str = "s3s-fs keeps the checksum of what was at a key before an upload";
const UNCONDITIONAL: &str = "s3s-fs ignores conditions of reads, copies and deletes, and judges those of writes before it writes";
const NO_VERSIONS: &str = "s3s-fs has no versions";
