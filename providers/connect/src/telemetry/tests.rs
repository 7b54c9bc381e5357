//! Spans as the exporter gets them.

use axum::extract::State;
use isobar::document::CollectionSpec;
use isobar::function::Origin;
use isobar::http::{Body, Routes};
use isobar::{App, Collection};
use opentelemetry::trace::{SpanId, SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;
use serde_json::Value;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use super::*;
use crate::start;

const NOTES: CollectionSpec<Value> = CollectionSpec::new("notes").partition("owner");

async fn read(State(notes): State<Collection<Value>>) -> isobar::Result<String> {
    // What others call a span's id is an attribute like any other.
    let span = tracing::info_span!(
        "search",
        owner = "ann",
        span_id = 7_u64,
        otel.status_code = "ok"
    );
    let found = tracing::Instrument::instrument(notes.get("ann"), span).await?;
    tracing::info!(count = 1_u64, "looked for notes");
    Ok(format!("{found:?}"))
}

/// Leaves a span to somebody who keeps it for longer than the request takes.
async fn begin() -> &'static str {
    let span = tracing::info_span!("kept");
    std::mem::forget(span);
    "begun"
}

/// The spans of one request with this `traceparent`, in the order in which they ended.
async fn spans_of(parent: Option<&'static str>) -> Vec<SpanData> {
    spans_at("/", parent).await
}

async fn spans_at(path: &'static str, parent: Option<&'static str>) -> Vec<SpanData> {
    let routes = Routes::new().get("/", read).get("/kept", begin);
    let app = App::new("notes", |environment| environment.collection(&NOTES));
    let app = app.collection(&NOTES).routes(routes);
    let directory = tempfile::tempdir().expect("a place for documents");
    let store = format!("local:{}", directory.path().display());
    let variable = move |name: &str| match name {
        "ISOBAR_LISTEN" => Some("127.0.0.1:0".to_owned()),
        "ISOBAR_DOCUMENTS" => Some(store.clone()),
        "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("http://127.0.0.1:9".to_owned()),
        _ => None,
    };
    let config = Config::new(variable, &app.describe());
    let environment = start::connect(&app.describe(), &config)
        .await
        .expect("a local store")
        .environment;
    let telemetry = Telemetry::of(&config, "notes").ok().flatten();
    let telemetry = telemetry.expect("an endpoint is set");
    let layer = telemetry.layer().with_filter(SpanLayer::filter());
    let _here = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let service = app.build(&environment).expect("an application");
    let service = service.with_telemetry(Arc::clone(&telemetry.spans) as _, Flush::ByPlatform);
    let mut request = isobar::http::Request::new(Body::empty());
    *request.uri_mut() = http::Uri::from_static(path);
    if let Some(parent) = parent {
        let parent = http::HeaderValue::from_static(parent);
        request.headers_mut().insert("traceparent", parent);
    }
    let Ok(response) = service.respond(request, Origin::default()).await;
    assert_eq!(response.status(), 200);
    telemetry.spans.taken()
}

#[tokio::test]
async fn operations_and_spans_of_a_handler_are_within_its_request() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let spans = spans_of(Some(parent)).await;
    let [operation, search, request] = spans.as_slice() else {
        let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
        panic!("these are the spans: {names:?}");
    };
    let id = |span: &SpanData| span.span_context.span_id();
    assert_eq!(request.name, "GET");
    assert_eq!(request.span_kind, SpanKind::Server);
    assert_eq!(request.parent_span_id, SpanId::from(0xb7ad_6b71_6920_3331));
    assert!(request.parent_span_is_remote);
    assert_eq!(request.status, Status::Unset);
    assert_eq!(request.events.len(), 1);
    assert_eq!(search.name, "search");
    assert_eq!(search.parent_span_id, id(request));
    assert_ne!(id(search), SpanId::from(7));
    assert_eq!(search.status, Status::Ok);
    assert_eq!(operation.name, "isobar.operation");
    assert_eq!(operation.parent_span_id, id(search));
    for span in &spans {
        let trace = span.span_context.trace_id().to_string();
        assert_eq!(trace, "0af7651916cd43dd8448eb211c80319c");
        assert!(span.start_time <= span.end_time);
    }
    let told = |key: &str| {
        let mut attributes = operation.attributes.iter();
        let found = attributes.find(|attribute| attribute.key.as_str() == key);
        found.map(|attribute| attribute.value.to_string())
    };
    assert_eq!(told("operation").as_deref(), Some("document.get"));
    assert_eq!(told("outcome").as_deref(), Some("ok"));
}

#[tokio::test]
async fn what_a_caller_does_not_sample_is_not_recorded() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    assert_eq!(spans_of(Some(parent)).await, Vec::new());
}

#[tokio::test]
async fn a_request_without_a_caller_begins_a_trace() {
    let spans = spans_of(None).await;
    let request = spans.last().unwrap();
    assert_eq!(request.parent_span_id, SpanId::INVALID);
    assert!(!request.parent_span_is_remote);
}

#[tokio::test]
async fn a_request_ends_with_its_answer_whoever_holds_its_spans() {
    let spans = spans_at("/kept", None).await;
    let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(names, ["GET"]);
}
