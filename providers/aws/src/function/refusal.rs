//! What a client is told instead of a response: the same words as on every other platform.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use isobar::driver::Problem;
use isobar::function::{Context, REQUEST_ID};
use isobar::http::Request;
use isobar::{Error, ErrorKind, Result};

use axum::response::IntoResponse as _;

use crate::gateway::FrontDoor;

/// The refusal of a request that is larger than its door lets through: the door refuses it itself, unless it is another
/// one than it seems.
pub(super) fn of_request(door: FrontDoor, request: &Request) -> Option<Problem> {
    let limits = door.limits();
    let refused = |status, code, what: &str, most: u64| {
        let detail = format!("the {what} is too large; the limit is {most} bytes");
        Some(Problem::new(status, code, "client", detail))
    };
    if let Some(most) = limits.head.filter(|most| head_bytes(request) > *most) {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return refused(status, "head_too_large", "head", most);
    }
    let content = request.body().size_hint().lower();
    if content > limits.content {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        return refused(status, "body_too_large", "body", limits.content);
    }
    None
}

fn head_bytes(request: &Request) -> u64 {
    let fields = request.headers().iter();
    let fields: usize = fields
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    let target = request.uri().path_and_query();
    let target = target.map_or(0, |target| target.as_str().len());
    (request.method().as_str().len() + target + fields) as u64
}

/// Of a response that Lambda or the door would not pass on.
pub(super) fn of_response(most: u64, context: &Context) -> Response<Bytes> {
    let detail =
        format!("the response has more than the {most} bytes that this platform passes on");
    let status = StatusCode::BAD_GATEWAY;
    Problem::new(status, "response_too_large", "server", detail).into_response(context.id())
}

/// Of a response whose content failed on its way.
pub(super) async fn of_failure(error: Error, context: &Context) -> Result<Response<Bytes>> {
    let (mut parts, body) = error.into_response().into_parts();
    let id = context.id().header_value();
    parts.headers.insert(REQUEST_ID, id);
    parts.headers.remove(header::CONTENT_LENGTH);
    let whole = body.collect().await.map_err(|error| {
        Error::new(ErrorKind::Internal, "the refusal's body failed").with_source(error)
    })?;
    Ok(Response::from_parts(parts, whole.to_bytes()))
}
