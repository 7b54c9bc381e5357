//! What happens to one request around its handler: admission, the id, and the handler's panic.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use futures_util::future::Either;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body::Body as _;
use http_body_util::{Either as Body, Full};
use hyper::body::Incoming;
use isobar::driver::{Problem, caught_step};
use isobar::function::{REQUEST_ID, RequestId};
use pin_project_lite::pin_project;
use tower::util::Oneshot;
use tower::{Service, ServiceExt as _};

use crate::body::{Arrival, BodyError, Breach, RequestBody};
use crate::options::Options;
use crate::pulse::{Beat, Pulse};
use crate::response::ResponseBody;

const CLOSE: HeaderValue = HeaderValue::from_static("close");

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
        asked: Asked,
        options: Arc<Options>,
        beat: Option<Beat>,
    }
}

pin_project! {
    #[project = HandlingProjection]
    enum Handling<F> {
        Answered { response: Option<Box<Response<Full<Bytes>>>> },
        Called { #[pin] future: F, breach: Breach },
    }
}

/// What the server has to know of a request to answer it itself.
struct Asked {
    id: RequestId,
    /// Whether the platform brings an event by it, and reads in the answer what became of that.
    is_event: bool,
}

impl<S, B> hyper::service::Service<Request<Incoming>> for Answers<S>
where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible> + Clone,
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<ResponseBody<B>>;
    type Error = Infallible;
    type Future = Answer<Call<S>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let asked = Asked::of(&request, &self.options);
        let refused = refusal(&request, &self.options);
        let refused = refused.map(|problem| close(problem, &asked, &self.options));
        let mut answer = Answer {
            handling: Handling::Answered {
                response: refused.map(Box::new),
            },
            asked,
            options: Arc::clone(&self.options),
            beat: Some(self.pulse.begin()),
        };
        if matches!(answer.handling, Handling::Answered { response: None }) {
            self.handle(request, &mut answer);
        }
        answer
    }
}

/// The service's own future where it was ready at once, as applications are: to wait for it would move the request
/// once more.
type Call<S> = Either<
    <S as Service<Request<RequestBody>>>::Future,
    Pin<Box<Oneshot<S, Request<RequestBody>>>>,
>;

impl<S> Answers<S> {
    /// Request and future cross the seam by reference: what is moved through it is copied at each of its layers.
    fn handle<B>(&self, request: Request<Incoming>, answer: &mut Answer<Call<S>>)
    where
        S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible> + Clone,
    {
        let mut request = Some(request);
        let called = caught_step(|| {
            if let Some(request) = request.take() {
                answer.handling = self.call_service(request, answer.asked.id.clone());
            }
        });
        if let Err(message) = called {
            answer.handling = Handling::Answered {
                response: Some(Box::new(panicked(&message, &answer.asked, &self.options))),
            };
        }
    }

    fn call_service<B>(
        &self,
        request: Request<Incoming>,
        request_id: RequestId,
    ) -> Handling<Call<S>>
    where
        S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible> + Clone,
    {
        let arrival = Arrival {
            request_id,
            peer: self.peer,
        };
        let max_bytes = self.options.body_bytes_at(request.uri().path());
        let limits = (&*self.options, max_bytes);
        let request = request.map(|body| RequestBody::new(body, arrival, limits, &self.pulse));
        let breach = request.body().breach();
        let mut service = self.service.clone();
        let future = match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(_) => Either::Left(service.call(request)),
            Poll::Pending => Either::Right(Box::pin(service.oneshot(request))),
        };
        Handling::Called { future, breach }
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
            HandlingProjection::Answered { response } => {
                let response = response.take();
                let response = response.expect("a future is not polled after its end");
                response.map(Body::Right)
            }
            HandlingProjection::Called { future, breach } => {
                match caught_step(|| future.poll(cx)) {
                    Ok(poll) => finish(ready!(poll), breach, this.asked, this.options),
                    Err(message) => panicked(&message, this.asked, this.options).map(Body::Right),
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

impl Asked {
    fn of(request: &Request<Incoming>, options: &Options) -> Self {
        let is_event = options.event_calls.is_some_and(|calls| {
            (calls.is_call)(request.method(), request.uri().path(), request.headers())
        });
        Self {
            id: RequestId::of(request.headers(), &options.request_id_headers),
            is_event,
        }
    }

    /// The server's own answer: of an event also in the words of the platform that brings it.
    fn told(&self, mut problem: Problem, options: &Options) -> Response<Full<Bytes>> {
        let calls = options.event_calls.filter(|_| self.is_event);
        let Some(calls) = calls else {
            return problem.into_response(&self.id);
        };
        problem.status = calls.failed_status;
        let mut response = problem.into_response(&self.id);
        calls.note(response.headers_mut(), calls.failed);
        response
    }
}

fn finish<B>(
    handled: Result<Response<B>, Infallible>,
    breach: &Breach,
    asked: &Asked,
    options: &Options,
) -> Response<Body<B, Full<Bytes>>> {
    let mut response = match handled {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if let Some(error) = breach.error() {
        return close(body_problem(&error, options), asked, options).map(Body::Right);
    }
    response
        .headers_mut()
        .entry(REQUEST_ID)
        .or_insert_with(|| asked.id.header_value());
    response.map(Body::Left)
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
    let limit = options.body_bytes_at(request.uri().path());
    (announced > limit).then(|| body_problem(&BodyError::TooLarge, options))
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
                "{} ms between two pieces, and {} bytes a second",
                options.body_idle_timeout.as_millis(),
                options.least_body_rate
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
fn close(problem: Problem, asked: &Asked, options: &Options) -> Response<Full<Bytes>> {
    let mut response = asked.told(problem, options);
    response.headers_mut().insert(CONNECTION, CLOSE);
    response
}

fn panicked(message: &str, asked: &Asked, options: &Options) -> Response<Full<Bytes>> {
    tracing::error!(
        request_id = asked.id.as_str(),
        panic = message,
        "a handler panicked"
    );
    let detail =
        "the handler of this request failed; the server's log has the cause under the request's id";
    let problem = Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "handler_panicked",
        "server",
        detail,
    );
    asked.told(problem, options)
}
