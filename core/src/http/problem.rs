//! The response a handler gives when it returns an error unchanged.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde::Serialize;

use crate::driver::retry_after;
use crate::error::Error;

/// RFC 9457, with the members that help a caller and none that tell of our insides: those of
/// [`driver::Problem`](crate::driver::Problem), but for a detail where the fault is ours, and for the id of the request, which
/// is in a field of every response: a handler answers the same to the same request.
#[derive(Serialize)]
struct Problem<'p> {
    r#type: &'static str,
    title: &'p str,
    status: u16,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    failed: &'static str,
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
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: self.kind().code(),
            detail: told.then(|| self.message().to_owned()),
            failed: if told { "client" } else { "server" },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    async fn body(error: Error) -> serde_json::Value {
        let whole = axum::body::to_bytes(error.into_response().into_body(), 10_000).await;
        serde_json::from_slice(&whole.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_program_can_tell_errors_by_their_code_and_only_a_clients_fault_has_a_detail() {
        let wrong = body(Error::invalid("no such colour")).await;
        let expected = serde_json::json!({
            "type": "about:blank", "title": "Bad Request", "status": 400, "code": "invalid_argument",
            "detail": "no such colour", "failed": "client",
        });
        assert_eq!(wrong, expected);
        let late = body(Error::new(ErrorKind::DeadlineExceeded, "our insides")).await;
        let expected = serde_json::json!({
            "type": "about:blank", "title": "Gateway Timeout", "status": 504, "code": "deadline_exceeded",
            "failed": "server",
        });
        assert_eq!(late, expected);
    }
}
