//! The response a handler gives when it returns an error unchanged.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde::Serialize;

use crate::driver::retry_after;
use crate::error::Error;

/// RFC 9457, with the members that help a caller and none that tell of our insides.
#[derive(Serialize)]
struct Problem<'p> {
    title: &'p str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// `application/problem+json` with the status of the error's kind.
///
/// The message of a client's fault is told, without operation, collection and key, which he may not
/// have named; of anything else only the status, and the error goes to the log.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.kind().http_status();
        let told = status.is_client_error();
        if !told {
            tracing::error!(target: "isobar", error = ?self, "a handler failed");
        }
        let problem = Problem {
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: told.then(|| self.message().to_owned()),
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        if let Some(wait) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, retry_after(wait));
        }
        response
    }
}
