//! The application as it would run elsewhere: behind the limits of another platform, in instances that live as long as there.

mod exchange;
mod instance;
mod stage;
mod timed;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use isobar::driver::Problem;
use isobar::function::{REQUEST_ID, RequestId};
use isobar::http::{Body, Response};
use isobar::{Error, ErrorKind, Result};
use isobar_serve::{BoundServer, Options, RequestBody};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tower::Service;

pub use instance::INSTANCE_VARIABLE;
use instance::Troupe;
pub use stage::{Admits, Passes, Stage, up_to};
use timed::Timed;

/// A server that holds requests and responses to a stage, before processes of the application.
///
/// There is one process at a time, since the store of a directory has one. Where instances are fresh, a process is ended
/// after each request and the next one started at once, which wakes the application's schedules and delivers its messages
/// until then; requests wait for each other, and for handlers of events that have begun, which have the time of a request
/// to end. Requests that a store has signed are held to no limit and have no turn. What else of the target is not
/// enforced is listed in decision record 0094.
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
        #[cfg(feature = "blob")]
        let options = options.with_unlimited_bodies_below(crate::blob::sign::PATH);
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
        let troupe = Arc::new(Troupe::new(program, self.stage.time));
        troupe.prepare().await?;
        let front = Front(Arc::new(Shared {
            stage: self.stage,
            troupe: Arc::clone(&troupe),
        }));
        let serving = async {
            let result = server.run(front).await;
            troupe.end().await;
            result
        };
        let (result, ()) = tokio::join!(serving, troupe.keep());
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

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        let id = request.body().arrival().request_id.clone();
        request.headers_mut().insert(REQUEST_ID, id.header_value());
        let (waiting, gone) = oneshot::channel::<Infallible>();
        // A client that goes away must not leave a process behind that has served it.
        let answer = tokio::spawn(async move { shared.answer(request, gone).await });
        Box::pin(async move {
            let ended = |_| Error::new(ErrorKind::Internal, "the answer was given up");
            let answer = answer.await.map_err(ended);
            drop(waiting);
            Ok(answer.unwrap_or_else(|error| failed(&error, &id)))
        })
    }
}

impl Shared {
    /// Answers a request, unless its client is gone before its turn.
    async fn answer(
        &self,
        request: Request<RequestBody>,
        gone: oneshot::Receiver<Infallible>,
    ) -> Response {
        let id = request.body().arrival().request_id.clone();
        #[cfg(feature = "blob")]
        if crate::SignedBlobs::is_for(request.uri().path()) {
            let answer = self.beside(request.map(RequestBody::into_body)).await;
            return answer.unwrap_or_else(|error| failed(&error, &id));
        }
        let (parts, content) = request.into_parts();
        if let Err(error) = self.stage.check_head(&parts) {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return refused(status, "head_too_large", &error, &id);
        }
        let Ok(content) = content.collect().await else {
            // The server knows why, and says so in the place of this.
            let mut refusal = Response::new(Body::empty());
            *refusal.status_mut() = StatusCode::BAD_REQUEST;
            return refusal;
        };
        let request = Request::from_parts(parts, content.to_bytes());
        if let Some(Err(error)) = self.stage.admits.as_ref().map(|admits| admits(&request)) {
            return refused(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", &error, &id);
        }
        let answer = if self.stage.fresh {
            self.by_a_fresh_one(request, gone).await
        } else {
            self.by_the_one(request).await
        };
        answer.unwrap_or_else(|error| failed(&error, &id))
    }

    /// What a store has signed is between it and the client, as if it were elsewhere.
    #[cfg(feature = "blob")]
    async fn beside(&self, request: Request<Body>) -> Result<Response> {
        let (address, guard) = self.troupe.beside().await?;
        let response = exchange::send(address, request).await?;
        Ok(response.map(|body| isobar::driver::holding(body, guard)))
    }

    async fn by_the_one(&self, request: Request<Bytes>) -> Result<Response> {
        let address = self.troupe.prepare().await?;
        self.exchanged(address, request).await
    }

    /// The process is replaced whatever becomes of the request, and before the next one.
    async fn by_a_fresh_one(
        &self,
        request: Request<Bytes>,
        gone: oneshot::Receiver<Infallible>,
    ) -> Result<Response> {
        let turn = tokio::select! {
            biased;
            _ = gone => return Err(Error::new(ErrorKind::Unavailable, "the client is gone")),
            turn = self.troupe.turn() => turn?,
        };
        let answer = self.exchanged(turn.address(), request).await;
        turn.replace();
        answer
    }

    /// The response of the process at this address, within the time that the request has.
    async fn exchanged(&self, address: SocketAddr, request: Request<Bytes>) -> Result<Response> {
        let exchange = async {
            let response = exchange::send(address, request.map(Full::new)).await?;
            self.passed(response).await
        };
        let exchange = self.troupe.unless_stopped(exchange);
        let Some(time) = self.stage.time else {
            return exchange.await?;
        };
        let end = Instant::now() + time;
        let response = tokio::time::timeout_at(end, exchange).await;
        let response = response.map_err(|_| {
            let message = format!("no answer within the {} s that it has", time.as_secs_f64());
            Error::new(ErrorKind::DeadlineExceeded, message)
        })???;
        if self.stage.passes.is_some() {
            return Ok(response);
        }
        Ok(response.map(|body| Timed::body(body, end)))
    }

    /// The response where it is passed on, in one piece where the stage asks for that.
    async fn passed(&self, response: Response) -> Result<Response> {
        self.stage.check_response_fields(response.headers())?;
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

fn refused(status: StatusCode, code: &'static str, error: &Error, id: &RequestId) -> Response {
    Problem::new(status, code, "client", error.to_string()).into_response(id)
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
