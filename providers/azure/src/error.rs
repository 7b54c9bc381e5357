//! What a failure of a request to Azure Storage means: one table of its error codes.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use isobar::driver::{Effect, Failure, status};
use isobar::{Error, ErrorKind};
use serde_json::Value as Json;

const CODE: &str = "x-ms-error-code";
const REQUEST_ID: &str = "x-ms-request-id";
const RETRY_AFTER: &str = "retry-after";

/// The failure that an answer tells of.
pub(crate) fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let told = Told::read(body);
    let code = told.code.as_deref().or_else(|| header(CODE));
    let mut failure = classified(status, code, &told.message);
    failure.error = failure.error.with_provider_code(code, header(REQUEST_ID));
    let seconds = header(RETRY_AFTER).and_then(|seconds| seconds.parse().ok());
    if let Some(seconds) = seconds {
        failure.error = failure.error.with_retry_after(Duration::from_secs(seconds));
    }
    failure
}

/// What the body of an answer says.
#[derive(Default)]
struct Told {
    code: Option<String>,
    message: String,
}

impl Told {
    fn read(body: &[u8]) -> Self {
        let Ok(body) = serde_json::from_slice::<Json>(body) else {
            return Self::default();
        };
        let error = &body["odata.error"];
        let message = error["message"]["value"].as_str().unwrap_or_default();
        Self {
            code: error["code"].as_str().map(str::to_owned),
            // The lines after the first repeat the request's id and time.
            message: message.lines().next().unwrap_or_default().to_owned(),
        }
    }
}

/// Codes as "Table service error codes" and "Common REST API error codes" describe them.
fn classified(status: StatusCode, code: Option<&str>, message: &str) -> Failure {
    let (kind, effect) = match code.unwrap_or_default() {
        "TableNotFound" | "ResourceNotFound" | "EntityAlreadyExists" => {
            (ErrorKind::Internal, Effect::None)
        }
        "AuthenticationFailed" | "InvalidAuthenticationInfo" | "NoAuthenticationInformation" => {
            (ErrorKind::Unauthenticated, Effect::None)
        }
        "EntityTooLarge" | "PropertyValueTooLarge" | "RequestBodyTooLarge" => {
            (ErrorKind::TooLarge, Effect::None)
        }
        "TooManyProperties" => (ErrorKind::LimitExceeded, Effect::None),
        "ServerBusy" => (ErrorKind::Throttled, Effect::None),
        "TableBeingDeleted" => (ErrorKind::Unavailable, Effect::None),
        "OperationTimedOut" => (ErrorKind::Unavailable, Effect::Unknown),
        _ => by_status(status),
    };
    let name = code.unwrap_or_else(|| status.canonical_reason().unwrap_or("no code"));
    let told = match name {
        "TableNotFound" => {
            "the table is missing (TableNotFound): create it, or call ensure in development"
                .to_owned()
        }
        name if matches!(
            kind,
            ErrorKind::Unauthenticated | ErrorKind::PermissionDenied
        ) =>
        {
            format!(
                "Azure Tables answered {} {name}: check the account's name and key or the shared \
             access signature, what it allows, and that the clock of this machine is right",
                status.as_u16()
            )
        }
        name if message.is_empty() => format!("Azure Tables answered {} {name}", status.as_u16()),
        name => format!(
            "Azure Tables answered {} {name}: {message}",
            status.as_u16()
        ),
    };
    Failure {
        error: Error::new(kind, told),
        effect,
    }
}

fn by_status(status: StatusCode) -> (ErrorKind, Effect) {
    // What stands before the service may say this of a request that reached it.
    let is_known = status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT;
    let effect = if is_known {
        Effect::None
    } else {
        Effect::Unknown
    };
    let kind = match status::kind(status) {
        ErrorKind::NotFound => ErrorKind::Internal,
        kind => kind,
    };
    (kind, effect)
}

/// Whether a condition of a commit did not hold: somebody else wrote since the read.
pub(crate) fn is_conflict(error: &Error) -> bool {
    matches!(
        error.provider_code(),
        Some(
            "EntityAlreadyExists"
                | "ResourceNotFound"
                | "UpdateConditionNotSatisfied"
                | "ConditionNotMet"
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status: u16, code: &str) -> Failure {
        let body = format!(
            r#"{{"odata.error":{{"code":"{code}","message":{{"value":"No.\nRequestId:1"}}}}}}"#
        );
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, http::HeaderValue::from_static("3"));
        let status = StatusCode::from_u16(status).unwrap();
        refused(status, &headers, body.as_bytes())
    }

    #[test]
    fn a_code_decides_the_kind_whether_to_retry_and_what_is_known() {
        for (status, code, kind, retryable, effect) in [
            (
                403,
                "AuthenticationFailed",
                ErrorKind::Unauthenticated,
                false,
                Effect::None,
            ),
            (
                403,
                "AuthorizationFailure",
                ErrorKind::PermissionDenied,
                false,
                Effect::None,
            ),
            (
                412,
                "UpdateConditionNotSatisfied",
                ErrorKind::PreconditionFailed,
                false,
                Effect::None,
            ),
            (503, "ServerBusy", ErrorKind::Throttled, true, Effect::None),
            (
                500,
                "InternalError",
                ErrorKind::Unavailable,
                true,
                Effect::Unknown,
            ),
            (
                500,
                "OperationTimedOut",
                ErrorKind::Unavailable,
                true,
                Effect::Unknown,
            ),
            (
                400,
                "EntityTooLarge",
                ErrorKind::TooLarge,
                false,
                Effect::None,
            ),
            (
                404,
                "TableNotFound",
                ErrorKind::Internal,
                false,
                Effect::None,
            ),
        ] {
            let failure = failure(status, code);
            assert_eq!(failure.error.kind(), kind, "{code}");
            assert_eq!(failure.error.retryable(), retryable, "{code}");
            assert_eq!(failure.effect, effect, "{code}");
            assert_eq!(failure.error.provider_code(), Some(code));
        }
    }

    #[test]
    fn a_wait_that_the_service_asks_for_is_heard() {
        let error = failure(503, "ServerBusy").error;
        assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
        let text = error.to_string();
        assert_eq!(text, "Azure Tables answered 503 ServerBusy: No.");
    }

    #[test]
    fn an_answer_without_a_code_is_known_by_its_status() {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let failure = refused(status, &HeaderMap::new(), b"<html>");
        assert_eq!(failure.error.kind(), ErrorKind::Throttled);
        assert_eq!(failure.effect, Effect::None);
    }
}
