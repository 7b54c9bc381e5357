//! A function that answers with what it was asked, for looking at a front door from behind.
//!
//! Zipped as `bootstrap` it runs on Lambda; the crate's tests start it behind a runtime API.

use std::future::ready;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use isobar::blob::BlobEvent;
use isobar::document::{ChangeEvent, CollectionSpec, Value};
use isobar::driver::function::FunctionDriver as _;
use isobar::function::{Context, Event, Message, Outcome, SettingSpec, TopicSpec};
use isobar::http::routing::any;
use isobar::http::{Body, Response, Routes};
use isobar::{App, BucketSpec, Environment, Error, ErrorKind, Result};
use isobar_aws::LambdaPlatform;
use isobar_aws::function::{clock, report_init_error};
use serde_json::json;

const GREETING: SettingSpec = SettingSpec::new("ECHO_GREETING");
const JOBS: TopicSpec = TopicSpec::new("jobs");
const PHOTOS: BucketSpec = BucketSpec::new("photos");
const NOTES: CollectionSpec<Value> = CollectionSpec::new("notes").change_feed();

fn app() -> App<String> {
    let routes = Routes::new()
        .route("/status/{status}", any(status))
        .route("/cookies", any(cookies))
        .route("/bytes", any(bytes))
        .route("/large/{size}", any(large))
        .route("/panic", any(panic))
        .route("/slow/{millis}", any(slow))
        .route("/pieces/{millis}", any(pieces))
        .route("/broken", any(broken))
        .fallback(echo);
    App::new("echo", |env: &Environment| env.setting(&GREETING))
        .setting(&GREETING)
        .routes(routes)
        .schedule("nightly", "0 3 * * *", |_, _| ready(Ok(Outcome::Ack)))
        .schedule("again", "0 4 * * *", |_, _| ready(Ok(Outcome::Retry(None))))
        .schedule("failing", "0 5 * * *", |_, _| {
            ready(Err(Error::new(ErrorKind::Internal, "the handler failed")))
        })
        .subscribe(&JOBS, work)
        .on_blob(&PHOTOS, look)
        .on_change(&NOTES, note)
}

/// Tells the log what came; a message that says so fails.
async fn work(_: String, event: Event<Message>) -> Result<Outcome> {
    let Message {
        id,
        body,
        attempt,
        group,
        attributes,
        ..
    } = event.data;
    let body = String::from_utf8_lossy(&body);
    let _ = writeln!(
        std::io::stderr(),
        "message {id} {body:?} attempt {attempt:?} group {group:?} {attributes:?} of {}",
        event.source
    );
    match &*body {
        "fail" => Err(Error::new(ErrorKind::Internal, "the handler failed")),
        "panic" => {
            panic().await;
            Ok(Outcome::Ack)
        }
        _ => Ok(Outcome::Ack),
    }
}

/// Tells the log what happened.
async fn look(_: String, event: Event<BlobEvent>) -> Result<Outcome> {
    let BlobEvent {
        kind,
        bucket,
        key,
        version,
        size,
        ..
    } = event.data;
    let version = version.as_ref().map(isobar::document::Version::as_str);
    let _ = writeln!(
        std::io::stderr(),
        "blob {kind:?} {bucket} {key:?} version {version:?} size {size:?}"
    );
    Ok(Outcome::Ack)
}

/// Tells the log what happened; a change of the document that says so fails.
async fn note(_: String, event: Event<ChangeEvent<Value>>) -> Result<Outcome> {
    let ChangeEvent { id, key, kind, .. } = event.data;
    let owner = key.partition;
    let _ = writeln!(
        std::io::stderr(),
        "change {id} {kind:?} of {owner:?} in {}",
        event.source
    );
    match &*owner {
        "fail" => Err(Error::new(ErrorKind::Internal, "the handler failed")),
        _ => Ok(Outcome::Ack),
    }
}

/// The request as it arrived, as JSON.
async fn echo(
    State(greeting): State<String>,
    context: Context,
    OriginalUri(original): OriginalUri,
    (method, uri, headers, body): (Method, Uri, HeaderMap, Bytes),
) -> axum::Json<serde_json::Value> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = headers.iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| (name.as_str(), text(value)))
        .collect();
    axum::Json(json!({
        "greeting": greeting,
        "method": method.as_str(),
        "uri": uri.to_string(),
        "original": original.to_string(),
        "headers": headers,
        "body": STANDARD.encode(body),
        "id": context.id().as_str(),
        "hasDeadline": context.remaining().is_some(),
        "remote": context.remote_address(),
    }))
}

async fn status(Path(status): Path<u16>) -> Result<StatusCode> {
    StatusCode::from_u16(status).map_err(|error| Error::invalid("not a status").with_source(error))
}

async fn cookies() -> Response {
    let mut response = Response::new(Body::empty());
    for cookie in [
        "a=1; Path=/",
        "b=2",
        "c=3; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
    ] {
        let headers = response.headers_mut();
        headers.append(SET_COOKIE, HeaderValue::from_static(cookie));
        headers.append("vary", HeaderValue::from_static("x"));
        headers.append("connection", HeaderValue::from_static("close"));
    }
    response
}

/// The body again, with the type and encoding that `answer-type` and `answer-encoding` ask for.
async fn bytes(headers: HeaderMap, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    for (asked, name) in [
        ("answer-type", CONTENT_TYPE),
        ("answer-encoding", CONTENT_ENCODING),
    ] {
        if let Some(value) = headers.get(HeaderName::from_static(asked)) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

async fn large(Path(size): Path<usize>) -> String {
    "x".repeat(size)
}

#[expect(clippy::panic, reason = "this is what the route is for")]
async fn panic() -> String {
    panic!("the handler panicked as it was asked to")
}

async fn slow(Path(millis): Path<u64>) -> &'static str {
    let _ = writeln!(std::io::stderr(), "slow begins");
    tokio::time::sleep(Duration::from_millis(millis)).await;
    "done"
}

/// Two pieces, the second after a while.
async fn pieces(Path(millis): Path<u64>) -> Response {
    let second = async move {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        Ok::<_, Error>(Bytes::from_static(b"second"))
    };
    let first = futures_util::stream::once(ready(Ok(Bytes::from_static(b"first "))));
    let all = first.chain(futures_util::stream::once(second));
    Response::new(Body::from_stream(all))
}

/// One piece, then a failure.
async fn broken() -> Response {
    let failure = Error::new(ErrorKind::Corrupt, "the store broke off");
    let all = [Ok(Bytes::from_static(b"first ")), Err(failure)];
    Response::new(Body::from_stream(futures_util::stream::iter(all)))
}

async fn serve() -> Result<()> {
    let platform = LambdaPlatform::from_environment()?;
    let greeting = std::env::var_os(GREETING.name()).and_then(|text| text.into_string().ok());
    let settings = greeting.map(|greeting| (GREETING.name().to_owned(), greeting));
    let environment = Environment::builder(platform.describe(), Arc::new(clock()))
        .settings(settings)
        .build();
    platform.serve(app().build(&environment)?).await
}

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = serve().await else {
        return ExitCode::SUCCESS;
    };
    report_init_error(&error).await;
    ExitCode::FAILURE
}
