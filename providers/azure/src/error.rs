//! What a failure of a request to Azure Storage means: one table of its error codes.

use std::time::Duration;

#[cfg(feature = "tables")]
use http::HeaderMap;
use http::StatusCode;
use isobar::driver::{Effect, Failure, status};
use isobar::{Error, ErrorKind};
#[cfg(feature = "tables")]
use serde_json::Value as Json;

pub(crate) const CODE: &str = "x-ms-error-code";
pub(crate) const REQUEST_ID: &str = "x-ms-request-id";
pub(crate) const RETRY_AFTER: &str = "retry-after";

/// One service of storage accounts, as errors speak of it.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    /// The code that says that what holds its entries is missing, and what that is called.
    missing: (&'static str, &'static str),
    /// What to do about that.
    advice: &'static str,
}

#[cfg(any(feature = "blob", feature = "tables"))]
const ENSURE: &str = "create it, or call ensure in development";

#[cfg(feature = "tables")]
pub(crate) const TABLES: Service = Service {
    name: "Azure Tables",
    missing: ("TableNotFound", "the table is missing"),
    advice: ENSURE,
};
#[cfg(feature = "blob")]
pub(crate) const BLOBS: Service = Service {
    name: "Azure Blob Storage",
    missing: ("ContainerNotFound", "the container is missing"),
    advice: ENSURE,
};
#[cfg(feature = "queue")]
pub(crate) const QUEUES: Service = Service {
    name: "Azure Queue Storage",
    missing: ("QueueNotFound", "the queue does not exist"),
    advice: "create it, or check its name and account",
};

impl Service {
    /// What is said where no connection can be made.
    pub(crate) fn unreachable(&self) -> String {
        let name = self.name;
        format!("{name} cannot be reached: check the account and endpoint of the store")
    }

    /// What is said where a connection breaks.
    pub(crate) fn broken(&self) -> String {
        let name = self.name;
        format!("the connection to {name} broke before the answer was there")
    }
}

/// An answer that is no success.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) code: Option<&'a str>,
    pub(crate) message: &'a str,
    pub(crate) request: Option<&'a str>,
    pub(crate) retry_after: Option<&'a str>,
}

impl Answer<'_> {
    /// The failure it tells of; `own` knows the codes of the service's own.
    pub(crate) fn failure(
        &self,
        service: &Service,
        own: fn(&str) -> Option<(ErrorKind, Effect)>,
    ) -> Failure {
        let code = self.code.unwrap_or_default();
        let found = own(code).or_else(|| common(code));
        let (kind, effect) = found.unwrap_or_else(|| by_status(self.status));
        let mut error = Error::new(kind, self.told(service, kind));
        error = error.with_provider_code(self.code, self.request);
        let seconds = self.retry_after.and_then(|seconds| seconds.parse().ok());
        if let Some(seconds) = seconds {
            error = error.with_retry_after(Duration::from_secs(seconds));
        }
        Failure { error, effect }
    }

    fn told(&self, service: &Service, kind: ErrorKind) -> String {
        let (missing, what) = service.missing;
        let (status, message) = (self.status, self.message);
        let known = StatusCode::from_u16(status).ok();
        let reason = known.and_then(|status| status.canonical_reason());
        let name = service.name;
        match self.code.or(reason).unwrap_or("no code") {
            code if code == missing => format!("{what} ({code}): {}", service.advice),
            code if matches!(
                kind,
                ErrorKind::Unauthenticated | ErrorKind::PermissionDenied
            ) =>
            {
                format!(
                    "{name} answered {status} {code}: check the account's name and key or the \
                     shared access signature, what it allows, and that the clock of this machine \
                     is right"
                )
            }
            code if message.is_empty() => format!("{name} answered {status} {code}"),
            code => format!("{name} answered {status} {code}: {message}"),
        }
    }
}

/// The failure that an answer of Azure Tables tells of.
#[cfg(feature = "tables")]
pub(crate) fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let told = Told::read(body);
    let answer = Answer {
        status: status.as_u16(),
        code: told.code.as_deref().or_else(|| header(CODE)),
        message: &told.message,
        request: header(REQUEST_ID),
        retry_after: header(RETRY_AFTER),
    };
    answer.failure(&TABLES, of_tables)
}

/// What the body of an answer says.
#[cfg(feature = "tables")]
#[derive(Default)]
struct Told {
    code: Option<String>,
    message: String,
}

#[cfg(feature = "tables")]
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

/// Codes as "Common REST API error codes" describes them.
fn common(code: &str) -> Option<(ErrorKind, Effect)> {
    Some(match code {
        "AuthenticationFailed" | "InvalidAuthenticationInfo" | "NoAuthenticationInformation" => {
            (ErrorKind::Unauthenticated, Effect::None)
        }
        "RequestBodyTooLarge" => (ErrorKind::TooLarge, Effect::None),
        "ServerBusy" => (ErrorKind::Throttled, Effect::None),
        "OperationTimedOut" => (ErrorKind::Unavailable, Effect::Unknown),
        _ => return None,
    })
}

/// Codes as "Table service error codes" describes them.
#[cfg(feature = "tables")]
fn of_tables(code: &str) -> Option<(ErrorKind, Effect)> {
    let kind = match code {
        "TableNotFound" | "ResourceNotFound" | "EntityAlreadyExists" => ErrorKind::Internal,
        "EntityTooLarge" | "PropertyValueTooLarge" => ErrorKind::TooLarge,
        "TooManyProperties" => ErrorKind::LimitExceeded,
        "TableBeingDeleted" => ErrorKind::Unavailable,
        _ => return None,
    };
    Some((kind, Effect::None))
}

fn by_status(status: u16) -> (ErrorKind, Effect) {
    // What stands before the service may say 408 of a request that reached it.
    let is_known = (400..500).contains(&status) && status != 408;
    let effect = if is_known {
        Effect::None
    } else {
        Effect::Unknown
    };
    let kind = StatusCode::from_u16(status).map_or(ErrorKind::Internal, status::kind);
    let kind = match kind {
        ErrorKind::NotFound => ErrorKind::Internal,
        kind => kind,
    };
    (kind, effect)
}

/// Whether a condition of a commit did not hold: somebody else wrote since the read.
#[cfg(feature = "tables")]
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

#[cfg(feature = "tables")]
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
