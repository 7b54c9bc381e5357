//! What Function Compute is told where it asks for something that is not served.

use http::StatusCode;
use isobar_serve::Problem;

/// An event, which this crate does not decode yet.
pub(crate) fn events_not_served() -> Problem {
    let detail =
        "this function answers HTTP requests only: invoke it by an HTTP trigger or a domain name";
    Problem::new(
        StatusCode::NOT_IMPLEMENTED,
        "events_not_served",
        "client",
        detail,
    )
}
