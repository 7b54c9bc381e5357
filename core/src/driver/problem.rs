//! The body of a refusal: RFC 9457 problem details with a code, who failed, and the request's id.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};

use crate::function::{REQUEST_ID, RequestId};

/// The value of `Retry-After`: whole seconds, at least one, so that nobody comes again too soon.
pub fn retry_after(wait: Duration) -> HeaderValue {
    let seconds = wait.as_millis().div_ceil(1_000);
    u64::try_from(seconds).unwrap_or(u64::MAX).max(1).into()
}

/// A refusal that a program can read:
/// `{"type":"about:blank","title":…,"status":…,"code":…,"detail":…,"failed":…,"requestId":…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The response's status.
    pub status: StatusCode,
    /// A stable code in snake case, for programs.
    pub code: &'static str,
    /// One sentence for people: what happened, on what, and what to do.
    pub detail: String,
    /// Who failed: `client`, `server`, or the name of a part behind a proxy.
    pub failed: &'static str,
}

impl Problem {
    /// Describes a refusal.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        failed: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            failed,
        }
    }

    /// The response that says so, with the id of the request it answers.
    pub fn into_response<B: From<Bytes>>(self, id: &RequestId) -> Response<B> {
        let body = serde_json::json!({
            "type": "about:blank",
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
            "failed": self.failed,
            "requestId": id.as_str(),
        });
        let mut response = Response::new(B::from(Bytes::from(body.to_string())));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(REQUEST_ID, id.header_value());
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_come_again_too_soon() {
        for (millis, seconds) in [(0, "1"), (1_000, "1"), (1_001, "2"), (4_001, "5")] {
            assert_eq!(retry_after(Duration::from_millis(millis)), seconds);
        }
    }
}
