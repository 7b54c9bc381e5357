//! What a failure of the client means, by the service's codes or by how far a request has come.

use std::time::Duration;

use azure_core::error::ErrorKind as Cause;
use azure_core::http::headers::{HeaderName, Headers};
use isobar::driver::{Effect, Failure};
use isobar::{Error, ErrorKind};

use crate::entra::no_token;
use crate::error::{Answer, BLOBS, CODE, REQUEST_ID, RETRY_AFTER};

/// Classifies the failure of a call of the client, and keeps it as the cause.
pub(super) fn failure(error: azure_core::Error) -> Failure {
    let mut failure = match error.kind() {
        Cause::HttpResponse {
            status,
            raw_response,
            ..
        } => {
            let raw = raw_response.as_deref();
            let headers = raw.map(azure_core::http::RawResponse::headers);
            let body = raw.map(|raw| raw.body().as_ref()).unwrap_or_default();
            answered(u16::from(*status), headers, body)
        }
        Cause::Connection => Failure {
            error: Error::new(ErrorKind::Unavailable, BLOBS.unreachable()),
            effect: Effect::None,
        },
        Cause::Io => Failure {
            error: Error::new(ErrorKind::Unavailable, BLOBS.broken()),
            effect: Effect::Unknown,
        },
        Cause::Credential => {
            return Failure {
                error: no_token(error),
                effect: Effect::None,
            };
        }
        Cause::DataConversion => Failure {
            error: Error::new(ErrorKind::Internal, "the answer cannot be read"),
            effect: Effect::Unknown,
        },
        Cause::Other => Failure {
            error: Error::new(ErrorKind::Internal, "the request could not be built"),
            effect: Effect::None,
        },
    };
    failure.error = failure.error.with_source(error);
    failure
}

/// Whether the client could not read what it was answered.
pub(super) fn is_unreadable(error: &Error) -> bool {
    let cause = std::error::Error::source(error);
    let cause = cause.and_then(|cause| cause.downcast_ref::<azure_core::Error>());
    cause.is_some_and(|cause| matches!(cause.kind(), Cause::DataConversion))
}

/// The failure of an attempt whose time is up.
pub(super) fn too_slow(span: Duration) -> Failure {
    let name = BLOBS.name;
    let message = format!("{name} did not answer within {} s", span.as_secs());
    Failure {
        error: Error::new(ErrorKind::Unavailable, message),
        effect: Effect::Unknown,
    }
}

fn answered(status: u16, headers: Option<&Headers>, body: &[u8]) -> Failure {
    let header = |name| headers?.get_optional_str(&HeaderName::from_static(name));
    let text = std::str::from_utf8(body).unwrap_or_default();
    let answer = Answer {
        status,
        code: header(CODE).or_else(|| element(text, "Code")),
        // The lines after the first repeat the request's id and time.
        message: element(text, "Message")
            .and_then(|message| message.lines().next())
            .unwrap_or_default(),
        request: header(REQUEST_ID),
        retry_after: header(RETRY_AFTER),
    };
    answer.failure(&BLOBS, kind)
}

/// The text of an element without elements in it.
fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
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

    fn check(status: u16, code: &str, expected: (ErrorKind, bool, Effect)) {
        let body = format!("<Error><Code>{code}</Code><Message>No.\nRequestId:1</Message></Error>");
        let failure = answered(status, None, body.as_bytes());
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
        let text = answered(400, None, body.as_bytes()).error.to_string();
        assert_eq!(text, "Azure Blob Storage answered 400 InvalidInput: One.");
    }
}
