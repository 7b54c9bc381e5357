//! Every operation ends in time, says so, and is traced.

mod send;
mod silence;
mod spans;

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http_body_util::BodyExt as _;

use crate::blob::{Bucket, List};
use crate::document::{
    Collection, CollectionSpec, Map, PutOptions, Query, SortType, Value, WriteSet,
};
use crate::driver::Clock as _;
use crate::driver::function::FunctionDescription;
use crate::function::{App, AppService, Context, Event, Origin, Outcome, RequestId, Schedule};
use crate::http::{Body, Request, Routes};
use crate::{Capabilities, Capability, Environment, Error, ErrorKind};
use silence::{JumpingClock, Silence};

const NOTES: CollectionSpec<Value> = CollectionSpec::new("notes");

fn notes(clock: &Arc<JumpingClock>) -> Collection<Value> {
    Collection::new(Arc::new(Silence), Arc::clone(clock) as _, &NOTES, "")
}

fn files(clock: &Arc<JumpingClock>) -> Bucket {
    Bucket::new(Arc::new(Silence), Arc::clone(clock) as _, "files")
}

fn note() -> Value {
    Value::Map(Map::from_iter([("id".to_owned(), "1".into())]))
}

/// An application whose one route and one schedule read a document that never comes.
fn service(clock: &Arc<JumpingClock>) -> AppService {
    let platform = FunctionDescription {
        provider: "test",
        capabilities: Capabilities::of(&[Capability::Schedules]),
    };
    let environment = Environment::builder(platform, Arc::clone(clock) as _)
        .documents(Arc::new(Silence))
        .build();
    let app = App::new("test", |environment: &Environment| {
        environment.collection(&NOTES)
    })
    .collection(&NOTES)
    .routes(Routes::new().get(
        "/",
        |notes: axum::extract::State<Collection<Value>>| async move {
            told(&notes.get("1").await.unwrap_err())
        },
    ))
    .schedule(
        "tick",
        "0 3 * * *",
        |notes: Collection<Value>, _| async move { notes.get("1").await.map(|_| Outcome::Ack) },
    );
    app.build(&environment).unwrap()
}

fn told(error: &Error) -> String {
    format!(
        "{:?} of {}: {error}; unknown: {}",
        error.kind(),
        error.operation().unwrap_or("nothing"),
        error.outcome_unknown()
    )
}

#[tokio::test]
async fn a_call_ends_within_its_own_budget() {
    let clock = Arc::new(JumpingClock::default());
    let error = notes(&clock).get("1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert!(!error.outcome_unknown());
    let hurried = notes(&clock).with_budget(Duration::from_secs(2));
    let error = hurried.upsert(&note()).await.unwrap_err();
    assert!(error.outcome_unknown());
    assert_eq!(
        clock.slept(),
        [Duration::from_secs(10), Duration::from_secs(2)]
    );
}

#[tokio::test]
async fn pages_without_end_of_a_store_that_never_waits_end_too() {
    const SORTED: CollectionSpec<Value> = CollectionSpec::new("notes").sort("id", SortType::Str);
    let clock = Arc::new(JumpingClock::default());
    let sorted = Collection::new(Arc::new(Silence), Arc::clone(&clock) as _, &SORTED, "");
    let error = sorted.query(&Query::partition("p")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    let error = files(&clock).list(&List::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
}

#[tokio::test]
async fn a_call_of_a_request_ends_250_ms_before_the_deadline() {
    let clock = Arc::new(JumpingClock::default());
    let deadline = clock.now() + Duration::from_secs(3);
    let request = Request::new(Body::empty());
    let Ok(response) = service(&clock)
        .respond(request, Origin::default().with_deadline(Some(deadline)))
        .await;
    assert_eq!(response.status(), StatusCode::OK);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let told = String::from_utf8(body.to_vec()).unwrap();
    assert!(
        told.starts_with("DeadlineExceeded of document.get: ") && told.contains("2750 ms"),
        "{told}"
    );
}

#[tokio::test]
async fn a_call_of_an_event_ends_250_ms_before_the_deadline_and_no_later_call_is_bound_by_it() {
    let clock = Arc::new(JumpingClock::default());
    let deadline = clock.now() + Duration::from_secs(3);
    let context = Context::new(
        RequestId::from_platform("tick"),
        Some(deadline),
        Arc::clone(&clock) as _,
    );
    let event = Event::new(Schedule::new("tick", clock.now()), context);
    let error = service(&clock).handle(event).await.unwrap_err();
    assert_eq!(error.operation(), Some("document.get"));
    notes(&clock).get("1").await.unwrap_err();
    assert_eq!(
        clock.slept(),
        [Duration::from_millis(2750), Duration::from_secs(10)]
    );
}

#[tokio::test]
async fn an_application_inside_of_another_has_the_earlier_deadline() {
    let clock = Arc::new(JumpingClock::default());
    let inner = service(&clock);
    let platform = FunctionDescription {
        provider: "test",
        capabilities: Capabilities::default(),
    };
    let environment = Environment::builder(platform, Arc::clone(&clock) as _).build();
    let outer = App::new("outer", |_| Ok(())).routes(Routes::new().route_service("/", inner));
    let deadline = clock.now() + Duration::from_secs(3);
    let request = Request::new(Body::empty());
    let service = outer.build(&environment).unwrap();
    let Ok(response) = service
        .respond(request, Origin::default().with_deadline(Some(deadline)))
        .await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(clock.slept(), [Duration::from_millis(2750)]);
}

#[tokio::test]
async fn a_transaction_whose_work_hangs_ends_and_has_written_nothing() {
    let clock = Arc::new(JumpingClock::default());
    let error = notes(&clock)
        .transact("1", |_| std::future::pending::<crate::Result<()>>())
        .await
        .unwrap_err();
    assert_eq!(
        told(&error).split_once(':').unwrap().0,
        "DeadlineExceeded of document.transact"
    );
    assert!(!error.outcome_unknown());
    assert_eq!(clock.slept(), [Duration::from_secs(10)]);
}

#[tokio::test]
async fn a_transaction_whose_commit_hangs_may_have_written() {
    let clock = Arc::new(JumpingClock::default());
    let error = notes(&clock)
        .transact("1", |tx| async move { tx.put(&note()) })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert!(error.outcome_unknown());
}

#[tokio::test]
async fn a_budget_without_end_is_no_trouble() {
    let clock = Arc::new(JumpingClock::default());
    let patient = notes(&clock).with_budget(Duration::MAX);
    assert_eq!(patient.transact("1", |_| async { Ok(7) }).await.unwrap(), 7);
}

#[tokio::test]
async fn a_write_of_a_transaction_takes_no_condition() {
    let clock = Arc::new(JumpingClock::default());
    let condition = crate::document::Condition::exists("id");
    let error = notes(&clock)
        .transact("1", |tx| {
            let options = PutOptions::default().with_condition(condition.clone());
            async move { tx.put_with(&note(), options) }
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn a_put_of_a_blob_has_a_second_more_for_each_128_kib() {
    let clock = Arc::new(JumpingClock::default());
    let files = files(&clock);
    let content = bytes::Bytes::from(vec![0; 10 * (128 << 10) + 1]);
    let error = files.put("a", content.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert!(error.outcome_unknown());
    let hurried = files.with_budget(Duration::from_secs(1));
    hurried.put("a", content).await.unwrap_err();
    hurried.head("a").await.unwrap_err();
    assert_eq!(clock.slept(), [70, 11, 1].map(Duration::from_secs));
}

#[test]
fn each_operation_is_one_span_with_provider_operation_resource_and_outcome() {
    let clock = Arc::new(JumpingClock::default());
    let (notes, files) = (notes(&clock), files(&clock));
    let seen = spans::of(async {
        notes.get("1").await.unwrap_err();
        notes.get("").await.unwrap_err();
        notes.commit("1", WriteSet::new()).await.unwrap_err();
        files.delete("a").await.unwrap_err();
        notes.transact("1", |_| async { Ok(()) }).await.unwrap();
    });
    assert_eq!(
        seen,
        [
            "silence document.get notes DeadlineExceeded",
            "silence document.get notes InvalidArgument",
            "silence document.commit notes InvalidArgument",
            "silence blob.delete files DeadlineExceeded",
            "silence document.transact notes ok",
        ]
    );
}

#[test]
fn no_span_holds_a_key_or_a_value() {
    let clock = Arc::new(JumpingClock::default());
    let secret = Value::Map(Map::from_iter([("id".to_owned(), "secret".into())]));
    let seen = spans::of(async {
        notes(&clock).upsert(&secret).await.unwrap_err();
        files(&clock).put("secret", "secret").await.unwrap_err();
    });
    assert_eq!(seen.len(), 2);
    assert!(!seen.concat().contains("secret"), "{seen:?}");
}
