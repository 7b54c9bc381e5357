//! What goes wrong before calls arrive, and calls that are not served.

use std::io;
use std::path::Path;

use http::StatusCode;
use isobar::driver::Problem;
use isobar::{Error, ErrorKind};

/// The socket cannot be made where Fn looks for it.
pub(crate) fn socket(path: &Path, source: io::Error) -> Error {
    let message = format!("cannot make the socket {}", path.display());
    Error::new(ErrorKind::Unavailable, message)
        .with_retryable(false)
        .with_source(source)
}

/// A call that no HTTP trigger made.
pub(crate) fn not_served() -> Problem {
    let detail = "this function takes requests through HTTP triggers only";
    Problem::new(
        StatusCode::BAD_GATEWAY,
        "calls_not_served",
        "client",
        detail,
    )
}
