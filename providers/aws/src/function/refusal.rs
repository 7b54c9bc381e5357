//! What a client is told instead of a response: the same words as on every other platform.

use http::StatusCode;
use http_body::Body as _;
use isobar::driver::Problem;
use isobar::http::Request;

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
