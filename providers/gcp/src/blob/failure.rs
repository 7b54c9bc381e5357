//! What a failure of Cloud Storage means: HTTP statuses of contents, gRPC codes of everything else.

use google_cloud_gax::error::Error as Failed;
use google_cloud_gax::error::rpc::Code;
use isobar::driver::{Effect, Failure, status};
use isobar::{Error, ErrorKind};

/// Classifies the failure of a request, and keeps it as the cause.
pub(super) fn failure(failed: Failed) -> Failure {
    let (kind, effect) = classify(&failed);
    let retryable = matches!(
        kind,
        ErrorKind::Contention
            | ErrorKind::Throttled
            | ErrorKind::Unavailable
            | ErrorKind::DeadlineExceeded
    );
    let code = code(&failed);
    let message = match kind {
        ErrorKind::NotFound => "there is no such blob, or no such bucket".to_owned(),
        _ => format!("Cloud Storage answered {code}: {}", said(&failed)),
    };
    let error = Error::new(kind, message)
        .with_provider_code(Some(&code), None)
        .with_retryable(retryable)
        .with_source(failed);
    Failure { error, effect }
}

/// The same of a request that asks for no blob, so that only the bucket can be missing.
pub(super) fn of_bucket(failed: Failed) -> Failure {
    let mut failure = failure(failed);
    if failure.error.kind() == ErrorKind::NotFound {
        let message = "the bucket does not exist: create it, or check its name and project";
        let missing = Error::new(ErrorKind::Internal, message);
        let missing = missing.with_provider_code(failure.error.provider_code(), None);
        failure.error = missing.with_source(failure.error);
    }
    failure
}

fn classify(failed: &Failed) -> (ErrorKind, Effect) {
    if failed.is_authentication() {
        return (ErrorKind::Unauthenticated, Effect::None);
    }
    if let Some(status) = failed.http_status_code() {
        return by_status(status);
    }
    if let Some(status) = failed.status() {
        return by_code(status.code);
    }
    match failed {
        failed if failed.is_transient_and_before_rpc() || failed.is_connect() => {
            (ErrorKind::Unavailable, Effect::None)
        }
        failed if failed.is_timeout() => (ErrorKind::DeadlineExceeded, Effect::Unknown),
        failed if failed.is_binding() || failed.is_serialization() => {
            (ErrorKind::InvalidArgument, Effect::None)
        }
        failed if failed.is_deserialization() => (ErrorKind::Internal, Effect::Unknown),
        _ => (ErrorKind::Unavailable, Effect::Unknown),
    }
}

fn by_status(code: u16) -> (ErrorKind, Effect) {
    let Ok(status) = http::StatusCode::from_u16(code) else {
        return (ErrorKind::Internal, Effect::Unknown);
    };
    let unknown = status.is_server_error() || code == 408;
    let effect = if unknown {
        Effect::Unknown
    } else {
        Effect::None
    };
    (status::kind(status), effect)
}

/// Codes as `google.rpc.Code` describes them.
fn by_code(code: Code) -> (ErrorKind, Effect) {
    match code {
        Code::InvalidArgument | Code::OutOfRange => (ErrorKind::InvalidArgument, Effect::None),
        Code::NotFound => (ErrorKind::NotFound, Effect::None),
        Code::AlreadyExists => (ErrorKind::AlreadyExists, Effect::None),
        Code::FailedPrecondition => (ErrorKind::PreconditionFailed, Effect::None),
        Code::Aborted => (ErrorKind::Contention, Effect::None),
        Code::PermissionDenied => (ErrorKind::PermissionDenied, Effect::None),
        Code::Unauthenticated => (ErrorKind::Unauthenticated, Effect::None),
        Code::ResourceExhausted => (ErrorKind::Throttled, Effect::None),
        Code::Unimplemented => (ErrorKind::Unsupported, Effect::None),
        Code::DeadlineExceeded => (ErrorKind::DeadlineExceeded, Effect::Unknown),
        Code::DataLoss => (ErrorKind::Corrupt, Effect::Unknown),
        _ => (ErrorKind::Unavailable, Effect::Unknown),
    }
}

fn code(failed: &Failed) -> String {
    let http = failed.http_status_code().map(|code| format!("HTTP {code}"));
    let grpc = || failed.status().map(|status| status.code.to_string());
    http.or_else(grpc).unwrap_or_else(|| "nothing".to_owned())
}

fn said(failed: &Failed) -> String {
    match failed.status() {
        Some(status) => status.message.clone(),
        None => failed.to_string(),
    }
}

/// That nobody knows who asks.
pub(super) fn unauthenticated(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    let message = "the credentials for Google Cloud cannot be read: check the file that \
                   GOOGLE_APPLICATION_CREDENTIALS names, or run gcloud auth application-default \
                   login";
    Error::new(ErrorKind::Unauthenticated, message).with_source(error)
}

#[cfg(test)]
mod tests {
    use google_cloud_gax::error::rpc::Status;

    use super::*;

    #[test]
    fn a_code_decides_the_kind_whether_to_retry_and_what_is_known() {
        let check = |code, kind, retryable, effect| {
            let status = Status::default().set_code(code).set_message("no");
            let failure = failure(Failed::service(status));
            assert_eq!(failure.error.kind(), kind);
            assert_eq!(failure.error.retryable(), retryable, "{code:?}");
            assert_eq!(failure.effect, effect, "{code:?}");
        };
        let refused = ErrorKind::PreconditionFailed;
        check(Code::FailedPrecondition, refused, false, Effect::None);
        check(Code::Aborted, ErrorKind::Contention, true, Effect::None);
        check(
            Code::Unavailable,
            ErrorKind::Unavailable,
            true,
            Effect::Unknown,
        );
        check(Code::NotFound, ErrorKind::NotFound, false, Effect::None);
    }

    #[test]
    fn where_no_blob_is_asked_for_the_bucket_is_missing() {
        let status = Status::default().set_code(Code::NotFound).set_message("no");
        let error = of_bucket(Failed::service(status)).error;
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert_eq!(error.provider_code(), Some("NOT_FOUND"));
        assert!(!error.retryable());
    }

    #[test]
    fn a_status_decides_too() {
        let check = |code, kind, effect| {
            let failed = Failed::http(code, http::HeaderMap::new(), bytes::Bytes::new());
            let failure = failure(failed);
            assert_eq!((failure.error.kind(), failure.effect), (kind, effect));
        };
        check(412, ErrorKind::PreconditionFailed, Effect::None);
        check(429, ErrorKind::Throttled, Effect::None);
        check(503, ErrorKind::Unavailable, Effect::Unknown);
    }
}
