//! Messages survive what their process does not, and are put aside when they fail too often.

use std::sync::Arc;
use std::time::Duration;

use isobar::driver::function::FunctionDriver as _;
use isobar::function::{Event, Message, Outcome, OutgoingMessage, TopicSpec};
use isobar::{App, Environment, Result};
use isobar_local::{Behind, LocalPlatform, LocalStore, check, clock};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

const JOBS: TopicSpec = TopicSpec::new("jobs");
const DEAD: TopicSpec = TopicSpec::new("jobs-dead");

/// What reached the application: the topic, the body and the number of the delivery.
type Seen = (&'static str, String, Option<u32>);

/// An application on a store, until it is stopped.
struct Running {
    seen: UnboundedReceiver<Seen>,
    environment: Environment,
    serving: JoinHandle<Result<()>>,
}

#[derive(Clone)]
struct Inbox(UnboundedSender<Seen>);

impl Inbox {
    async fn take(self, topic: &'static str, event: Event<Message>) -> Result<Outcome> {
        let body = String::from_utf8(event.data.body.to_vec()).unwrap();
        self.0
            .send((topic, body.clone(), event.data.attempt))
            .unwrap();
        match &*body {
            "hang" => std::future::pending().await,
            "fail" if topic == JOBS.name() => Ok(Outcome::Retry(Some(Duration::ZERO))),
            _ => Ok(Outcome::Ack),
        }
    }
}

async fn start(store: &LocalStore) -> Running {
    started(store, LocalPlatform::bind("127.0.0.1:0").await.unwrap())
}

fn started(store: &LocalStore, platform: LocalPlatform) -> Running {
    let platform = platform.with_messages(store.clone());
    let environment = Environment::builder(platform.describe(), Arc::new(clock()));
    let environment = environment.topics(store.topics()).build();
    let (inbox, seen) = unbounded_channel();
    let app = App::new("test", move |_| Ok(Inbox(inbox)))
        .subscribe(&JOBS, |inbox, event| inbox.take(JOBS.name(), event))
        .subscribe(&DEAD, |inbox, event| inbox.take(DEAD.name(), event));
    let app = app.build(&environment).unwrap();
    Running {
        seen,
        environment,
        serving: tokio::spawn(async move { platform.serve(app).await }),
    }
}

impl Running {
    async fn publish(&self, body: &str) -> String {
        let topic = self.environment.topic(&JOBS).unwrap();
        topic
            .publish(OutgoingMessage::new(body.to_owned()))
            .await
            .unwrap()
    }

    async fn publish_all(&self, messages: &[OutgoingMessage]) {
        let topic = self.environment.topic(&JOBS).unwrap();
        for sent in topic.publish_all(messages).await.unwrap() {
            sent.unwrap();
        }
    }

    async fn next(&mut self) -> Seen {
        let next = tokio::time::timeout(Duration::from_secs(20), self.seen.recv());
        next.await.expect("a message comes in time").unwrap()
    }

    /// Ends as a process does that is killed: in the middle of a handler.
    async fn kill(self) {
        self.serving.abort();
        assert!(self.serving.await.unwrap_err().is_cancelled());
    }
}

fn seen(topic: TopicSpec, body: &str, attempt: u32) -> Seen {
    (topic.name(), body.to_owned(), Some(attempt))
}

#[tokio::test]
async fn a_message_that_was_with_a_handler_comes_again_after_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    let mut running = start(&store).await;
    running.publish("hang").await;
    assert_eq!(running.next().await, seen(JOBS, "hang", 1));
    running.publish("waits").await;
    running.kill().await;
    drop(store);
    let report = check(directory.path()).unwrap();
    assert_eq!(
        (report.messages, report.problems.len()),
        (2, 0),
        "{report:?}"
    );
    let store = LocalStore::open(directory.path()).unwrap();
    let mut running = start(&store).await;
    assert_eq!(running.next().await, seen(JOBS, "hang", 2));
    running.kill().await;
}

#[tokio::test]
async fn a_message_that_fails_five_times_is_put_aside() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    running.publish("fail").await;
    for attempt in 1..=5 {
        assert_eq!(running.next().await, seen(JOBS, "fail", attempt));
    }
    assert_eq!(running.next().await, seen(DEAD, "fail", 1));
    running.publish("fine").await;
    assert_eq!(running.next().await, seen(JOBS, "fine", 1));
    running.kill().await;
}

#[tokio::test]
async fn behind_a_message_that_always_fails_its_group_comes_for_the_first_time() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    let group = ["fail", "a", "b"].map(|body| OutgoingMessage::new(body).group("red"));
    running.publish_all(&group).await;
    let (mut jobs, mut dead) = (Vec::new(), Vec::new());
    for _ in 0..8 {
        let next = running.next().await;
        if next.0 == DEAD.name() {
            dead.push(next);
        } else {
            jobs.push(next);
        }
    }
    let failed = (1..=5).map(|attempt| seen(JOBS, "fail", attempt));
    let behind = ["a", "b"].map(|body| seen(JOBS, body, 1));
    assert_eq!(jobs, failed.chain(behind).collect::<Vec<_>>());
    assert_eq!(dead, [seen(DEAD, "fail", 1)]);
    running.kill().await;
}

#[tokio::test]
async fn a_message_for_which_the_others_left_no_time_comes_for_the_first_time() {
    let store = LocalStore::in_memory().unwrap();
    let platform = LocalPlatform::bind("127.0.0.1:0").await.unwrap();
    let platform = platform.with_event_time(Duration::from_millis(300));
    let mut running = started(&store, platform);
    let together = ["hang", "next"].map(OutgoingMessage::new);
    running.publish_all(&together).await;
    assert_eq!(running.next().await, seen(JOBS, "hang", 1));
    assert_eq!(running.next().await, seen(JOBS, "next", 1));
    assert_eq!(running.next().await, seen(JOBS, "hang", 2));
}

#[tokio::test]
async fn a_message_beyond_the_limits_is_refused_before_any_is_sent() {
    let store = LocalStore::in_memory().unwrap();
    let running = start(&store).await;
    let topic = running.environment.topic(&JOBS).unwrap();
    let fine = OutgoingMessage::new("fine");
    for (bad, part) in [
        (OutgoingMessage::new(vec![0; 262_145]), "size in bytes"),
        (fine.clone().attribute("a b", "x"), "\"a b\""),
        (fine.clone().attribute("a", ""), "is no text of 1"),
        (fine.clone().group("g g"), "\"g g\""),
    ] {
        let error = topic.publish_all(&[fine.clone(), bad]).await.unwrap_err();
        let shown = error.to_string();
        assert!(shown.contains(part) && shown.contains("jobs"), "{shown}");
    }
    let many = (0..11).fold(fine, |message, n| message.attribute(format!("n{n}"), "x"));
    assert!(topic.publish(many).await.is_err());
    let mut running = running;
    running.publish("last").await;
    assert_eq!(running.next().await, seen(JOBS, "last", 1));
    running.kill().await;
}

#[tokio::test]
async fn a_handler_that_never_ends_holds_up_nothing_once_its_time_is_over() {
    let store = LocalStore::in_memory().unwrap();
    let platform = LocalPlatform::bind("127.0.0.1:0").await.unwrap();
    let platform = platform.with_event_time(Duration::from_millis(300));
    let mut running = started(&store, platform);
    running.publish("hang").await;
    assert_eq!(running.next().await, seen(JOBS, "hang", 1));
    running.publish("next").await;
    assert_eq!(running.next().await, seen(JOBS, "next", 1));
    assert_eq!(running.next().await, seen(JOBS, "hang", 2));
}

#[tokio::test]
async fn behind_another_platform_events_have_the_time_of_requests() {
    let store = LocalStore::in_memory().unwrap();
    let platform = LocalPlatform::bind("127.0.0.1:0").await.unwrap();
    let behind = Behind::new(Some(Duration::from_millis(300)));
    let mut running = started(&store, platform.behind(behind));
    running.publish("hang").await;
    assert_eq!(running.next().await, seen(JOBS, "hang", 1));
    assert_eq!(running.next().await, seen(JOBS, "hang", 2));
}
