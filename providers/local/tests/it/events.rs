//! The log of events: each is kept with what became of it, and comes again as it was when somebody asks.

use std::future::ready;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use isobar::blob::BlobEvent;
use isobar::document::{ChangeEvent, SortType};
use isobar::driver::function::FunctionDriver as _;
use isobar::function::{Event, Message, Outcome, OutgoingMessage, Schedule, TopicSpec};
use isobar::{
    App, Bucket, BucketSpec, Collection, CollectionSpec, Environment, Error, ErrorKind, Result,
};
use isobar_local::events::{EventState, LoggedEvent};
use isobar_local::{Behind, EventLimits, LocalConfig, LocalPlatform, LocalStore, check, clock};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::fixture::{Note, note};

const JOBS: TopicSpec = TopicSpec::new("jobs");
const DEAD: TopicSpec = TopicSpec::new("jobs-dead");
const FILES: BucketSpec = BucketSpec::new("files");
const NOTES: CollectionSpec<Note> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str)
    .change_feed();

/// What reached a handler.
#[derive(Debug, Clone, PartialEq)]
enum Seen {
    Message(Message),
    Dead(Message),
    Blob(String, BlobEvent, Option<String>),
    Change(String, ChangeEvent<Note>, Option<String>),
    Tick(String, SystemTime),
}

#[derive(Clone)]
struct Inbox(UnboundedSender<Seen>);

/// An application on a store, until it is stopped.
struct Running {
    seen: UnboundedReceiver<Seen>,
    environment: Environment,
    store: LocalStore,
    serving: JoinHandle<Result<()>>,
}

impl Inbox {
    fn see(&self, seen: Seen) {
        self.0.send(seen).unwrap();
    }

    /// Does what the body says.
    fn take(self, event: Event<Message>) -> Result<Outcome> {
        let body = event.data.body.clone();
        self.see(Seen::Message(event.data));
        match &*body {
            b"fail" => Err(Error::new(ErrorKind::Internal, "the handler is broken")),
            b"retry" => Ok(Outcome::Retry(Some(Duration::from_secs(100)))),
            b"at once" => Ok(Outcome::Retry(Some(Duration::ZERO))),
            b"discard" => Ok(Outcome::Discard),
            _ => Ok(Outcome::Ack),
        }
    }

    fn note(self, event: Event<ChangeEvent<Note>>) -> Result<Outcome> {
        let is_broken = |text: &str| text == "broken";
        let new = event.data.new.as_ref();
        let fails = new.is_some_and(|new| is_broken(&new.value.text));
        let subject = event.subject().map(str::to_owned);
        self.see(Seen::Change(event.id, event.data, subject));
        if fails {
            return Err(Error::new(ErrorKind::Internal, "the note is broken"));
        }
        Ok(Outcome::Ack)
    }

    fn hear(self, event: Event<BlobEvent>) -> Outcome {
        let subject = event.subject().map(str::to_owned);
        self.see(Seen::Blob(event.id, event.data, subject));
        Outcome::Ack
    }

    fn tick(self, event: Event<Schedule>) -> Result<Outcome> {
        self.see(Seen::Tick(event.id, event.data.at));
        Err(Error::new(ErrorKind::Internal, "not today"))
    }
}

async fn start(store: &LocalStore) -> Running {
    let platform = LocalPlatform::bind("127.0.0.1:0").await.unwrap();
    // The tick of the minute before is due at once.
    let since = SystemTime::now() - Duration::from_secs(90);
    let platform = platform.behind(Behind::new(None).since(since));
    let platform = platform
        .with_messages(store.clone())
        .with_blob_events(store.clone());
    let platform = platform.with_document_changes(store.clone());
    let environment = Environment::builder(platform.describe(), Arc::new(clock()));
    let environment = environment.topics(store.topics()).blobs(store.blobs());
    let environment = environment.documents(store.documents()).build();
    let (inbox, seen) = unbounded_channel();
    let app = App::new("test", move |_| Ok(Inbox(inbox)))
        .bucket(&FILES)
        .subscribe(&JOBS, |inbox, event| ready(inbox.take(event)))
        .subscribe(&DEAD, |inbox, event| {
            inbox.see(Seen::Dead(event.data));
            ready(Ok(Outcome::Ack))
        })
        .on_blob(&FILES, |inbox, event| ready(Ok(inbox.hear(event))))
        .on_change(&NOTES, |inbox, event| ready(inbox.note(event)))
        .schedule("minutely", "* * * * *", |inbox, event| {
            ready(inbox.tick(event))
        });
    let app = app.build(&environment).unwrap();
    let serving = tokio::spawn(async move { platform.serve(app).await });
    let mut running = Running {
        seen,
        environment,
        store: store.clone(),
        serving,
    };
    // With the tick it is sure to watch.
    assert!(matches!(running.next_of_all().await, Seen::Tick(..)));
    running
}

impl Running {
    async fn publish(&self, messages: &[OutgoingMessage]) -> Vec<String> {
        let topic = self.environment.topic(&JOBS).unwrap();
        let ids = topic.publish_all(messages).await.unwrap();
        ids.into_iter().map(Result::unwrap).collect()
    }

    async fn publish_one(&self, body: &str) -> String {
        let mut ids = self.publish(&[OutgoingMessage::new(body.to_owned())]).await;
        ids.pop().unwrap()
    }

    async fn next_of_all(&mut self) -> Seen {
        let next = tokio::time::timeout(Duration::from_secs(20), self.seen.recv());
        next.await.expect("an event comes in time").unwrap()
    }

    /// What comes next, but for the ticks of the clock.
    async fn next(&mut self) -> Seen {
        loop {
            match self.next_of_all().await {
                Seen::Tick(..) => {}
                seen => return seen,
            }
        }
    }

    async fn next_message(&mut self) -> Message {
        match self.next().await {
            Seen::Message(message) => message,
            other => panic!("{other:?}"),
        }
    }

    /// The event once it has been settled in this state.
    async fn logged(&self, id: &str, state: EventState) -> LoggedEvent {
        self.logged_of(id, None, state).await
    }

    async fn logged_of(&self, id: &str, source: Option<&str>, state: EventState) -> LoggedEvent {
        for _ in 0..1_000 {
            match self.store.event_log().get(id, source) {
                Ok(event) if event.state == state => return event,
                Ok(_) => {}
                Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let found = self.store.event_log().get(id, source);
        panic!("{id} is not {state:?}: {found:?}");
    }

    async fn replay(&self, id: &str) -> LoggedEvent {
        self.store.event_log().replay(id, None).await.unwrap()
    }

    async fn stop(self) {
        self.serving.abort();
        assert!(self.serving.await.unwrap_err().is_cancelled());
    }
}

#[tokio::test]
async fn each_event_is_kept_with_what_became_of_it() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    for (body, state) in [
        ("fine", EventState::Acknowledged),
        ("discard", EventState::Discarded),
        ("retry", EventState::Retry),
        ("fail", EventState::Failed),
    ] {
        let id = running.publish_one(body).await;
        assert_eq!(running.next_message().await.id, id);
        let logged = running.logged(&id, state).await;
        assert_eq!(
            (&*logged.source, logged.body.as_deref()),
            ("topic/jobs", Some(body))
        );
        let kind = logged.event_type.as_deref();
        assert_eq!(
            (kind, logged.subject.as_deref()),
            (Some("isobar.topic.messages"), None)
        );
        assert_eq!(
            (logged.attempt, logged.deliveries, logged.replays),
            (1, 1, 0)
        );
        assert_eq!(logged.next.is_some(), state.is_failure(), "{logged:?}");
        let error = logged.error.map(|error| (error.kind, error.message));
        let broken = ("Internal".to_owned(), "the handler is broken".to_owned());
        assert_eq!(error, (body == "fail").then_some(broken));
        // The invocation, which the lines of the handler name, leads there too.
        let by_request = store.event_log().get(&logged.request_id, None).unwrap();
        assert_eq!(by_request.id, id);
    }
    let failures = store.event_log().last_failures(10).unwrap();
    let bodies = failures.iter().filter(|event| event.source == "topic/jobs");
    assert_eq!(bodies.count(), 2, "{failures:?}");
    assert!(failures.iter().all(|event| event.body.is_none()));
    running.stop().await;
}

#[tokio::test]
async fn the_messages_of_a_batch_are_kept_each_with_its_own_error() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    let bodies = ["a", "fail", "retry", "b"];
    let ids = running.publish(&bodies.map(OutgoingMessage::new)).await;
    for id in &ids {
        assert_eq!(running.next_message().await.id, *id);
    }
    running.logged(&ids[0], EventState::Acknowledged).await;
    let failed = running.logged(&ids[1], EventState::Failed).await;
    assert_eq!(failed.error.unwrap().message, "the handler is broken");
    let retry = running.logged(&ids[2], EventState::Retry).await;
    assert_eq!(retry.error, None);
    // It waits as long as its handler asked for, though it came with others.
    let instant = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let waits = instant(&retry.next.unwrap()).duration_since(instant(&retry.settled.unwrap()));
    assert_eq!(waits.as_secs(), 100);
    // One request was all of them.
    let error = store.event_log().get(&retry.request_id, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let told = error.to_string();
    assert!(
        ids.iter()
            .all(|id| told.contains(&format!("{id} of topic/jobs"))),
        "{told}"
    );
    // A replay of one is that one, alone.
    running.replay(&ids[3]).await;
    loop {
        let message = running.next_message().await;
        if message.body == "b" {
            assert_eq!((message.id, message.attempt), (ids[3].clone(), Some(1)));
            break;
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn a_message_comes_again_byte_for_byte_and_again_after_that() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    let sent = OutgoingMessage::new(vec![0, 255, 10, 195])
        .attribute("kind", "t \u{e9}")
        .group("red");
    let id = running.publish(&[sent]).await.pop().unwrap();
    let first = running.next_message().await;
    running.logged(&id, EventState::Acknowledged).await;
    for replays in 1..=3 {
        let asked = running.replay(&id).await;
        assert_eq!((asked.state, asked.replays), (EventState::Waiting, replays));
        assert_eq!(running.next_message().await, first);
        let logged = running.logged(&id, EventState::Acknowledged).await;
        assert_eq!((logged.attempt, logged.deliveries), (1, replays + 1));
        assert_eq!(logged.body_base64.as_deref(), Some("AP8Kww=="));
    }
    running.stop().await;
}

#[tokio::test]
async fn a_replay_neither_waits_for_its_group_nor_holds_it_back() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    let red = |body: &str| OutgoingMessage::new(body.to_owned()).group("red");
    let done = running.publish(&[red("done")]).await.pop().unwrap();
    assert_eq!(running.next_message().await.body, "done");
    let waits = running.publish(&[red("retry")]).await.pop().unwrap();
    assert_eq!(running.next_message().await.body, "retry");
    running.logged(&waits, EventState::Retry).await;
    // One of its group waits for 100 seconds, and one behind it, as it came alone.
    running.publish(&[red("behind")]).await;
    running.logged(&done, EventState::Acknowledged).await;
    running.replay(&done).await;
    assert_eq!(running.next_message().await.id, done);
    // And a replay that fails, of a group whose others go on.
    let blue = |body: &str| OutgoingMessage::new(body.to_owned()).group("blue");
    let fails = running.publish(&[blue("fail")]).await.pop().unwrap();
    for attempt in 1..=5 {
        let message = running.next_message().await;
        assert_eq!((&message.id, message.attempt), (&fails, Some(attempt)));
    }
    assert!(matches!(running.next().await, Seen::Dead(message) if message.id == fails));
    let source = Some("topic/jobs");
    running
        .logged_of(&fails, source, EventState::PutAside)
        .await;
    store.event_log().replay(&fails, source).await.unwrap();
    assert_eq!(running.next_message().await.attempt, Some(1));
    running.publish(&[blue("fine")]).await;
    assert_eq!(running.next_message().await.body, "fine");
    running.stop().await;
}

#[tokio::test]
async fn an_id_of_two_sources_needs_one_of_them() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    let id = running.publish_one("at once").await;
    for attempt in 1..=5 {
        assert_eq!(running.next_message().await.attempt, Some(attempt));
    }
    assert!(matches!(running.next().await, Seen::Dead(message) if message.id == id));
    let dead = Some("topic/jobs-dead");
    running.logged_of(&id, dead, EventState::Acknowledged).await;
    let log = store.event_log();
    let error = log.replay(&id, None).await.unwrap_err();
    let expected =
        format!("{id:?} may be any of these events: {id} of topic/jobs, {id} of topic/jobs-dead");
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::InvalidArgument, expected)
    );
    let error = log.get(&id, Some("topic/others")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("but"), "{error}");
    log.replay(&id, dead).await.unwrap();
    assert!(matches!(running.next().await, Seen::Dead(message) if message.id == id));
    running.stop().await;
}

#[tokio::test]
async fn a_change_comes_again_with_the_document_as_it_was_told() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    let notes = Collection::new(store.documents(), Arc::new(clock()), &NOTES, "");
    notes.upsert(&note("ada", "1", "first")).await.unwrap();
    let Seen::Change(id, told, subject) = running.next().await else {
        panic!("no change");
    };
    assert_eq!(subject.as_deref(), Some("ada/1"));
    assert_eq!(told.new.as_ref().unwrap().value.text, "first");
    notes.upsert(&note("ada", "1", "second")).await.unwrap();
    assert!(matches!(running.next().await, Seen::Change(..)));
    notes.delete(("ada", "1")).await.unwrap();
    assert!(matches!(running.next().await, Seen::Change(..)));
    running.logged(&id, EventState::Acknowledged).await;
    let asked = running.replay(&id).await;
    assert_eq!(
        (&*asked.source, asked.has_document),
        ("collection/notes", true)
    );
    assert_eq!(asked.event_type.as_deref(), Some("isobar.document.stored"));
    assert_eq!(asked.subject, subject);
    assert_eq!(running.next().await, Seen::Change(id, told, subject));
    running.stop().await;
}

#[tokio::test]
async fn a_change_that_failed_comes_again_with_its_document_though_that_is_gone() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    let notes = Collection::new(store.documents(), Arc::new(clock()), &NOTES, "");
    notes.upsert(&note("ada", "1", "broken")).await.unwrap();
    let first = running.next().await;
    let Seen::Change(id, told, _) = &first else {
        panic!("{first:?}");
    };
    assert_eq!(told.new.as_ref().unwrap().value.text, "broken");
    running.logged(id, EventState::Failed).await;
    notes.delete(("ada", "1")).await.unwrap();
    assert_eq!(running.next().await, first);
    running.logged(id, EventState::Failed).await;
    assert!(running.replay(id).await.has_document);
    assert_eq!(running.next().await, first);
    running.stop().await;
}

#[tokio::test]
async fn the_event_of_a_blob_comes_again_though_the_blob_is_gone() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    let files: Bucket = running.environment.bucket(&FILES).unwrap();
    files.put("a.txt", "text").await.unwrap();
    let first = running.next().await;
    files.delete("a.txt").await.unwrap();
    let Seen::Blob(id, _, subject) = &first else {
        panic!("{first:?}");
    };
    assert_eq!(subject.as_deref(), Some("a.txt"));
    let deleted = running.next().await;
    assert!(matches!(&deleted, Seen::Blob(other, ..) if other != id));
    running.logged(id, EventState::Acknowledged).await;
    let asked = running.replay(id).await;
    assert_eq!(asked.source, "bucket/files");
    assert_eq!(asked.event_type.as_deref(), Some("isobar.blob.stored"));
    assert_eq!(asked.subject.as_deref(), Some("a.txt"));
    assert_eq!(running.next().await, first);
    running.stop().await;
}

#[tokio::test]
async fn a_tick_comes_three_times_and_replayed_with_its_instant_once() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    let mut last = None;
    for _ in 0..2_000 {
        // The clock may bring another one meanwhile, which is newer.
        let tick = store.event_log().last(10).unwrap().pop();
        let tick = tick.expect("the tick is in the log");
        if tick.state == EventState::Failed {
            assert_eq!(tick.next.is_some(), tick.attempt < 3, "{tick:?}");
            last = Some(tick).filter(|tick| tick.attempt == 3);
        }
        if last.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let tick = last.expect("the tick fails three times");
    assert_eq!((&*tick.source, tick.deliveries), ("schedule/minutely", 3));
    assert_eq!(tick.id, format!("minutely@{}", tick.time));
    running.replay(&tick.id).await;
    let mut told = 0;
    while told < 3 {
        match running.next_of_all().await {
            // The first was seen at the start.
            Seen::Tick(id, _) if id == tick.id => told += 1,
            Seen::Tick(..) => {}
            other => panic!("{other:?}"),
        }
    }
    let logged = running.logged(&tick.id, EventState::Failed).await;
    assert_eq!(
        (logged.attempt, logged.deliveries, logged.replays),
        (1, 4, 1)
    );
    assert_eq!((logged.next, &*logged.time), (None, &*tick.time));
    running.stop().await;
}

#[tokio::test]
async fn the_log_keeps_so_many_and_says_how_far_it_goes_back() {
    let directory = tempfile::tempdir().unwrap();
    let config = LocalConfig::new(directory.path()).with_event_limits(EventLimits::new(3, 1 << 20));
    let store = config.open().unwrap();
    let error = store.event_log().get("x", None).unwrap_err().to_string();
    let empty =
        "no event \"x\" is in the log, which is empty: an event is kept from its first delivery on";
    assert_eq!(error, empty);
    let mut running = start(&store).await;
    let mut ids = Vec::new();
    for body in ["1", "2", "3", "4", "5"] {
        ids.push(running.publish_one(body).await);
        assert_eq!(running.next_message().await.body, body);
        running
            .logged(ids.last().unwrap(), EventState::Acknowledged)
            .await;
    }
    let kept = store.event_log().last(10).unwrap();
    let kept: Vec<_> = kept
        .iter()
        .map(|event| &event.id)
        .filter(|id| ids.contains(id))
        .collect();
    assert!(
        (2..=3).contains(&kept.len()) && kept[0] == &ids[4],
        "{kept:?}"
    );
    let error = store.event_log().replay(&ids[0], None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let told = error.to_string();
    assert!(
        told.contains("which has 3 events and goes back to 20"),
        "{told}"
    );
    running.stop().await;
    drop(store);
    let report = check(directory.path()).unwrap();
    assert_eq!((report.events, report.problems), (3, Vec::new()));
    // What has no room at all goes at once, and is delivered nevertheless.
    let config = config.with_event_limits(EventLimits::new(3, 10));
    let store = config.open().unwrap();
    let mut running = start(&store).await;
    running.publish_one("6").await;
    assert_eq!(running.next_message().await.body, "6");
    assert_eq!(store.event_log().last(10).unwrap(), Vec::new());
    running.stop().await;
}

#[tokio::test]
async fn a_start_with_lower_limits_has_what_is_beyond_them_removed() {
    let directory = tempfile::tempdir().unwrap();
    let config = LocalConfig::new(directory.path());
    let store = config.open().unwrap();
    let mut running = start(&store).await;
    for body in ["1", "2", "3"] {
        let id = running.publish_one(body).await;
        assert_eq!(running.next_message().await.body, body);
        running.logged(&id, EventState::Acknowledged).await;
    }
    running.stop().await;
    drop(store);
    for (limits, kept) in [(EventLimits::new(2, 1 << 20), 2), (EventLimits::OFF, 0)] {
        let store = config.clone().with_event_limits(limits).open().unwrap();
        let mut running = start(&store).await;
        running.publish_one("4").await;
        running.next_message().await;
        running.stop().await;
        drop(store);
        let report = check(directory.path()).unwrap();
        assert_eq!((report.events, report.problems), (kept, Vec::new()));
    }
}

#[tokio::test]
async fn without_a_log_nothing_is_kept() {
    let config = LocalConfig::in_memory().with_event_limits(EventLimits::OFF);
    let store = config.open().unwrap();
    let mut running = start(&store).await;
    running.publish_one("fine").await;
    running.next_message().await;
    running.publish_one("fine").await;
    running.next_message().await;
    assert_eq!(store.event_log().last(10).unwrap(), Vec::new());
    running.stop().await;
}
