//! The application behind the doors: it tells what it saw, or answers what it is told to.

pub(crate) mod callers;
pub(crate) mod files;
pub(crate) mod inbox;
pub(crate) mod notes;
pub(crate) mod prompted;
pub(crate) mod ticks;
pub(crate) mod turned;

use std::future::ready;
use std::io::Write as _;
use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{OriginalUri, Path};
use axum::response::IntoResponse as _;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use isobar::driver::function::FunctionDriver;
use isobar::driver::topic::TopicDriver;
use isobar::function::Context;
use isobar::http::routing::{get, post};
use isobar::http::{Body, RebuiltQuery, Request, Response, Routes};
use isobar::{App, Capabilities, Capability, Environment, Result};
use isobar_aws::LambdaPlatform;
use isobar_aws::config::TopicPlace;
use isobar_local::{EventLog, LocalPlatform, LocalStore};
use isobar_oidc::OidcTokens;
use isobar_serve::event::EVENTS_VARIABLE;
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::door::{Door, WireRequest, WireResponse};
pub(crate) use files::FILES;
use inbox::Inbox;
pub(crate) use inbox::TOPIC;
pub(crate) use notes::NOTES;
use turned::TurnedClock;

/// The environment variable that turns this program into the probe: `local`, `lambda`, [`CONNECT`] or
/// [`CONNECT_ON_PIPES`].
pub const VARIABLE: &str = "ISOBAR_CONFORMANCE_PROBE";

/// The value with which the probe finds out where it runs, as applications do.
pub const CONNECT: &str = "connect";

/// The same, where standard input is the platform's.
pub const CONNECT_ON_PIPES: &str = "connect-on-pipes";

/// The environment variable by which the probe hears of changes of documents, where the platform tells it of events.
pub(crate) const CHANGES: &str = "ISOBAR_CONFORMANCE_CHANGES";

/// The environment variable by which the probe on Lambda knows where it sends messages: a place of SQS.
pub(crate) const TOPICS: &str = "ISOBAR_CONFORMANCE_TOPICS";

/// The environment variable by which the probe waits for events where the platform needs no path for them.
pub(crate) const EVENTS: &str = "ISOBAR_CONFORMANCE_EVENTS";

/// How long a handler may take to hear what happens around it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The environment variable with which the probe cannot start.
pub(crate) const BROKEN: &str = "ISOBAR_CONFORMANCE_BROKEN";
/// What is told of that.
pub(crate) const NO_START: &str = "cannot be built";

/// The header that tells the probe what to answer.
const ANSWER: &str = "x-probe-answer";

/// What the probe saw of a request.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Whether the platform said that it does not know the query as it was sent.
    pub(crate) query_rebuilt: bool,
    /// The path before a stage or prefix was taken away.
    pub(crate) original: String,
    /// Names, in lower case, and values in the order in which they came.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) length: usize,
    pub(crate) crc32c: u32,
    pub(crate) id: String,
    /// The client's address.
    pub(crate) remote: Option<IpAddr>,
    pub(crate) location: SeenLocation,
    /// The time that is left for work, in milliseconds.
    pub(crate) remaining: Option<u128>,
    pub(crate) trace: SeenTrace,
}

/// Where its client has reached it.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenLocation {
    pub(crate) scheme: String,
    pub(crate) host: Option<String>,
    pub(crate) port: u16,
    pub(crate) base_path: Option<String>,
    /// The URL of the path that it saw, or why there is none.
    pub(crate) url: String,
}

/// What it saw of the trace, in W3C's digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenTrace {
    pub(crate) trace_id: String,
    pub(crate) parent_id: Option<String>,
    pub(crate) is_sampled: bool,
    /// What the handler sends with its own calls.
    pub(crate) calls: Vec<(String, String)>,
}

impl Seen {
    /// The values of a header, split at commas and trimmed: what a gateway may not change.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let values = self.headers.iter().filter(|(found, _)| found == name);
        values
            .flat_map(|(_, value)| {
                let value = String::from_utf8_lossy(value).into_owned();
                let items = value.split(',').map(|item| item.trim().to_owned());
                items.collect::<Vec<_>>()
            })
            .collect()
    }

    /// The only value of a header.
    pub(crate) fn only(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.headers.iter().filter(|(found, _)| found == name);
        let first = values.next().map(|(_, value)| value.as_slice());
        if values.next().is_some() { None } else { first }
    }
}

/// What the probe is told to answer.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// So many more bytes of content.
    pub(crate) fill: usize,
}

/// What the probe saw of the request that goes through this door.
pub(crate) async fn seen(door: &dyn Door, request: &WireRequest) -> Result<Seen, Failure> {
    let response = door.send(request).await?;
    serde_json::from_slice(&response.body).map_err(|error| {
        let body = String::from_utf8_lossy(&response.body);
        let (status, target) = (response.status, &request.target);
        let (method, start) = (&request.method, body.chars().take(200).collect::<String>());
        Failure::new(format!(
            "{method} {target} was answered {status}, not by the probe: {error}: {start}"
        ))
    })
}

/// What comes back when the probe answers this.
pub(crate) async fn told(
    door: &dyn Door,
    method: &str,
    answer: &Told,
) -> Result<WireResponse, Failure> {
    door.send(&telling(method, answer)?).await
}

/// The request that the probe answers like this.
pub(crate) fn telling(method: &str, answer: &Told) -> Result<WireRequest, Failure> {
    let answer = serde_json::to_string(answer).map_err(|error| Failure::new(error.to_string()))?;
    Ok(WireRequest::new(method, "/told").header(ANSWER, answer))
}

/// Runs the probe where this process was started as one; `main` calls it first.
///
/// Returns whether it was; it ends with standard input, unless that is the platform's.
pub fn requested() -> Result<bool> {
    let Some(platform) = std::env::var_os(VARIABLE) else {
        return Ok(false);
    };
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        isobar::Error::new(isobar::ErrorKind::Internal, "no runtime").with_source(error)
    })?;
    let end = async {
        if platform == CONNECT_ON_PIPES {
            std::future::pending::<()>().await;
        }
        let mut input = tokio::io::stdin();
        let _ = tokio::io::copy(&mut input, &mut tokio::io::sink()).await;
    };
    let serve = async {
        if platform == CONNECT || platform == CONNECT_ON_PIPES {
            let ended = isobar_connect::run(woken()).await;
            let failed = || isobar::Error::new(isobar::ErrorKind::Internal, "the probe failed");
            return (ended == ExitCode::SUCCESS)
                .then_some(())
                .ok_or_else(failed);
        }
        if platform == "lambda" {
            let parts = Parts {
                topics: queues().await?,
                ..Parts::default()
            };
            return run(&LambdaPlatform::from_environment()?, parts).await;
        }
        let store = LocalStore::in_memory()?;
        let platform = LocalPlatform::bind("127.0.0.1:0").await?;
        let platform = platform.with_messages(store.clone());
        let platform = platform.with_blob_events(store.clone());
        let platform = platform.with_document_changes(store.clone());
        let clock = TurnedClock::new();
        let platform = platform.with_clock(Arc::new(clock.clone()));
        // Whoever started the probe waits for this line.
        let _ = writeln!(std::io::stdout(), "{}", platform.local_addr());
        let parts = Parts {
            topics: Some(store.topics()),
            own: Some((store, clock)),
        };
        run(&platform, parts).await
    };
    let ended = runtime.block_on(async {
        tokio::select! {
            result = serve => result,
            () = end => Ok(()),
        }
    });
    // Standard input may still be read by a thread that nothing can stop.
    runtime.shutdown_background();
    ended.map(|()| true)
}

/// What the probe needs to wake itself, where it does.
#[derive(Default)]
struct Parts {
    topics: Option<Arc<dyn TopicDriver>>,
    /// The store of documents and blobs, and the clock of schedules.
    own: Option<(LocalStore, TurnedClock)>,
}

/// The queues to which it sends on Lambda, where there are some.
async fn queues() -> Result<Option<Arc<dyn TopicDriver>>> {
    let Some(place) = isobar_serve::process_variable(TOPICS) else {
        return Ok(None);
    };
    let queues = TopicPlace::parse(&place, "sqs")?.queues().await?;
    Ok(Some(Arc::new(queues)))
}

/// Runs it with the parts that it is given.
async fn run(platform: &dyn FunctionDriver, parts: Parts) -> Result<()> {
    let clock = Arc::new(isobar_local::clock());
    let mut environment = Environment::builder(platform.describe(), clock);
    let sends = Sends {
        messages: parts.topics.is_some(),
        own: parts
            .own
            .as_ref()
            .map(|(store, clock)| (clock.clone(), store.event_log())),
    };
    if let Some(topics) = parts.topics {
        environment = environment.topics(topics);
    }
    if let Some((store, _)) = parts.own {
        environment = environment
            .blobs(store.blobs())
            .documents(store.documents());
    }
    let issuer = isobar_serve::process_variable(callers::ISSUER.name());
    let issuer = issuer.map(|url| (callers::ISSUER.name().to_owned(), url));
    let tokens = OidcTokens::new(Arc::new(isobar_local::clock()));
    let environment = environment.tokens(Arc::new(tokens)).settings(issuer);
    let environment = environment.build();
    let app = app(sends);
    let capabilities = platform.describe().capabilities;
    let app = waking(app, capabilities);
    isobar_connect::log(&app.describe());
    platform.serve(app.build(&environment)?).await
}

/// The probe where it finds out itself what wakes it: events do where they have a path.
fn woken() -> App<Inbox> {
    let is_set = |name| isobar_serve::process_variable(name).is_some();
    let has_events = is_set(EVENTS_VARIABLE) || is_set(EVENTS);
    let mut capabilities = if has_events {
        Capabilities::of(&[
            Capability::Messages,
            Capability::BlobEvents,
            Capability::Schedules,
        ])
    } else {
        Capabilities::of(&[])
    };
    if is_set(CHANGES) {
        capabilities = capabilities.union(Capabilities::of(&[Capability::ChangeEvents]));
    }
    waking(app(Sends::default()), capabilities)
}

fn waking(mut app: App<Inbox>, capabilities: Capabilities) -> App<Inbox> {
    if capabilities.has(Capability::Messages) {
        app = app.subscribe(&inbox::TOPIC, |inbox, event| ready(inbox.take(event)));
    }
    if capabilities.has(Capability::BlobEvents) {
        app = app.on_blob(&files::FILES, |inbox, event| ready(inbox.hear(event)));
    }
    if capabilities.has(Capability::ChangeEvents) {
        app = app.on_change(&NOTES, |inbox, event| ready(inbox.note(event)));
    }
    if capabilities.has(Capability::Schedules) {
        app = app.schedule(ticks::NIGHTLY, "0 3 1 1 *", |inbox, event| {
            ready(inbox.tick(event))
        });
    }
    app
}

/// What the probe does that wakes it.
#[derive(Debug, Clone, Default)]
struct Sends {
    messages: bool,
    /// It changes documents and blobs, turns this clock, and replays the events of this log.
    own: Option<(TurnedClock, EventLog)>,
}

fn app(Sends { messages, own }: Sends) -> App<Inbox> {
    let changes = own.is_some();
    let routes = Routes::new()
        .get("/decoded/{segment}", async |Path(segment): Path<String>| {
            segment
        })
        .get("/panic", panic)
        .get("/log/{word}", log)
        .route("/slow", get(slow).timeout(Duration::from_millis(100)))
        .route("/messages", get(inbox::list).post(inbox::send))
        .post("/replays", inbox::make_again)
        .route("/files", get(files::list).post(files::make))
        .route("/notes", get(notes::list).post(notes::make))
        .get("/ticks", ticks::list)
        .route("/clock", post(turned::turn))
        .get("/prompted", prompted::respond)
        .get("/panic/content", prompted::panicking_content)
        .get("/waiting", prompted::wait)
        .merge(callers::routes())
        .fallback(probe);
    let state = move |environment: &Environment| {
        if isobar_serve::process_variable(BROKEN).is_some() {
            return Err(isobar::Error::invalid("this probe was told not to start"));
        }
        let mut inbox = Inbox::default();
        if let Some((clock, log)) = &own {
            inbox.clock = Some(clock.clone());
            inbox.log = Some(log.clone());
        }
        if messages {
            inbox.topic = Some(environment.topic(&inbox::TOPIC)?);
        }
        if changes {
            inbox.files = Some(environment.bucket(&FILES)?);
            inbox.notes = Some(environment.collection(&NOTES)?);
        }
        Ok(inbox)
    };
    let mut app = App::new("probe", state)
        .authorizer(&callers::LOGIN)
        .routes(routes);
    if messages {
        app = app.topic(&inbox::TOPIC);
    }
    if changes {
        app = app.bucket(&FILES).collection(&NOTES);
    }
    app
}

#[expect(clippy::panic, reason = "the fault that a case provokes")]
async fn panic() {
    panic!("a secret of the handler");
}

async fn slow() {
    std::future::pending::<()>().await;
}

async fn probe(
    invocation: Context,
    OriginalUri(original): OriginalUri,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if let Some(answer) = parts.headers.get(ANSWER) {
        return answered(answer).unwrap_or_else(|| StatusCode::BAD_REQUEST.into_response());
    }
    let received = match body.collect().await {
        Ok(received) => received.to_bytes(),
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    let headers = parts.headers.iter();
    let seen = Seen {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        query_rebuilt: parts.extensions.get::<RebuiltQuery>().is_some(),
        original: original.path().to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect(),
        length: received.len(),
        crc32c: crc32c::crc32c(&received),
        id: invocation.id().as_str().to_owned(),
        remote: invocation.remote_address(),
        location: seen_location(&invocation, parts.uri.path()),
        remaining: invocation.remaining().map(|left| left.as_millis()),
        trace: seen_trace(&invocation),
    };
    axum::Json(seen).into_response()
}

fn seen_location(invocation: &Context, path: &str) -> SeenLocation {
    let Some(location) = invocation.location() else {
        return SeenLocation::default();
    };
    let url = location.url(path).map(|url| url.to_string());
    SeenLocation {
        scheme: location.scheme().to_string(),
        host: location.host().map(str::to_owned),
        port: location.port(),
        base_path: location.base_path().map(str::to_owned),
        url: url.unwrap_or_else(|error| error.to_string()),
    }
}

fn seen_trace(invocation: &Context) -> SeenTrace {
    let trace = invocation.trace();
    let mut call = HeaderMap::new();
    trace.inject(&mut call);
    let calls = call.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.to_string(), value.into_owned())
    });
    SeenTrace {
        trace_id: format!("{:032x}", trace.trace_id()),
        parent_id: trace.parent_id().map(|id| format!("{id:016x}")),
        is_sampled: trace.is_sampled(),
        calls: calls.collect(),
    }
}

/// Logs before and after it gives others their turn.
async fn log(Path(word): Path<String>) {
    tracing::info!(target: "probe", number = 7, "first\nof {word}");
    tokio::task::yield_now().await;
    tracing::warn!(target: "probe", word, "second \"of\" {word}");
}

fn answered(answer: &HeaderValue) -> Option<Response> {
    let told: Told = serde_json::from_slice(answer.as_bytes()).ok()?;
    let mut content = told.body;
    content.resize(content.len() + told.fill, b'x');
    let mut response = Response::new(Body::from(content));
    *response.status_mut() = StatusCode::from_u16(told.status).ok()?;
    for (name, value) in told.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        response
            .headers_mut()
            .append(name, HeaderValue::from_str(&value).ok()?);
    }
    Some(response)
}
