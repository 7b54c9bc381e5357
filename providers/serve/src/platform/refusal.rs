//! What the client of a request is told that came in an event or a call, in the words of the server.

use http::StatusCode;
use http_body::Body as _;
use isobar::Error;
use isobar::driver::Problem;
use isobar::http::Request;

use super::facts::FrontLimits;
use super::held::head_bytes;
use crate::options::Options;

/// The refusal of a request that is larger than its front end lets through, or than the server takes by its
/// [`Options`] where no limit of the front end is known: 414, 431 or 413.
///
/// The front end itself refuses what is over its limits; an emulator of it, or whoever calls past it, may not. The head is the
/// method, the target, and the names and values of the fields.
pub fn too_large(request: &Request, limits: FrontLimits) -> Option<Problem> {
    let usual = Options::default();
    let target = request.uri().path_and_query();
    let target = target.map_or(0, |target| target.as_str().len()) as u64;
    let most = limits.target.unwrap_or(usual.max_target_bytes as u64);
    if target > most {
        let detail = format!("the request target has {target} bytes, this server takes {most}");
        let status = StatusCode::URI_TOO_LONG;
        return Some(Problem::new(status, "target_too_long", "client", detail));
    }
    let line = request.method().as_str().len() as u64 + target;
    let head = line + head_bytes(request.headers());
    let most = limits.request_head.unwrap_or(usual.max_head_bytes as u64);
    if head > most {
        let detail = format!("the head of the request has {head} bytes, this server takes {most}");
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Some(Problem::new(status, "head_too_large", "client", detail));
    }
    let most = limits.request.unwrap_or(usual.max_body_bytes);
    (request.body().size_hint().lower() > most).then(|| {
        let detail = format!("the request body is too large; the limit is {most} bytes");
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Problem::new(status, "body_too_large", "client", detail)
    })
}

/// What the client gets that has sent what is no request of HTTP, such as a target without a path: 400.
pub fn malformed_request(error: &Error) -> Problem {
    let detail = error.message().to_owned();
    let status = StatusCode::BAD_REQUEST;
    Problem::new(status, "request_malformed", "client", detail)
}

/// What the client gets in the place of a response that the platform could only pass on as another one: 502.
pub fn response_not_passed_on(error: &Error) -> Problem {
    let detail = error.message().to_owned();
    let status = StatusCode::BAD_GATEWAY;
    Problem::new(status, "response_not_passed_on", "server", detail)
}

#[cfg(test)]
mod tests {
    use isobar::http::Body;

    use super::*;

    fn refused(target: usize, field: usize, content: usize, limits: FrontLimits) -> Option<u16> {
        let request = http::Request::get(format!("/{}", "p".repeat(target - 1)));
        let request = request.header("x-field", "v".repeat(field));
        let request = request.body(Body::from(vec![0; content])).unwrap();
        too_large(&request, limits).map(|problem| problem.status.as_u16())
    }

    #[test]
    fn the_limits_are_those_of_the_front_end_or_of_the_server() {
        let own = FrontLimits {
            target: Some(16),
            request_head: Some(64),
            request: Some(8),
            ..FrontLimits::NONE
        };
        for (target, field, content, expected) in [
            (16, 1, 8, None),
            (17, 100, 9, Some(414)),
            // With `GET` and `x-field`.
            (16, 38, 0, None),
            (16, 39, 9, Some(431)),
            (16, 1, 9, Some(413)),
        ] {
            assert_eq!(refused(target, field, content, own), expected);
        }
        for (target, field, content, expected) in [
            (8_192, 24_000, 10 << 20, None),
            (8_193, 1, 0, Some(414)),
            (1, 32 << 10, 0, Some(431)),
            (1, 1, (10 << 20) + 1, Some(413)),
        ] {
            let found = refused(target, field, content, FrontLimits::NONE);
            assert_eq!(found, expected, "{target} {field} {content}");
        }
    }
}
