//! Lambda's runtime API as far as a function uses it, and a function process behind it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};

/// What a function sent back for one event.
#[derive(Debug, PartialEq)]
pub(crate) enum Reply {
    Response(Value),
    Error { kind: String, message: String },
    Stream(Box<Stream>),
}

/// An answer that came in pieces.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Stream {
    pub(crate) content_type: String,
    /// Each with the time since the first.
    pub(crate) pieces: Vec<(Duration, Bytes)>,
    pub(crate) trailers: HeaderMap,
}

struct Invocation {
    event: Vec<u8>,
    deadline: SystemTime,
    trace: Option<String>,
    reply: oneshot::Sender<Reply>,
}

struct Shared {
    events: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    waiting: Mutex<HashMap<String, oneshot::Sender<Reply>>>,
    init_errors: mpsc::Sender<Reply>,
    asked: mpsc::UnboundedSender<&'static str>,
}

/// A function process and the runtime API that it polls.
pub(crate) struct Function {
    events: mpsc::Sender<Invocation>,
    pub(crate) init_errors: mpsc::Receiver<Reply>,
    /// What it has asked for beside giving answers, in its order.
    pub(crate) asked: mpsc::UnboundedReceiver<&'static str>,
    pub(crate) process: Child,
}

impl Function {
    /// Starts the example `echo` with these variables beside Lambda's own.
    pub(crate) async fn start(variables: &[(&str, &str)]) -> Self {
        let (events, receiver) = mpsc::channel(8);
        let (reports, init_errors) = mpsc::channel(8);
        let (requests, asked) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            events: tokio::sync::Mutex::new(receiver),
            waiting: Mutex::default(),
            init_errors: reports,
            asked: requests,
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route(
                "/2018-06-01/runtime/invocation/{id}/response",
                post(response),
            )
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .route("/2020-01-01/extension/register", post(register))
            .route("/2020-01-01/extension/event/next", get(next_of_extension))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(shared);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        let process = Command::new(example("echo"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "echo")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the example was built");
        Self {
            events,
            init_errors,
            asked,
            process,
        }
    }

    /// Sends an event and waits for what the function makes of it.
    pub(crate) async fn invoke(&self, event: impl Into<Vec<u8>>) -> Reply {
        self.invoke_within(event, Duration::from_secs(30)).await
    }

    /// The same with another deadline.
    pub(crate) async fn invoke_within(&self, event: impl Into<Vec<u8>>, time: Duration) -> Reply {
        self.invoke_by(event, SystemTime::now() + time).await
    }

    /// The same with a deadline that may have passed.
    pub(crate) async fn invoke_by(&self, event: impl Into<Vec<u8>>, deadline: SystemTime) -> Reply {
        self.send(event.into(), deadline, None).await
    }

    /// The same with a segment of X-Ray.
    pub(crate) async fn invoke_traced(&self, event: impl Into<Vec<u8>>, trace: &str) -> Reply {
        let deadline = SystemTime::now() + Duration::from_secs(30);
        self.send(event.into(), deadline, Some(trace.to_owned()))
            .await
    }

    async fn send(&self, event: Vec<u8>, deadline: SystemTime, trace: Option<String>) -> Reply {
        let (reply, answer) = oneshot::channel();
        let invocation = Invocation {
            event,
            deadline,
            trace,
            reply,
        };
        self.events.send(invocation).await.expect("the API runs");
        answer.await.expect("the function answers")
    }
}

/// An example of this crate, which cargo builds with the tests.
fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("a path");
    let profile = tests.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
    profile.join("examples").join(name)
}

/// The answers of the extensions API, whose events an extension that registers for none waits for in vain.
async fn register(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    assert!(headers.contains_key("lambda-extension-name"));
    assert_eq!(&*body, br#"{"events":[]}"#);
    let _ = shared.asked.send("register");
    [("lambda-extension-identifier", "an-extension")]
}

async fn next_of_extension(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> StatusCode {
    assert_eq!(headers["lambda-extension-identifier"], "an-extension");
    let _ = shared.asked.send("event of the extension");
    std::future::pending().await
}

async fn next(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let _ = shared.asked.send("event");
    let Some(invocation) = shared.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let mut waiting = shared.waiting.lock().expect("no panic under it");
    let id = format!("invocation-{}", waiting.len());
    waiting.insert(id.clone(), invocation.reply);
    let deadline = invocation.deadline.duration_since(SystemTime::UNIX_EPOCH);
    let trace = invocation.trace;
    let trace = trace.map(|trace| [("lambda-runtime-trace-id", trace)]);
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        (
            "lambda-runtime-deadline-ms",
            deadline.expect("after 1970").as_millis().to_string(),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:echo".to_owned(),
        ),
    ];
    match trace {
        Some(trace) => (headers, trace, invocation.event).into_response(),
        None => (headers, invocation.event).into_response(),
    }
}

async fn response(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    request: axum::extract::Request,
) -> StatusCode {
    let streams = request
        .headers()
        .get("lambda-runtime-function-response-mode");
    let streams = streams.is_some_and(|mode| mode == "streaming");
    let content_type = request.headers()["content-type"].to_str().expect("text");
    let mut stream = Stream {
        content_type: content_type.to_owned(),
        ..Stream::default()
    };
    let (mut body, mut first) = (request.into_body(), None);
    while let Some(frame) = body.frame().await {
        let frame = frame.expect("a whole answer");
        let begin = *first.get_or_insert_with(Instant::now);
        match frame.into_data() {
            Ok(piece) => stream.pieces.push((begin.elapsed(), piece)),
            Err(frame) => stream.trailers = frame.into_trailers().expect("trailers"),
        }
    }
    if streams {
        return answer(&shared, &id, Reply::Stream(Box::new(stream)));
    }
    assert_eq!(stream.content_type, "application/json");
    let whole: Vec<u8> = stream
        .pieces
        .iter()
        .flat_map(|(_, piece)| piece.to_vec())
        .collect();
    let value = serde_json::from_slice(&whole).expect("a response is JSON");
    answer(&shared, &id, Reply::Response(value))
}

async fn error(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> StatusCode {
    answer(&shared, &id, reported(&body))
}

async fn init_error(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    assert!(headers.contains_key("lambda-runtime-function-error-type"));
    let sent = shared.init_errors.send(reported(&body)).await;
    sent.map_or(StatusCode::GONE, |()| StatusCode::ACCEPTED)
}

fn reported(body: &[u8]) -> Reply {
    let error: Value = serde_json::from_slice(body).expect("an error is JSON");
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    Reply::Error {
        kind: text("errorType"),
        message: text("errorMessage"),
    }
}

fn answer(shared: &Shared, id: &str, reply: Reply) -> StatusCode {
    // An answered id stays known, so that ids are not used again.
    let (closed, _) = oneshot::channel();
    let mut waiting = shared.waiting.lock().expect("no panic under it");
    let waiting = waiting.insert(id.to_owned(), closed);
    match waiting.map(|waiting| waiting.send(reply)) {
        Some(Ok(())) => StatusCode::ACCEPTED,
        _ => StatusCode::BAD_REQUEST,
    }
}
