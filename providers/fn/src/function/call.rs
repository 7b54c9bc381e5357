//! One call: from the agent's request to its answer.

use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, Method, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use isobar::driver::Problem;
use isobar::function::{AppService, Origin, RequestId, Trace};
use isobar::http::{Request, Response};
use isobar_serve::{
    Options, RequestBody, client_address, client_scheme, malformed_request, too_large,
};

use crate::config::FN;
use crate::{error, gateway};

/// What all calls share.
#[derive(Debug)]
pub(super) struct Calls {
    pub(super) app: AppService,
    pub(super) app_name: Option<String>,
    pub(super) trusted_hops: usize,
    /// The time that every call has.
    pub(super) limit: Option<Duration>,
}

const CALL_ID: HeaderName = HeaderName::from_static("fn-call-id");

impl Calls {
    /// The answer is 200 whatever the response is; 502 says that this call failed, and any other status would end the
    /// container (`writeResp` in `api/agent/agent.go`).
    pub(super) async fn answer(&self, call: http::Request<RequestBody>) -> Response {
        let (call, mut body) = call.into_parts();
        let id = RequestId::of(&call.headers, &[CALL_ID]);
        if call.method != Method::POST || call.uri.path() != "/call" {
            let detail = "Fn calls POST /call and nothing else";
            return Problem::new(StatusCode::NOT_FOUND, "no_call", "client", detail)
                .into_response(&id);
        }
        if !gateway::is_request(&call.headers) {
            read_on(&mut body).await;
            return error::not_served().into_response(&id);
        }
        let refused = |problem: Problem| gateway::answer(problem.into_response(&id), false);
        let content = match content(body).await {
            Ok(content) => content,
            Err(problem) => return refused(problem),
        };
        let request = match gateway::request(&call, content, self.app_name.as_deref()) {
            Ok(request) => request,
            Err(error) => return refused(malformed_request(&error)),
        };
        if let Some(problem) = too_large(&request, FN.limits) {
            return refused(problem);
        }
        let is_head = request.method() == Method::HEAD;
        let origin = self.origin(&call, &request, id.clone());
        let response = self.app.respond(request, origin).await;
        gateway::answer(response.unwrap_or_else(|never| match never {}), is_head)
    }

    fn origin(&self, call: &Parts, request: &Request, id: RequestId) -> Origin {
        let client = client_address(request.headers(), self.trusted_hops);
        let told = || gateway::scheme(&call.headers);
        // Fn tells its own span beside the client's fields, in B3; a trace that the client tells goes on.
        let is_told = Trace::is_told(request.headers()) || !Trace::is_told(&call.headers);
        let trace = (!is_told).then(|| Trace::of(&call.headers));
        let scheme = client_scheme(request.headers(), self.trusted_hops).or_else(told);
        Origin::default()
            .with_id(id)
            .with_trace(trace)
            .with_deadline(FN.deadline.of(&call.headers, self.limit))
            .with_remote_address(client)
            .with_scheme(scheme)
    }
}

/// The content, which is whole before the application sees it: only so can it be refused in the client's terms.
async fn content(mut body: RequestBody) -> Result<Bytes, Problem> {
    let most = usize::try_from(Options::default().max_body_bytes).unwrap_or(usize::MAX);
    let collected = Limited::new(&mut body, most).collect().await;
    match collected {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            read_on(&mut body).await;
            let detail = format!("the request body is too large; the limit is {most} bytes");
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            Err(Problem::new(status, "body_too_large", "client", detail))
        }
        Err(error) => {
            let detail = format!("the request body did not arrive: {error}");
            let status = StatusCode::BAD_REQUEST;
            Err(Problem::new(status, "body_broken", "client", detail))
        }
    }
}

/// Reads to the end what nobody wants: where the connection closes while the agent still writes, it takes that for a
/// failure of the container.
async fn read_on(body: &mut RequestBody) {
    while let Some(Ok(_)) = body.frame().await {}
}
