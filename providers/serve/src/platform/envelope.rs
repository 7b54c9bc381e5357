//! Requests of clients that come in an envelope of the platform's own, and responses that go back in another.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use isobar::driver::{Problem, forbids_content, whole_response};
use isobar::function::{AppService, Context, Origin, RequestId};
use isobar::http::{Body, Request, Response};
use isobar::{Error, ErrorKind, Result};

use super::front::{Shared, UnderWay};
use super::refusal::{malformed_request, response_not_passed_on, too_large};
use super::{client_address, client_scheme, clock};
use crate::body::RequestBody;

/// What a platform writes around requests and responses of clients.
pub trait Envelope: fmt::Debug + Send + Sync + 'static {
    /// The client's request in a call of the platform; `InvalidArgument` where there is none, `Unsupported` where what the
    /// client has sent cannot be one, which it is told.
    fn open(&self, call: &Parts, content: Bytes) -> Result<Request>;

    /// The answer to the call that brings the response to the client; an error where it cannot be brought as it is.
    fn seal(&self, response: &http::Response<Bytes>) -> Result<Response>;
}

/// Answers a call of the platform that brings a client's request.
pub(super) async fn answer(
    app: AppService,
    (shared, _under_way): (Arc<Shared>, UnderWay),
    envelope: Arc<dyn Envelope>,
    call: http::Request<RequestBody>,
) -> Response {
    let id = call.body().arrival().request_id.clone();
    let (parts, body) = call.into_parts();
    // Where it cannot be read, the server knows why and says so in the place of this.
    let body = body.collect().await;
    let body = body.map_err(|error| Error::invalid("no content").with_source(error));
    let request = body.and_then(|whole| envelope.open(&parts, whole.to_bytes()));
    let mut request = match request {
        Ok(request) => request,
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            return sealed(&*envelope, malformed_request(&error), &id);
        }
        Err(error) => return refused(&error, &id),
    };
    if let Some(problem) = too_large(&request, shared.facts.limits) {
        return sealed(&*envelope, problem, &id);
    }
    if app.checks_callers() {
        shared.note_claims(&mut request);
    }
    let deadline = shared.facts.deadline.of(&parts.headers, shared.limit);
    let (location, hops) = (shared.facts.location, shared.trusted_hops);
    let origin = Origin::default()
        .with_id(id.clone())
        .with_deadline(deadline)
        .with_remote_address(client_address(request.headers(), hops))
        .with_scheme(client_scheme(request.headers(), hops))
        .with_host(location.host(request.headers(), hops))
        .with_base_path(location.base_path(request.uri(), request.headers()));
    let context = Context::new(id.clone(), deadline, Arc::new(clock()));
    let is_head = request.method() == Method::HEAD;
    let response = match app.respond(request, origin).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let most = shared.facts.limits.response.unwrap_or(u64::MAX);
    let mut whole = whole_response(response, most, &context).await;
    if is_head || forbids_content(whole.status()) {
        whole.body_mut().clear();
    }
    envelope
        .seal(&whole)
        .unwrap_or_else(|error| {
            tracing::error!(target: "isobar", ?error, id = id.as_str(), "a response cannot be passed on");
            sealed(&*envelope, response_not_passed_on(&error), &id)
        })
}

/// What the client gets in the place of a response.
fn sealed(envelope: &dyn Envelope, problem: Problem, id: &RequestId) -> Response {
    let sealed = envelope.seal(&problem.into_response(id));
    sealed.unwrap_or_else(|error| refused(&error, id))
}

fn refused(error: &Error, id: &RequestId) -> Response {
    let (status, blamed) = match error.kind() {
        ErrorKind::InvalidArgument => (StatusCode::BAD_REQUEST, "client"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "server"),
    };
    tracing::warn!(target: "isobar", ?error, id = id.as_str(), "a call of the platform is refused");
    let detail = error.message().to_owned();
    let problem: http::Response<Body> =
        Problem::new(status, "call_malformed", blamed, detail).into_response(id);
    problem
}
