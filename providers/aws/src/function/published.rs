//! What becomes of the events that others have published: the request or the events that the application sees, and what
//! Lambda is answered; or why they are refused.

#[path = "../../../../conformance-tests/fixtures/golden.rs"]
mod golden;

use std::fmt::{Debug, Write as _};
use std::future::ready;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{OriginalUri, State};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use isobar::blob::BlobEvent;
use isobar::document::{ChangeEvent, SortType, Value};
use isobar::driver::function::FunctionDescription;
use isobar::function::{Context, Event, Message, Outcome, Schedule, TopicSpec};
use isobar::http::{RebuiltQuery, Request, Routes};
use isobar::{App, BucketSpec, CollectionSpec, Environment};

use super::{LambdaFunction, LambdaPlatform, clock};
use crate::FrontDoor;
use crate::gateway::Checked;

const QUEUE: TopicSpec = TopicSpec::new("SQSQueue");
const NOTICES: TopicSpec = TopicSpec::new("snsNetTest");
const MAIL: TopicSpec = TopicSpec::new("EXAMPLE");
const PHOTOS: BucketSpec = BucketSpec::new("sourcebucket");
const ITEMS: CollectionSpec<Value> = CollectionSpec::new("Example-Table")
    .partition("key")
    .sort("val", SortType::Str)
    .change_feed();

/// What the application has seen, in lines.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<Mutex<String>>);

impl Seen {
    fn write(&self, line: &str) {
        let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(text, "{line}").unwrap();
    }

    fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn field(&self, name: &str, value: &impl Debug) {
        self.write(&format!("{name}: {value:?}"));
    }

    fn event<T>(&self, event: &Event<T>) {
        self.write(&format!("event {}", event.event_type));
        self.write(&format!("id: {}", event.id));
        self.write(&format!("source: {}", event.source));
        self.write(&format!("time: {}", golden::instant(event.time)));
        self.lines(golden::attributes(&event.attributes));
        self.lines(golden::trace(event.context.trace()));
    }

    fn lines(&self, lines: impl IntoIterator<Item = String>) {
        lines.into_iter().for_each(|line| self.write(&line));
    }

    fn message(&self, event: &Event<Message>) {
        self.event(event);
        self.write(&golden::message(&event.data));
    }

    fn blob(&self, event: &Event<BlobEvent>) {
        self.event(event);
        self.write(&golden::blob(&event.data));
    }

    fn change(&self, event: &Event<ChangeEvent<Value>>) {
        self.event(event);
        let change = &event.data;
        self.field("kind", &change.kind);
        self.field("key", &change.key);
        self.field("new", &change.new);
        self.field("old", &change.old);
    }

    fn tick(&self, event: &Event<Schedule>) {
        self.event(event);
        self.field("schedule", &event.data.name);
    }
}

async fn request(
    State(seen): State<Seen>,
    invocation: Context,
    OriginalUri(original): OriginalUri,
    request: Request,
) {
    let (parts, body) = request.into_parts();
    let (method, target, version) = (&parts.method, &parts.uri, parts.version);
    seen.write(&format!("{method} {target} {version:?}"));
    if original != *target {
        seen.write(&format!("below {original}"));
    }
    if parts.extensions.get::<RebuiltQuery>().is_some() {
        seen.write("the query is rebuilt");
    }
    for (name, value) in &parts.headers {
        seen.write(&format!("{name}: {}", value.as_bytes().escape_ascii()));
    }
    let body = body.collect().await.unwrap().to_bytes();
    seen.write(&format!("body: {}", golden::content(&body)));
    seen.field("client", &invocation.remote_address());
    let location = invocation.location().unwrap();
    match location.url("/") {
        Ok(url) => seen.write(&format!("location: {url}")),
        Err(error) => seen.write(&format!("location: none, {error}")),
    }
    seen.lines(golden::trace(invocation.trace()));
}

fn function(seen: &Seen) -> LambdaFunction {
    let description = FunctionDescription {
        provider: "lambda",
        capabilities: LambdaPlatform::CAPABILITIES,
    };
    let environment = Environment::builder(description, Arc::new(clock())).build();
    let seen = seen.clone();
    let app = App::new("published", |_: &Environment| Ok(seen))
        .routes(Routes::new().fallback(request))
        .schedule("my-scheduled-rule", "0 3 * * *", |seen: Seen, event| {
            seen.tick(&event);
            ready(Ok(Outcome::Ack))
        })
        .on_blob(&PHOTOS, |seen: Seen, event| {
            seen.blob(&event);
            ready(Ok(Outcome::Ack))
        })
        .on_change(&ITEMS, |seen: Seen, event| {
            seen.change(&event);
            ready(Ok(Outcome::Ack))
        });
    let app = [&QUEUE, &NOTICES, &MAIL]
        .into_iter()
        .fold(app, |app, topic| {
            app.subscribe(topic, |seen: Seen, event| {
                seen.message(&event);
                ready(Ok(Outcome::Ack))
            })
        });
    let app = app.build(&environment).expect("nothing is missing");
    LambdaFunction::new(app)
}

/// What becomes of one event.
async fn outcome(event: Bytes) -> String {
    let read = FrontDoor::read(&event).ok().flatten();
    let door = read.as_ref().map(|(door, _)| *door);
    let seen = Seen::default();
    if let Some((door, request)) = read {
        seen.write(&format!("request of {door:?}"));
        if let Some(Checked { by, claims }) = request.extensions().get() {
            let claims = serde_json::to_string(claims).unwrap();
            seen.write(&format!("checked by {}: {claims}", by.name()));
        }
    }
    match function(&seen).invoke(event).await {
        Ok(_) if door.is_some() => {}
        Ok(answer) => seen.write(&format!("answered {}", answer.escape_ascii())),
        Err(error) => seen.write(&format!("refused, {:?}: {error}", error.kind())),
    }
    seen.take()
}

async fn check(folder: &str, least: usize) {
    let published = golden::published(folder);
    assert!(published.len() >= least, "{} events", published.len());
    let mut becomes = String::new();
    for (name, event) in published {
        let told = outcome(event.into()).await;
        write!(becomes, "== {name}\n{told}\n").unwrap();
    }
    golden::check(folder, &becomes);
}

#[tokio::test]
async fn events_that_aws_has_published_become_what_the_file_says() {
    check("aws", 56).await;
}

#[tokio::test]
async fn requests_that_lambda_http_is_tested_with_become_what_the_file_says() {
    check("lambda_http", 18).await;
}
