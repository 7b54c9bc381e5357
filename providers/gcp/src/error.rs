//! What a failure of a call by gRPC means: one table of codes for all services.

use std::error::Error as _;
use std::time::Duration;

use crate::access::NoToken;
use isobar::driver::{Effect, Failure};
use isobar::{Error, ErrorKind};
use prost::Message as _;
use tonic::{Code, ConnectError, Status};

/// A service, as errors speak of it.
pub(crate) struct Service {
    name: &'static str,
    /// What is said where something is missing, after what it may be.
    missing: &'static str,
    /// What is said where a precondition does not hold.
    precondition: &'static str,
    /// What a service account needs.
    role: &'static str,
}

#[cfg(feature = "document")]
const FIRESTORE: Service = Service {
    name: "Firestore",
    missing: "check the project and the database of the store's URL",
    precondition: "a precondition does not hold, or an index is missing",
    role: "roles/datastore.user",
};
#[cfg(feature = "topic")]
pub(crate) const PUBSUB: Service = Service {
    name: "Pub/Sub",
    missing: "create it, or check its name and the project of the URL",
    precondition: "the state of the topic, of its schema or of the key that encrypts it does not allow it",
    role: "roles/pubsub.publisher",
};

/// Classifies the failure of a request to Firestore, and keeps it as the cause.
#[cfg(feature = "document")]
pub(crate) fn failure(status: Status) -> Failure {
    failure_of(&FIRESTORE, status)
}

/// The same of a request to any service.
pub(crate) fn failure_of(service: &Service, status: Status) -> Failure {
    if let Some(no_token) = in_chain::<NoToken>(&status) {
        return unauthenticated(no_token.is_transient(), status);
    }
    let code = status.code();
    let (kind, effect) = classify(code);
    let effect = if in_chain::<ConnectError>(&status).is_some() {
        Effect::None
    } else {
        effect
    };
    let name = name(code);
    let retryable = matches!(
        kind,
        ErrorKind::Contention
            | ErrorKind::Throttled
            | ErrorKind::Unavailable
            | ErrorKind::DeadlineExceeded
    );
    let wait = retry_after(&status);
    let mut error = Error::new(kind, told(service, code, status.message()))
        .with_provider_code(Some(name), None)
        .with_retryable(retryable)
        .with_source(status);
    if let Some(wait) = wait {
        error = error.with_retry_after(wait);
    }
    Failure { error, effect }
}

/// The details of a status, of which only this is read (`google.rpc.Status`).
#[derive(Clone, PartialEq, prost::Message)]
struct Details {
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// When to try again (`google.rpc.RetryInfo`).
#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<prost_types::Duration>,
}

/// How long the service, or a load balancer before it, wants to be left alone.
fn retry_after(status: &Status) -> Option<Duration> {
    let of_balancer = status.metadata().get("retry-after");
    let seconds = of_balancer.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let of_service = || {
        let details = Details::decode(status.details()).ok()?.details;
        let mut infos = details.iter();
        let info = infos.find(|any| any.type_url.ends_with("/google.rpc.RetryInfo"))?;
        let delay = RetryInfo::decode(info.value.as_slice()).ok()?.retry_delay?;
        Duration::try_from(delay).ok()
    };
    seconds.map(Duration::from_secs).or_else(of_service)
}

#[cfg(feature = "document")]
/// Whether a precondition of a commit did not hold: somebody else wrote since the read.
pub(crate) fn is_conflict(error: &Error) -> bool {
    matches!(
        error.provider_code(),
        Some("ABORTED" | "ALREADY_EXISTS" | "FAILED_PRECONDITION" | "NOT_FOUND")
    )
}

/// Nothing was sent, as nobody knows who asks.
fn unauthenticated(is_transient: bool, status: Status) -> Failure {
    let kind = if is_transient {
        ErrorKind::Unavailable
    } else {
        ErrorKind::Unauthenticated
    };
    let message = "no token for Google Cloud was given: set GOOGLE_APPLICATION_CREDENTIALS to a \
                   file of credentials, run gcloud auth application-default login, or give the \
                   machine a service account";
    Failure {
        error: Error::new(kind, message).with_source(status),
        effect: Effect::None,
    }
}

fn in_chain<T: std::error::Error + 'static>(status: &Status) -> Option<&T> {
    let mut cause = status.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

fn told(service: &Service, code: Code, message: &str) -> String {
    let Service {
        name: service,
        missing,
        precondition,
        role,
    } = service;
    let name = name(code);
    match code {
        Code::FailedPrecondition => {
            format!("{precondition} ({name}: {message})")
        }
        Code::NotFound => {
            format!("what the request is about does not exist ({name}: {message}): {missing}")
        }
        Code::Unauthenticated => format!(
            "{service} does not know who asks ({name}: {message}): check the credentials, and that \
             the clock of this machine is right"
        ),
        Code::PermissionDenied => format!(
            "{service} does not allow it ({name}: {message}): check the project of the store's \
             URL, and give the service account the role {role}"
        ),
        _ => format!("{service} answered {name}: {message}"),
    }
}

/// Codes as `google.rpc.Code` describes them. What breaks the connection, tonic reports as
/// unavailable, unknown, internal or cancelled.
fn classify(code: Code) -> (ErrorKind, Effect) {
    match code {
        Code::InvalidArgument | Code::OutOfRange => (ErrorKind::InvalidArgument, Effect::None),
        Code::DeadlineExceeded => (ErrorKind::DeadlineExceeded, Effect::Unknown),
        Code::PermissionDenied => (ErrorKind::PermissionDenied, Effect::None),
        Code::Unauthenticated => (ErrorKind::Unauthenticated, Effect::None),
        Code::ResourceExhausted => (ErrorKind::Throttled, Effect::None),
        Code::Aborted => (ErrorKind::Contention, Effect::None),
        Code::Unimplemented => (ErrorKind::Unsupported, Effect::None),
        Code::NotFound | Code::AlreadyExists | Code::FailedPrecondition => {
            (ErrorKind::Internal, Effect::None)
        }
        Code::DataLoss => (ErrorKind::Corrupt, Effect::Unknown),
        Code::Ok | Code::Cancelled | Code::Unknown | Code::Internal | Code::Unavailable => {
            (ErrorKind::Unavailable, Effect::Unknown)
        }
    }
}

/// The code as Google writes it.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(all(test, feature = "document"))]
mod tests {
    use super::*;

    #[test]
    fn a_code_decides_the_kind_whether_to_retry_and_what_is_known() {
        for (code, kind, retryable, effect) in [
            (
                Code::Unavailable,
                ErrorKind::Unavailable,
                true,
                Effect::Unknown,
            ),
            (Code::Aborted, ErrorKind::Contention, true, Effect::None),
            (
                Code::ResourceExhausted,
                ErrorKind::Throttled,
                true,
                Effect::None,
            ),
            (
                Code::DeadlineExceeded,
                ErrorKind::DeadlineExceeded,
                true,
                Effect::Unknown,
            ),
            (
                Code::InvalidArgument,
                ErrorKind::InvalidArgument,
                false,
                Effect::None,
            ),
            (
                Code::PermissionDenied,
                ErrorKind::PermissionDenied,
                false,
                Effect::None,
            ),
        ] {
            let failure = failure(Status::new(code, "no"));
            assert_eq!(failure.error.kind(), kind);
            assert_eq!(failure.error.retryable(), retryable, "{code:?}");
            assert_eq!(failure.effect, effect, "{code:?}");
            assert_eq!(failure.error.provider_code(), Some(name(code)));
        }
    }

    /// The emulator checks nobody and has every database.
    #[test]
    fn who_is_not_let_in_and_who_names_nothing_hears_what_to_check() {
        for (code, kind, what) in [
            (
                Code::Unauthenticated,
                ErrorKind::Unauthenticated,
                "the clock of this machine",
            ),
            (
                Code::PermissionDenied,
                ErrorKind::PermissionDenied,
                "roles/datastore.user",
            ),
            (
                Code::NotFound,
                ErrorKind::Internal,
                "check the project and the database",
            ),
        ] {
            let failure = failure(Status::new(code, "no"));
            assert_eq!(failure.error.kind(), kind);
            assert!(!failure.error.retryable(), "{code:?}");
            let told = failure.error.to_string();
            assert!(told.contains(what), "{told}");
        }
    }
}
