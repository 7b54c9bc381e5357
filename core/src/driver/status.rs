//! What an HTTP status of a cloud means, where its error code says nothing better.

use http::StatusCode;

use crate::error::ErrorKind;

/// The kind of a failure that is known only by its HTTP status.
///
/// 412 and 304 are failed conditions on every cloud; 409 is a conflict between writers.
pub fn kind(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        400 | 405 | 411 | 414 | 416 | 422 => ErrorKind::InvalidArgument,
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::PermissionDenied,
        404 | 410 => ErrorKind::NotFound,
        408 | 504 => ErrorKind::DeadlineExceeded,
        409 => ErrorKind::Contention,
        304 | 412 => ErrorKind::PreconditionFailed,
        413 => ErrorKind::TooLarge,
        429 => ErrorKind::Throttled,
        501 => ErrorKind::Unsupported,
        500 | 502 | 503 => ErrorKind::Unavailable,
        _ => ErrorKind::Internal,
    }
}
