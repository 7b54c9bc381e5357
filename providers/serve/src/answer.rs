//! What happens to one request around its handler: admission, the id, and the handler's panic.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body::Body;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use isobar::driver::caught;
use isobar::function::{REQUEST_ID, RequestId};
use tower::{Service, ServiceExt as _};

use crate::body::{BodyError, RequestBody};
use crate::options::Options;
use crate::problem::Problem;

/// What the server knows about a request beside the request itself: an extension of each request it passes on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Arrival {
    /// The request's id, which its response will carry.
    pub request_id: RequestId,
    /// The other end of the connection; a proxy's, where there is one in front.
    pub peer: SocketAddr,
}

pub(crate) async fn answer<S, B>(
    service: S,
    options: &Options,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Response<Either<B, Full<Bytes>>>
where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>,
{
    let id = RequestId::of(request.headers(), &options.request_id_headers);
    if let Some(problem) = refusal(&request, options) {
        return close(problem, &id);
    }
    let (mut head, incoming) = request.into_parts();
    head.extensions.insert(Arrival {
        request_id: id.clone(),
        peer,
    });
    let body = RequestBody::new(incoming, options.max_body_bytes, options.body_idle_timeout);
    let breach = body.breach();
    let handling = service.oneshot(Request::from_parts(head, body));
    let mut response = match caught(handling).await {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(message) => return panicked(&message, &id),
    };
    if let Some(error) = breach.error() {
        return close(body_problem(&error, options), &id);
    }
    response
        .headers_mut()
        .entry(REQUEST_ID)
        .or_insert_with(|| id.header_value());
    response.map(Either::Left)
}

fn refusal(request: &Request<Incoming>, options: &Options) -> Option<Problem> {
    let target = target_length(request.uri());
    if target > options.max_target_bytes {
        let detail = format!(
            "the request target has {target} bytes, this server takes {}",
            options.max_target_bytes
        );
        return Some(Problem::new(
            StatusCode::URI_TOO_LONG,
            "target_too_long",
            "client",
            detail,
        ));
    }
    let announced = request.body().size_hint().lower();
    (announced > options.max_body_bytes).then(|| body_problem(&BodyError::TooLarge, options))
}

fn target_length(uri: &Uri) -> usize {
    let scheme = uri
        .scheme_str()
        .map_or(0, |scheme| scheme.len() + "://".len());
    let authority = uri
        .authority()
        .map_or(0, |authority| authority.as_str().len());
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    scheme + authority + path
}

fn body_problem(error: &BodyError, options: &Options) -> Problem {
    let (status, code, limit) = match error {
        BodyError::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            format!("{} bytes", options.max_body_bytes),
        ),
        BodyError::TooSlow | BodyError::Broken(_) => (
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            format!(
                "{} ms between two pieces",
                options.body_idle_timeout.as_millis()
            ),
        ),
    };
    Problem::new(
        status,
        code,
        "client",
        format!("{error}; the limit is {limit}"),
    )
}

/// The rest of the request is not read, so the connection cannot carry another one.
fn close<B>(problem: Problem, id: &RequestId) -> Response<Either<B, Full<Bytes>>> {
    let mut response = problem.into_response(id).map(Either::Right);
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn panicked<B>(message: &str, id: &RequestId) -> Response<Either<B, Full<Bytes>>> {
    tracing::error!(
        request_id = id.as_str(),
        panic = message,
        "a handler panicked"
    );
    let detail =
        "the handler of this request failed; the server's log has the cause under the request's id";
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "handler_panicked",
        "server",
        detail,
    )
    .into_response(id)
    .map(Either::Right)
}
