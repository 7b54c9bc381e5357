//! Events of blobs survive what their process does not, and are put aside when they fail too often.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use isobar::blob::{BlobEvent, BlobEventKind};
use isobar::driver::function::FunctionDriver as _;
use isobar::function::{Event, Message, Outcome, TopicSpec};
use isobar::{App, Bucket, BucketSpec, Environment, Result};
use isobar_local::{LocalPlatform, LocalStore, clock};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

const FILES: BucketSpec = BucketSpec::new("files");
const OTHERS: BucketSpec = BucketSpec::new("others");
const DEAD: TopicSpec = TopicSpec::new("files-dead");

/// What reached the application: the event of a blob, or one that was put aside.
#[derive(Debug)]
enum Seen {
    Event(Box<Event<BlobEvent>>),
    Aside(serde_json::Value),
}

/// An application on a store, until it is stopped.
struct Running {
    seen: UnboundedReceiver<Seen>,
    environment: Environment,
    serving: JoinHandle<Result<()>>,
}

#[derive(Clone)]
struct Inbox(UnboundedSender<Seen>);

impl Inbox {
    async fn hear(self, event: Event<BlobEvent>) -> Result<Outcome> {
        let key = event.data.key.clone();
        self.0.send(Seen::Event(Box::new(event))).unwrap();
        match key.as_str() {
            "hang" => std::future::pending().await,
            "fail" => Ok(Outcome::Retry(Some(Duration::ZERO))),
            _ => Ok(Outcome::Ack),
        }
    }

    fn put_aside(self, event: &Event<Message>) -> Result<Outcome> {
        self.0.send(Seen::Aside(event.data.json()?)).unwrap();
        Ok(Outcome::Ack)
    }
}

async fn start(store: &LocalStore) -> Running {
    let platform = LocalPlatform::bind("127.0.0.1:0").await.unwrap();
    let platform = platform.with_blob_events(store.clone());
    let platform = platform.with_messages(store.clone());
    let environment = Environment::builder(platform.describe(), Arc::new(clock()));
    let environment = environment.blobs(store.blobs()).blob_prefix("test-");
    let environment = environment.topics(store.topics()).topic_prefix("test-");
    let environment = environment.build();
    let (inbox, seen) = unbounded_channel();
    let app = App::new("test", move |_| Ok(Inbox(inbox)))
        .bucket(&FILES)
        .bucket(&OTHERS)
        .on_blob(&FILES, Inbox::hear)
        .subscribe(&DEAD, |inbox, event| ready(inbox.put_aside(&event)));
    let app = app.build(&environment).unwrap();
    let serving = tokio::spawn(async move { platform.serve(app).await });
    let running = Running {
        seen,
        environment,
        serving,
    };
    // Its first turn, in which it begins to watch.
    tokio::task::yield_now().await;
    running
}

impl Running {
    fn files(&self) -> Bucket {
        self.environment.bucket(&FILES).unwrap()
    }

    async fn next(&mut self) -> Seen {
        let next = tokio::time::timeout(Duration::from_secs(20), self.seen.recv());
        next.await.expect("an event comes in time").unwrap()
    }

    async fn next_event(&mut self) -> Event<BlobEvent> {
        match self.next().await {
            Seen::Event(event) => *event,
            Seen::Aside(event) => panic!("{event} was put aside"),
        }
    }

    /// Ends as a process does that is killed: in the middle of a handler.
    async fn kill(self) {
        self.serving.abort();
        assert!(self.serving.await.unwrap_err().is_cancelled());
    }
}

#[tokio::test]
async fn an_event_that_was_with_a_handler_comes_again_after_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    let mut running = start(&store).await;
    let stored = running.files().put("hang", "content").await.unwrap();
    let first = running.next_event().await;
    assert_eq!(first.data.kind, BlobEventKind::Stored);
    assert_eq!(first.data.bucket, "test-files");
    assert_eq!(first.data.version, Some(stored.version));
    assert_eq!((first.data.size, first.data.at), (Some(7), stored.modified));
    running.kill().await;
    drop(store);
    let store = LocalStore::open(directory.path()).unwrap();
    let mut running = start(&store).await;
    let again = running.next_event().await;
    assert_eq!((again.id, again.data), (first.id, first.data));
    running.kill().await;
}

#[tokio::test]
async fn an_event_that_fails_five_times_is_put_aside_and_others_of_its_blob_wait_for_it() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    let files = running.files();
    files.put("fail", "1").await.unwrap();
    files.delete("fail").await.unwrap();
    for _ in 0..5 {
        let event = running.next_event().await.data;
        assert_eq!(event.kind, BlobEventKind::Stored);
    }
    // What was put aside and what waited for it come by different ways.
    let (mut aside, mut waited) = (Vec::new(), Vec::new());
    while aside.is_empty() || waited.is_empty() {
        match running.next().await {
            Seen::Aside(event) => aside.push(event),
            Seen::Event(event) => waited.push(event.data.kind),
        }
    }
    assert_eq!(
        (&aside[0]["kind"], &aside[0]["key"]),
        (&"stored".into(), &"fail".into())
    );
    assert_eq!(waited[0], BlobEventKind::Deleted);
    running.kill().await;
}

#[tokio::test]
async fn versions_are_named_and_buckets_without_a_handler_keep_no_events() {
    let store = LocalStore::in_memory().unwrap();
    store.keep_versions("test-files").await.unwrap();
    let mut running = start(&store).await;
    let others = running.environment.bucket(&OTHERS).unwrap();
    others.put("unheard", "x").await.unwrap();
    let files = running.files();
    let stored = files.put("a", "1").await.unwrap();
    files.delete("a").await.unwrap();
    assert_eq!(
        running.next_event().await.data.version_id,
        stored.version_id
    );
    let deleted = running.next_event().await.data;
    assert_eq!(deleted.kind, BlobEventKind::Deleted);
    assert!(deleted.version_id.is_some() && deleted.version_id != stored.version_id);
    assert!(running.seen.try_recv().is_err());
    running.kill().await;
}
