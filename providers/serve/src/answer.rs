//! What happens to one request around its handler: admission, the id, and the handler's panic.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body::Body as _;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use isobar::driver::caught_step;
use isobar::function::{REQUEST_ID, RequestId};
use pin_project_lite::pin_project;
use tower::util::Oneshot;
use tower::{Service, ServiceExt as _};

use crate::body::{Arrival, BodyError, Breach, RequestBody};
use crate::options::Options;
use crate::problem::Problem;
use crate::pulse::{Beat, Pulse};
use crate::response::ResponseBody;

/// The service that hyper calls for each request of one connection.
///
/// It and its future are written out, not composed of async blocks, because each of those moves the whole request once
/// more, and this is on the path of every request.
#[derive(Debug)]
pub(crate) struct Answers<S> {
    pub(crate) service: S,
    pub(crate) options: Arc<Options>,
    pub(crate) peer: SocketAddr,
    pub(crate) pulse: Arc<Pulse>,
}

pin_project! {
    /// A request under way.
    pub(crate) struct Answer<F> {
        #[pin]
        handling: Handling<F>,
        id: RequestId,
        options: Arc<Options>,
        beat: Option<Beat>,
    }
}

pin_project! {
    #[project = HandlingProjection]
    enum Handling<F> {
        Refused { problem: Option<Problem> },
        Called { #[pin] future: F, breach: Breach },
    }
}

impl<S, B> hyper::service::Service<Request<Incoming>> for Answers<S>
where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible> + Clone,
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<ResponseBody<B>>;
    type Error = Infallible;
    type Future = Answer<Oneshot<S, Request<RequestBody>>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let id = RequestId::of(request.headers(), &self.options.request_id_headers);
        let handling = if let Some(problem) = refusal(&request, &self.options) {
            Handling::Refused {
                problem: Some(problem),
            }
        } else {
            let arrival = Arrival {
                request_id: id.clone(),
                peer: self.peer,
            };
            let admit = |incoming| RequestBody::new(incoming, arrival, &self.options);
            let request = request.map(admit);
            let breach = request.body().breach();
            Handling::Called {
                future: self.service.clone().oneshot(request),
                breach,
            }
        };
        let beat = Some(self.pulse.begin());
        Answer {
            handling,
            id,
            options: Arc::clone(&self.options),
            beat,
        }
    }
}

impl<F, B> Future for Answer<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
{
    type Output = Result<Response<ResponseBody<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = match this.handling.project() {
            HandlingProjection::Refused { problem } => {
                let problem = problem
                    .take()
                    .expect("a future is not polled after its end");
                close(problem, this.id)
            }
            HandlingProjection::Called { future, breach } => {
                match caught_step(|| future.poll(cx)) {
                    Ok(poll) => finish(ready!(poll), breach, this.id, this.options),
                    Err(message) => panicked(&message, this.id),
                }
            }
        };
        let beat = this
            .beat
            .take()
            .expect("a future is not polled after its end");
        Poll::Ready(Ok(response.map(|body| ResponseBody::new(body, beat))))
    }
}

fn finish<B>(
    handled: Result<Response<B>, Infallible>,
    breach: &Breach,
    id: &RequestId,
    options: &Options,
) -> Response<Either<B, Full<Bytes>>> {
    let mut response = match handled {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if let Some(error) = breach.error() {
        return close(body_problem(&error, options), id);
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
