//! The application as it would run elsewhere: behind the limits of another platform, in instances that live as long as there.

mod exchange;
mod instance;

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use isobar::driver::Problem;
use isobar::function::RequestId;
use isobar::http::{Body, Response};
use isobar::{Error, ErrorKind, Result};
use isobar_serve::{BoundServer, Options, RequestBody};
use tower::Service;

pub use instance::INSTANCE_VARIABLE;
use instance::Troupe;

/// What another platform lets through, and how its instances live; sizes are bytes.
#[derive(Clone, Default)]
pub struct Stage {
    /// Path and query.
    pub target: Option<u64>,
    /// The names and values of a request's header fields with its method and target.
    pub head: Option<u64>,
    /// The content of a request.
    pub content: Option<u64>,
    /// The time that a request has.
    pub time: Option<Duration>,
    /// Whether the platform passes a response on; responses are streamed where nothing is asked.
    pub passes: Option<Passes>,
    /// Whether each request meets a process that had none before.
    pub fresh: bool,
}

/// Says that a response is passed on, or by `TooLarge` that it is not.
pub type Passes = Arc<dyn Fn(http::Response<Bytes>) -> Result<()> + Send + Sync>;

/// Responses with at most so many bytes of content.
pub fn up_to(most: u64) -> Passes {
    Arc::new(move |response| {
        let measured = response.body().len() as u64;
        if measured <= most {
            return Ok(());
        }
        let what = "the size in bytes of the response";
        Err(Error::over_limit(ErrorKind::TooLarge, what, most, measured))
    })
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage")
            .field("content", &self.content)
            .field("time", &self.time)
            .field("fresh", &self.fresh)
            .finish_non_exhaustive()
    }
}

/// A server that holds requests and responses to a stage, before processes of the application.
///
/// There is one process at a time, since the store of a directory has one. Where instances are fresh, a process is ended
/// after each request and the next one started at once, which wakes the application's schedules and delivers its messages
/// until then; requests wait for each other. That files can be written elsewhere than in a temporary folder is the one
/// thing that is not kept from it.
#[derive(Debug)]
pub struct Rehearsal {
    server: BoundServer,
    stage: Stage,
}

impl Rehearsal {
    /// Takes an address: `host:port`, where port 0 takes a free one.
    pub async fn bind(address: &str, stage: Stage) -> Result<Self> {
        let mut options = Options::default();
        if let Some(content) = stage.content {
            options = options.with_max_body_bytes(content);
        }
        if let Some(target) = stage.target {
            options = options.with_max_target_bytes(usize::try_from(target).unwrap_or(usize::MAX));
        }
        let server = BoundServer::bind(address, options).await?;
        Ok(Self { server, stage })
    }

    /// The address, with the port that was chosen.
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Serves until SIGTERM or SIGINT; `program` starts the application, which must listen where
    /// `ISOBAR_LISTEN` says.
    ///
    /// Fails where the first process does not start.
    pub async fn run(self, program: impl Fn() -> Command + Send + Sync + 'static) -> Result<()> {
        let server = self.server.take()?;
        let troupe = Arc::new(Troupe::new(program));
        troupe.prepare().await?;
        let front = Front(Arc::new(Shared {
            stage: self.stage,
            troupe: Arc::clone(&troupe),
        }));
        let result = server.run(front).await;
        troupe.end().await;
        result.map_err(Error::from)
    }
}

#[derive(Debug)]
struct Shared {
    stage: Stage,
    troupe: Arc<Troupe>,
}

#[derive(Debug, Clone)]
struct Front(Arc<Shared>);

impl Service<Request<RequestBody>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, std::result::Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        let id = request.body().arrival().request_id.clone();
        // A client that goes away must not leave a process behind that has served it.
        let answer = tokio::spawn(async move { shared.answer(request).await });
        Box::pin(async move {
            let ended = |_| Error::new(ErrorKind::Internal, "the answer was given up");
            let answer = answer.await.map_err(ended);
            Ok(answer.unwrap_or_else(|error| failed(&error, &id)))
        })
    }
}

impl Shared {
    async fn answer(&self, request: Request<RequestBody>) -> Response {
        let id = request.body().arrival().request_id.clone();
        let (parts, content) = request.into_parts();
        let head = head_bytes(&parts.headers, &parts.method, &parts.uri);
        if let Some(most) = self.stage.head.filter(|most| head > *most) {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            let detail =
                format!("the head of the request has {head} bytes, and {most} are let through");
            return Problem::new(status, "head_too_large", "client", detail).into_response(&id);
        }
        let Ok(content) = content.collect().await else {
            // The server knows why, and says so in the place of this.
            let mut refusal = Response::new(Body::empty());
            *refusal.status_mut() = StatusCode::BAD_REQUEST;
            return refusal;
        };
        let request = Request::from_parts(parts, content.to_bytes());
        let answer = if self.stage.fresh {
            self.by_a_fresh_one(request).await
        } else {
            self.by_the_one(request).await
        };
        answer.unwrap_or_else(|error| failed(&error, &id))
    }

    async fn by_the_one(&self, request: Request<Bytes>) -> Result<Response> {
        let address = self.troupe.prepare().await?;
        let exchange = async {
            let response = exchange::send(address, request).await?;
            self.passed(response).await
        };
        self.within(exchange).await
    }

    /// The process is replaced whatever becomes of the request, and before the next one.
    async fn by_a_fresh_one(&self, request: Request<Bytes>) -> Result<Response> {
        let turn = self.troupe.turn().await?;
        let exchange = async {
            let response = exchange::send(turn.address(), request).await?;
            self.passed(response).await
        };
        let answer = self.within(exchange).await;
        turn.replace();
        answer
    }

    async fn within(&self, answer: impl Future<Output = Result<Response>>) -> Result<Response> {
        let Some(time) = self.stage.time else {
            return answer.await;
        };
        let timed = tokio::time::timeout(time, answer).await;
        timed.unwrap_or_else(|_| {
            let message = format!("no answer within the {} s that it has", time.as_secs_f64());
            Err(Error::new(ErrorKind::DeadlineExceeded, message))
        })
    }

    /// The response where it is passed on, in one piece where the stage asks for that.
    async fn passed(&self, response: Response) -> Result<Response> {
        let Some(passes) = &self.stage.passes else {
            return Ok(response);
        };
        let (parts, body) = response.into_parts();
        let content = body.collect().await.map_err(|error| {
            Error::new(ErrorKind::Unavailable, "the response was cut short").with_source(error)
        })?;
        let whole = Response::from_parts(parts, Body::empty());
        let content = content.to_bytes();
        let copy = {
            let mut copy = http::Response::new(content.clone());
            *copy.status_mut() = whole.status();
            *copy.headers_mut() = whole.headers().clone();
            copy
        };
        passes(copy)?;
        Ok(whole.map(|_| Body::from(content)))
    }
}

/// What API gateways count: the request line and the values of fields with their names.
fn head_bytes(headers: &HeaderMap, method: &http::Method, uri: &http::Uri) -> u64 {
    let fields = headers.iter();
    let fields = fields.map(|(name, value)| name.as_str().len() + value.len());
    let target = uri
        .path_and_query()
        .map_or(1, |target| target.as_str().len());
    (fields.sum::<usize>() + method.as_str().len() + target) as u64
}

fn failed(error: &Error, id: &RequestId) -> Response {
    let (status, code) = match error.kind() {
        ErrorKind::TooLarge => (StatusCode::BAD_GATEWAY, "response_too_large"),
        ErrorKind::DeadlineExceeded => (StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded"),
        _ => (StatusCode::BAD_GATEWAY, "no_response"),
    };
    tracing::warn!(target: "isobar", ?error, id = id.as_str(), "a response is not passed on");
    Problem::new(status, code, "server", error.to_string()).into_response(id)
}
