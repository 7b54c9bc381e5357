//! What a failure of OpenDAL means: its kinds, and the HTTP status where it has none for it.

use std::error::Error as _;

use isobar::driver::{Effect, Failure, status};
use isobar::{Error, ErrorKind, Result};

use crate::transport::{Answer, observed};

/// Runs a call of OpenDAL and classifies its failure.
pub(crate) async fn call<T>(
    call: impl Future<Output = opendal::Result<T>>,
) -> Result<(T, Answer), Failure> {
    let (result, answer) = observed(call).await;
    match result {
        Ok(value) => Ok((value, answer)),
        Err(error) => Err(failure(error, &answer)),
    }
}

/// Classifies the failure of a request, and keeps it as the cause.
pub(crate) fn failure(error: opendal::Error, answer: &Answer) -> Failure {
    let (kind, effect) = classify(&error, answer);
    let retryable = matches!(
        kind,
        ErrorKind::Contention
            | ErrorKind::Throttled
            | ErrorKind::Unavailable
            | ErrorKind::DeadlineExceeded
    );
    let message = told(kind, &error);
    let code = code(error.message());
    let mut told = Error::new(kind, message)
        .with_provider_code(code.as_deref(), answer.request_id.as_deref())
        .with_retryable(retryable);
    if let Some(wait) = answer.retry_after {
        told = told.with_retry_after(wait);
    }
    Failure {
        error: told.with_source(error),
        effect,
    }
}

fn classify(error: &opendal::Error, answer: &Answer) -> (ErrorKind, Effect) {
    use opendal::ErrorKind as Kind;
    let known = match error.kind() {
        Kind::NotFound | Kind::IsADirectory | Kind::NotADirectory => ErrorKind::NotFound,
        // A missing bucket is a matter of configuration to OpenDAL.
        Kind::ConfigInvalid if code(error.message()).is_some() => ErrorKind::NotFound,
        Kind::ConfigInvalid | Kind::RangeNotSatisfied => ErrorKind::InvalidArgument,
        Kind::PermissionDenied => ErrorKind::PermissionDenied,
        Kind::AlreadyExists => ErrorKind::AlreadyExists,
        Kind::ConditionNotMatch => ErrorKind::PreconditionFailed,
        Kind::Conflict => ErrorKind::Contention,
        Kind::RateLimited => ErrorKind::Throttled,
        _ => return by_status(error, answer),
    };
    (known, Effect::None)
}

fn by_status(error: &opendal::Error, answer: &Answer) -> (ErrorKind, Effect) {
    match answer.status {
        None if never_connected(error) => (ErrorKind::Unavailable, Effect::None),
        None if error.is_temporary() => (ErrorKind::Unavailable, Effect::Unknown),
        None => (ErrorKind::Internal, Effect::Unknown),
        Some(status) if status.is_success() => (ErrorKind::Internal, Effect::Unknown),
        Some(status) if status.is_server_error() => (status::kind(status), Effect::Unknown),
        Some(status) => (status::kind(status), Effect::None),
    }
}

fn never_connected(error: &opendal::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<reqwest::Error>() {
            return error.is_connect();
        }
        cause = error.source();
    }
    false
}

fn told(kind: ErrorKind, error: &opendal::Error) -> String {
    match kind {
        ErrorKind::NotFound => "there is no such blob, or no such bucket".to_owned(),
        _ => format!("the service refused or failed: {}", error.message()),
    }
}

/// The service's own code, which OpenDAL leaves in the text of its message.
fn code(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("code: \"")?;
    let (code, _) = rest.split_once('"')?;
    (!code.is_empty()).then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn check(kind: opendal::ErrorKind, status: Option<u16>, expected: (ErrorKind, Effect)) {
        let answer = Answer {
            status: status.map(|status| StatusCode::from_u16(status).unwrap()),
            ..Answer::default()
        };
        let error = opendal::Error::new(kind, "S3Error { code: \"Odd\", message: \"\" }");
        let failure = failure(error, &answer);
        assert_eq!((failure.error.kind(), failure.effect), expected);
        assert_eq!(failure.error.provider_code(), Some("Odd"));
    }

    #[test]
    fn the_kind_is_opendals_or_else_that_of_the_status() {
        use opendal::ErrorKind as Kind;
        check(
            Kind::NotFound,
            Some(404),
            (ErrorKind::NotFound, Effect::None),
        );
        let refused = (ErrorKind::PreconditionFailed, Effect::None);
        check(Kind::ConditionNotMatch, Some(412), refused);
        check(
            Kind::Unexpected,
            Some(503),
            (ErrorKind::Unavailable, Effect::Unknown),
        );
        check(
            Kind::Unexpected,
            Some(409),
            (ErrorKind::Contention, Effect::None),
        );
        check(
            Kind::Unexpected,
            Some(400),
            (ErrorKind::InvalidArgument, Effect::None),
        );
        check(
            Kind::Unexpected,
            None,
            (ErrorKind::Internal, Effect::Unknown),
        );
    }
}
