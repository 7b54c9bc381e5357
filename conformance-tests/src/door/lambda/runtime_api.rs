//! The runtime API of Lambda, as a function asks it for events and answers them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full};
use isobar_serve::{Options, RequestBody, Server};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;
use tower::service_fn;

use super::TIMEOUT;
use crate::Failure;
use crate::door::Piece;

/// A runtime API and its server.
#[derive(Debug)]
pub(super) struct RunningApi(Arc<RuntimeApi>, JoinHandle<()>);

/// The runtime API of one function.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    /// The ARN by which the function is invoked.
    function: String,
    /// Reports of a start that failed.
    init_errors: Mutex<Vec<String>>,
    events: mpsc::UnboundedSender<Invocation>,
    waiting: Mutex<mpsc::UnboundedReceiver<Invocation>>,
    answers: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
}

#[derive(Debug)]
struct Invocation {
    id: String,
    event: Bytes,
    answer: oneshot::Sender<Answer>,
}

#[derive(Debug)]
pub(super) enum Answer {
    Response(Bytes),
    /// What comes is passed on as it comes.
    Stream(mpsc::Receiver<Piece>),
    Error(Bytes),
}

const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";
/// The trailer of a response that broke off.
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const INIT_ERROR: &str = "/2018-06-01/runtime/init/error";
const INVOCATION: &str = "/2018-06-01/runtime/invocation/";

impl Drop for RunningApi {
    fn drop(&mut self) {
        self.1.abort();
    }
}

impl Deref for RunningApi {
    type Target = RuntimeApi;

    fn deref(&self) -> &RuntimeApi {
        &self.0
    }
}

impl Answer {
    /// What it says, for people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Response(text) | Self::Error(text) => String::from_utf8_lossy(text).into_owned(),
            Self::Stream(_) => "a response that is streamed".to_owned(),
        }
    }
}

impl RuntimeApi {
    /// Listens for a function of this account; the address.
    pub(super) async fn start(account: &str) -> Result<(RunningApi, String), Failure> {
        let (events, waiting) = mpsc::unbounded_channel();
        let api = Arc::new(Self {
            function: format!("arn:aws:lambda:us-east-1:{account}:function:probe"),
            init_errors: Mutex::default(),
            events,
            waiting: Mutex::new(waiting),
            answers: Mutex::default(),
        });
        let options = Options::default().with_max_body_bytes(64 << 20);
        let bound = Server::bind("127.0.0.1:0", options).await;
        let bound = bound.map_err(|error| Failure::new(error.to_string()))?;
        let address = bound.local_addr().to_string();
        let asked = Arc::clone(&api);
        let service = service_fn(move |request| Arc::clone(&asked).serve(request));
        let server = tokio::spawn(bound.run_until(service, std::future::pending()));
        Ok((RunningApi(api, server), address))
    }

    /// The reports of a start that failed.
    pub(super) async fn init_errors(&self) -> Vec<String> {
        self.init_errors.lock().await.clone()
    }

    /// Hands the function an event, and waits for the beginning of its answer.
    pub(super) async fn invoke(&self, event: Bytes) -> Result<Answer, Failure> {
        let (answer, answered) = oneshot::channel();
        let id = format!("{:032x}", fastrand::u128(..));
        let gone = || Failure::new("the function is gone");
        let invocation = Invocation { id, event, answer };
        self.events.send(invocation).map_err(|_| gone())?;
        match tokio::time::timeout(TIMEOUT, answered).await {
            Ok(answer) => answer.map_err(|_| gone()),
            Err(_) => Err(Failure::new("the function did not answer in 30 s")),
        }
    }

    async fn serve(
        self: Arc<Self>,
        request: Request<RequestBody>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let path = request.uri().path().to_owned();
        let step = path.strip_prefix(INVOCATION).unwrap_or_default();
        let answer = match (request.method(), step.split_once('/')) {
            (&Method::GET, None) if step == "next" => self.next().await,
            (&Method::POST, Some((id, "response")))
                if request.headers().contains_key(RESPONSE_MODE) =>
            {
                self.stream(id, request.into_body()).await
            }
            (&Method::POST, Some((id, "response"))) => {
                let body = collected(request).await;
                self.answer(id, body.map(Answer::Response)).await
            }
            (&Method::POST, Some((id, "error"))) => {
                let body = collected(request).await;
                self.answer(id, body.map(Answer::Error)).await
            }
            (&Method::POST, _) if path == INIT_ERROR => {
                let report = collected(request).await.unwrap_or_default();
                let report = String::from_utf8_lossy(&report).into_owned();
                self.init_errors.lock().await.push(report);
                status(StatusCode::ACCEPTED)
            }
            _ => status(StatusCode::NOT_FOUND),
        };
        Ok(answer)
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        let Some(invocation) = self.waiting.lock().await.recv().await else {
            return status(StatusCode::GONE);
        };
        let Invocation { id, event, answer } = invocation;
        let deadline = SystemTime::now() + TIMEOUT;
        let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
        let response = Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", &id)
            .header(
                "lambda-runtime-deadline-ms",
                deadline.as_millis().to_string(),
            )
            .header(
                "lambda-runtime-invoked-function-arn",
                self.function.as_str(),
            )
            .header(
                "lambda-runtime-trace-id",
                "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=53995c3f42cd8ad8;Sampled=1",
            )
            .body(Full::from(event));
        self.answers.lock().await.insert(id, answer);
        response.unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
    }

    /// Passes on what the function streams, all of it: nobody tells the function that its client is gone.
    async fn stream(&self, id: &str, mut body: RequestBody) -> Response<Full<Bytes>> {
        let (sender, pieces) = mpsc::channel(1);
        let answered = self.answer(id, Some(Answer::Stream(pieces))).await;
        while let Some(frame) = body.frame().await {
            let piece = match frame.map(Frame::into_data) {
                Ok(Ok(content)) => Piece::Content(content.into()),
                // Trailers, which a function has for a failure on the way.
                Ok(Err(other)) if tells_failure(&other) => {
                    Piece::Broken("the function failed on the way".to_owned())
                }
                Ok(Err(_)) => continue,
                Err(error) => Piece::Broken(format!("the function broke off: {error}")),
            };
            let is_broken = matches!(piece, Piece::Broken(_));
            let _ = sender.send(piece).await;
            if is_broken {
                break;
            }
        }
        answered
    }

    async fn answer(&self, id: &str, answer: Option<Answer>) -> Response<Full<Bytes>> {
        let waiting = self.answers.lock().await.remove(id);
        match (waiting, answer) {
            (Some(waiting), Some(answer)) => {
                let _ = waiting.send(answer);
                status(StatusCode::ACCEPTED)
            }
            _ => status(StatusCode::BAD_REQUEST),
        }
    }
}

/// All that a function streams; fails where it broke off.
pub(super) async fn whole(mut pieces: mpsc::Receiver<Piece>) -> Result<Vec<u8>, Failure> {
    let mut whole = Vec::new();
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Content(content) => whole.extend(content),
            Piece::Broken(why) => return Err(Failure::new(why)),
        }
    }
    Ok(whole)
}

async fn collected(request: Request<RequestBody>) -> Option<Bytes> {
    let collected = request.into_body().collect().await.ok()?;
    Some(collected.to_bytes())
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

fn tells_failure(frame: &Frame<Bytes>) -> bool {
    let trailers = frame.trailers_ref();
    trailers.is_some_and(|trailers| trailers.contains_key(ERROR_TYPE))
}
