//! Answers that the gateway gives itself, each with who failed: the client, one of the applications, or the gateway.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use isobar::driver::retry_after;
use isobar::function::RequestId;
use isobar_serve::Problem;

use super::body::{GatewayBody, whole};
use crate::state::Side;
use crate::upstream::Unavailable;

/// Why a request is not answered by an application.
#[derive(Debug)]
pub(crate) struct Refusal {
    problem: Problem,
    retry_after: Option<Duration>,
}

impl Refusal {
    /// The client sent something that no application shall see.
    pub(crate) fn client(status: StatusCode, code: &'static str, detail: &str) -> Self {
        Self {
            problem: Problem::new(status, code, "client", detail),
            retry_after: None,
        }
    }

    /// The gateway itself cannot do it.
    pub(crate) fn gateway(status: StatusCode, code: &'static str, detail: &str) -> Self {
        Self {
            problem: Problem::new(status, code, "gateway", detail),
            retry_after: None,
        }
    }

    /// An application failed.
    pub(crate) fn side(side: Side, status: StatusCode, code: &'static str, detail: &str) -> Self {
        let detail = format!("the {side} application {detail}");
        Self {
            problem: Problem::new(status, code, side.name(), detail),
            retry_after: None,
        }
    }

    /// An application is not there.
    pub(crate) fn unavailable(side: Side, unavailable: &Unavailable) -> Self {
        let detail = unavailable.detail.clone();
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self {
            problem: Problem::new(status, unavailable.code, side.name(), detail),
            retry_after: Some(unavailable.retry_after),
        }
    }

    /// What happened, in one sentence.
    pub(crate) fn detail(&self) -> &str {
        &self.problem.detail
    }

    pub(crate) fn into_response(self, id: &RequestId) -> Response<GatewayBody> {
        let blamed = self.problem.failed;
        tracing::warn!(
            request_id = id.as_str(),
            status = self.problem.status.as_u16(),
            code = self.problem.code,
            failed = blamed,
            "{}",
            self.problem.detail
        );
        let mut response = self.problem.into_response::<Full<Bytes>>(id).map(whole);
        if let Some(pause) = self.retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, retry_after(pause));
        }
        if blamed == "client" {
            // Whatever else this connection carries was framed by the same client.
            response
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
