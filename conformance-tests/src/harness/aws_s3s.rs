//! S3 on s3s-fs, a server in Rust by other people than MiniStack and moto: a second opinion.

use super::aws::connect_emulator_at;
use super::{Options, StartFailure};
use crate::emulator::Emulator;
use crate::{Evidence, Provider};

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
const KNOWN_FAULTS: &[(&str, &str)] = &[
    ("B-002", NO_ETAGS),
    ("B-003", NO_ETAGS),
    ("B-004", NO_ETAGS),
    ("B-005", PATHS),
    ("B-006", NO_ETAGS),
    ("B-007", PATHS),
    ("B-008", EMPTY_RANGE),
    ("B-011", NO_ETAGS),
    ("B-016", PATHS),
    ("B-017", PATHS),
    ("B-018", PATHS),
    ("B-020", OTHER_CHECKSUM),
    ("B-200", PATHS),
    ("B-201", PATHS),
    (
        "B-202",
        "s3s-fs writes U+FFFF into XML, which has no form for it",
    ),
    ("B-203", PATHS),
    ("B-204", PATHS),
    ("B-205", PATHS),
    ("B-206", PATHS),
    (
        "B-211",
        "s3s-fs decodes metadata that looks like an encoded word",
    ),
    ("B-221", EMPTY_RANGE),
    ("B-223", UNCONDITIONAL),
    ("B-230", OTHER_CHECKSUM),
    ("B-233", "s3s-fs does not list uploads"),
    ("B-235", OTHER_CHECKSUM),
    ("B-237", UNCONDITIONAL),
    ("B-239", UNCONDITIONAL),
    ("B-250", NO_ETAGS),
    ("B-251", NO_ETAGS),
    ("B-252", NO_ETAGS),
    ("B-254", NO_ETAGS),
    ("B-255", PATHS),
    ("B-256", NO_ETAGS),
    ("B-260", PATHS),
    ("B-266", "s3s-fs has no rules for pages of other origins"),
    ("B-282", NO_VERSIONS),
    (
        "B-401",
        "s3s-fs writes an object and its checksum one after the other",
    ),
    ("B-403", UNCONDITIONAL),
    ("B-404", UNCONDITIONAL),
    ("B-405", OTHER_CHECKSUM),
    ("B-410", OTHER_CHECKSUM),
    (
        "B-411",
        "s3s-fs answers AccessDenied about an upload that was aborted",
    ),
    ("B-412", PATHS),
    ("B-413", PATHS),
    ("B-430", OTHER_CHECKSUM),
    ("B-431", NO_VERSIONS),
    ("B-432", NO_VERSIONS),
    ("B-433", NO_VERSIONS),
    ("B-434", NO_VERSIONS),
    ("B-435", NO_VERSIONS),
    ("B-436", PATHS),
    (
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
