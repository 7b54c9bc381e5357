//! What a failure of the client of blobs means.

use azure_core::error::ErrorKind as Cause;
use isobar::driver::{Effect, Failure};
use isobar::{Error, ErrorKind};

use crate::error::BLOBS;
use crate::sdk;

/// Classifies the failure of a call of the client, and keeps it as the cause.
pub(super) fn failure(error: azure_core::Error) -> Failure {
    sdk::failure(error, &BLOBS, kind)
}

/// Whether the client could not read what it was answered.
pub(super) fn is_unreadable(error: &Error) -> bool {
    let cause = std::error::Error::source(error);
    let cause = cause.and_then(|cause| cause.downcast_ref::<azure_core::Error>());
    cause.is_some_and(|cause| matches!(cause.kind(), Cause::DataConversion))
}

/// Codes as "Blob service error codes" describes them.
fn kind(code: &str) -> Option<(ErrorKind, Effect)> {
    let kind = match code {
        // A request about a missing blob without a body in its answer has the second code.
        "BlobNotFound" | "ResourceNotFound" => ErrorKind::NotFound,
        "ContainerNotFound" => ErrorKind::Internal,
        // What a signature that may only create is told of a blob that is there.
        "BlobAlreadyExists" | "UnauthorizedBlobOverwrite" => ErrorKind::AlreadyExists,
        "InvalidBlockList" | "InvalidBlobOrBlock" => ErrorKind::Contention,
        "LeaseIdMissing" | "LeaseIdMismatchWithBlobOperation" | "PendingCopyOperation" => {
            ErrorKind::Contention
        }
        "ContainerBeingDeleted" | "CannotVerifyCopySource" => ErrorKind::Unavailable,
        "BlobArchived" | "BlobBeingRehydrated" => ErrorKind::Unsupported,
        "BlobImmutableDueToPolicy" => ErrorKind::PermissionDenied,
        "MetadataTooLarge" | "MaxBlobSizeConditionNotMet" => ErrorKind::TooLarge,
        "BlockCountExceedsLimit" => ErrorKind::LimitExceeded,
        "Md5Mismatch" | "Crc64Mismatch" => ErrorKind::Corrupt,
        _ => return None,
    };
    Some((kind, Effect::None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Failure {
        sdk::answered((status, body.as_bytes()), None, (&BLOBS, kind))
    }

    fn check(status: u16, code: &str, expected: (ErrorKind, bool, Effect)) {
        let body = format!("<Error><Code>{code}</Code><Message>No.\nRequestId:1</Message></Error>");
        let failure = answered(status, &body);
        let found = (
            failure.error.kind(),
            failure.error.retryable(),
            failure.effect,
        );
        assert_eq!(found, expected, "{code}");
        assert_eq!(failure.error.provider_code(), Some(code));
    }

    #[test]
    fn a_code_decides_the_kind_whether_to_retry_and_what_is_known() {
        check(
            404,
            "BlobNotFound",
            (ErrorKind::NotFound, false, Effect::None),
        );
        check(
            404,
            "ContainerNotFound",
            (ErrorKind::Internal, false, Effect::None),
        );
        check(
            409,
            "BlobAlreadyExists",
            (ErrorKind::AlreadyExists, false, Effect::None),
        );
        check(
            409,
            "BlobArchived",
            (ErrorKind::Unsupported, false, Effect::None),
        );
        check(
            412,
            "ConditionNotMet",
            (ErrorKind::PreconditionFailed, false, Effect::None),
        );
        check(
            416,
            "InvalidRange",
            (ErrorKind::InvalidArgument, false, Effect::None),
        );
        check(
            503,
            "ServerBusy",
            (ErrorKind::Throttled, true, Effect::None),
        );
        check(
            500,
            "InternalError",
            (ErrorKind::Unavailable, true, Effect::Unknown),
        );
        check(
            500,
            "OperationTimedOut",
            (ErrorKind::Unavailable, true, Effect::Unknown),
        );
        check(
            403,
            "AuthenticationFailed",
            (ErrorKind::Unauthenticated, false, Effect::None),
        );
        check(
            413,
            "RequestBodyTooLarge",
            (ErrorKind::TooLarge, false, Effect::None),
        );
    }

    #[test]
    fn what_the_service_says_is_told_up_to_the_id_of_the_request() {
        let body = "<Error><Code>InvalidInput</Code><Message>One.\nRequestId:2</Message></Error>";
        let text = answered(400, body).error.to_string();
        assert_eq!(text, "Azure Blob Storage answered 400 InvalidInput: One.");
    }
}
