//! The log says what becomes of times that a platform does not keep.

use std::fmt;
use std::sync::Mutex;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Metadata, Subscriber};

use super::*;
use crate::capability::Capabilities;
use crate::driver::SystemClock;
use crate::driver::function::FunctionDescription;
use crate::function::{App, AppService, Message, Messages, RequestId};

/// The lines of the log, each its level and its fields.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<(Level, String)>>>);

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target() == "isobar"
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = *event.metadata().level();
        self.0.lock().unwrap().push((level, fields.0));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 = format!("{}{field}={value:?} ", self.0);
    }
}

const JOBS: TopicSpec = TopicSpec::new("jobs");

/// An application that asks for each message again after its body's number of seconds, where it has one.
fn service(capabilities: &[Capability]) -> AppService {
    let platform = FunctionDescription {
        provider: "test",
        capabilities: Capabilities::of(capabilities),
    };
    let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
    let app = App::new("test", |_| Ok(())).subscribe(&JOBS, |(), event: Event<Message>| {
        let seconds = std::str::from_utf8(&event.data.body).unwrap().parse();
        let wait = seconds.ok().map(Duration::from_secs);
        std::future::ready(Ok(
            wait.map_or(Outcome::Ack, |wait| Outcome::Retry(Some(wait)))
        ))
    });
    let environment = Environment::builder(platform, Arc::new(clock)).build();
    app.build(&environment).unwrap()
}

/// What is logged while batches with these messages are handled.
async fn logged(
    capabilities: &[Capability],
    batches: &[&[(&str, &'static str)]],
) -> Vec<(Level, String)> {
    let lines = Lines::default();
    let here = tracing::subscriber::set_default(lines.clone());
    let service = service(capabilities);
    for batch in batches {
        let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
        let context = Context::new(RequestId::from_platform("batch"), None, Arc::new(clock));
        let messages = batch.iter().map(|(id, body)| Message::new(*id, *body));
        let messages = Messages::new("jobs", messages.collect());
        service.handle(Event::new(messages, context)).await.unwrap();
    }
    drop(here);
    std::mem::take(&mut *lines.0.lock().unwrap())
}

#[tokio::test]
async fn times_for_messages_of_a_batch_are_told_with_their_ids_where_nobody_keeps_them() {
    let batch: &[_] = &[("m-1", "5"), ("m-2", ""), ("m-3", "9")];
    let lines = logged(&[Capability::Messages], &[batch, batch]).await;
    let levels: Vec<_> = lines.iter().map(|(level, _)| *level).collect();
    assert_eq!(
        levels,
        [Level::WARN, Level::DEBUG, Level::DEBUG],
        "{lines:?}"
    );
    for (level, line) in &lines {
        assert!(
            line.contains("at its own") || line.contains("own time"),
            "{line}"
        );
        let names = ["m-1", "5s", "m-3", "9s"]
            .iter()
            .all(|part| line.contains(part));
        assert!(names || *level == Level::WARN, "{line}");
        assert!(!line.contains("m-2"), "{line}");
    }
}

#[tokio::test]
async fn nothing_is_told_where_the_platform_waits_or_nobody_asks_it_to() {
    let waits = [Capability::Messages, Capability::DelayedRetry];
    let batch: &[_] = &[("m-1", "5"), ("m-2", "")];
    assert_eq!(logged(&waits, &[batch]).await, []);
    let batch: &[_] = &[("m-1", ""), ("m-2", "")];
    assert_eq!(logged(&[Capability::Messages], &[batch]).await, []);
}

#[tokio::test]
async fn a_platform_that_notes_what_failed_keeps_doing_so() {
    let service = service(&[Capability::Messages]);
    let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
    let context = Context::new(RequestId::from_platform("batch"), None, Arc::new(clock));
    let failures = Failures::default();
    let context = context.with_failures(failures.clone());
    let messages = vec![Message::new("m-1", "5"), Message::new("m-2", "")];
    let event = Event::new(Messages::new("jobs", messages), context);
    let told = service.handle(event).await.unwrap();
    assert_eq!(told, Outcome::Partial(vec!["m-1".to_owned()]));
    let waits = failures.take_waits();
    assert_eq!(waits, [("m-1".to_owned(), Duration::from_secs(5))]);
}
