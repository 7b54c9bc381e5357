//! Changes of documents survive what their process does not, and are put aside when they fail too often.

use std::collections::BTreeMap;
use std::future::ready;
use std::io::{BufRead as _, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use isobar::document::{BatchWrite, ChangeEvent, ChangeKind, DeleteCause, SortType};
use isobar::driver::function::FunctionDriver as _;
use isobar::function::{Event, Message, Outcome, TopicSpec};
use isobar::{App, Collection, CollectionSpec, Environment, Result};
use isobar_local::{LocalPlatform, LocalStore, clock};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::child::{Role, said};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    owner: String,
    id: i64,
    text: String,
}

const NOTES: CollectionSpec<Note> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::I64)
    .change_feed();
const DEAD: TopicSpec = TopicSpec::new("notes-dead");

/// What reached the application: a change, or one that was put aside.
#[derive(Debug)]
enum Seen {
    Change(Box<Event<ChangeEvent<Note>>>),
    Aside(serde_json::Value),
}

/// An application on a store, until it is stopped.
struct Running {
    seen: UnboundedReceiver<Seen>,
    notes: Collection<Note>,
    /// Lets a handler go on that waits.
    go_on: Arc<Notify>,
    serving: JoinHandle<Result<()>>,
}

#[derive(Clone)]
struct Inbox {
    seen: UnboundedSender<Seen>,
    go_on: Arc<Notify>,
    /// Whether a change is also told to a parent, before it is acknowledged.
    says: bool,
}

impl Inbox {
    async fn hear(self, event: Event<ChangeEvent<Note>>) -> Result<Outcome> {
        let owner = event.data.key.partition.clone();
        if self.says {
            println!("said heard {}", event.id);
        }
        self.seen.send(Seen::Change(Box::new(event))).unwrap();
        match owner.as_str() {
            "hang" => std::future::pending().await,
            "wait" => {
                self.go_on.notified().await;
                Ok(Outcome::Ack)
            }
            "fail" => Ok(Outcome::Retry(Some(Duration::from_millis(100)))),
            // Which is no batch, and so fails whole.
            "part" => Ok(Outcome::Partial(Vec::new())),
            _ => Ok(Outcome::Ack),
        }
    }

    fn put_aside(self, event: &Event<Message>) -> Result<Outcome> {
        self.seen.send(Seen::Aside(event.data.json()?)).unwrap();
        Ok(Outcome::Ack)
    }
}

async fn start(store: &LocalStore) -> Running {
    start_as(store, false).await
}

async fn start_as(store: &LocalStore, says: bool) -> Running {
    let platform = LocalPlatform::bind("127.0.0.1:0").await.unwrap();
    let platform = platform.with_document_changes(store.clone());
    let platform = platform.with_messages(store.clone());
    let address = platform.local_addr();
    let environment = Environment::builder(platform.describe(), Arc::new(clock()));
    let environment = environment.documents(store.documents()).build();
    let (inbox, seen) = unbounded_channel();
    let go_on = Arc::new(Notify::new());
    let inbox = Inbox {
        seen: inbox,
        go_on: Arc::clone(&go_on),
        says,
    };
    let app = App::new("test", move |_| Ok(inbox))
        .on_change(&NOTES, Inbox::hear)
        .subscribe(&DEAD, |inbox, event| ready(inbox.put_aside(&event)));
    let app = app.build(&environment).unwrap();
    let serving = tokio::spawn(async move { platform.serve(app).await });
    // It watches before it answers.
    tokio::task::spawn_blocking(move || ask(address))
        .await
        .unwrap();
    Running {
        seen,
        notes: notes(store),
        go_on,
        serving,
    }
}

/// The collection as any program has it that uses the store.
fn notes(store: &LocalStore) -> Collection<Note> {
    Collection::new(store.documents(), Arc::new(clock()), &NOTES, "")
}

fn ask(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

fn note(owner: &str, id: i64, text: &str) -> Note {
    Note {
        owner: owner.to_owned(),
        id,
        text: text.to_owned(),
    }
}

impl Running {
    async fn next(&mut self) -> Seen {
        let next = tokio::time::timeout(Duration::from_secs(20), self.seen.recv());
        next.await.expect("a change comes in time").unwrap()
    }

    async fn next_change(&mut self) -> Event<ChangeEvent<Note>> {
        match self.next().await {
            Seen::Change(event) => *event,
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
async fn a_change_that_was_with_a_handler_comes_again_after_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    let mut running = start(&store).await;
    let written = note("hang", -5, "text");
    let version = running.notes.upsert(&written).await.unwrap();
    let first = running.next_change().await;
    assert_eq!((&*first.id, &*first.source), ("0", "collection/notes"));
    assert_eq!(first.id, first.data.id);
    assert_eq!(first.data.key, ("hang", -5).into());
    assert_eq!(first.data.kind, ChangeKind::Upsert);
    let new = first.data.new.as_ref().unwrap();
    assert_eq!((&new.value, &new.version), (&written, &version));
    running.kill().await;
    drop(store);
    let store = LocalStore::open(directory.path()).unwrap();
    let mut running = start(&store).await;
    let again = running.next_change().await;
    assert_eq!((again.id, again.data), (first.id, first.data));
    running.kill().await;
}

#[tokio::test]
async fn a_change_that_fails_five_times_is_put_aside_and_only_others_of_its_document_wait_for_it() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    running.notes.upsert(&note("fail", 1, "")).await.unwrap();
    running.notes.delete(("fail", 1)).await.unwrap();
    running.notes.upsert(&note("good", 1, "")).await.unwrap();
    let (mut aside, mut of_failed, mut of_good) = (Vec::new(), Vec::new(), Vec::new());
    while aside.len() < 2 {
        match running.next().await {
            Seen::Aside(event) => aside.push(event),
            Seen::Change(event) if event.data.key.partition == "good" => {
                // It came while the other one still failed.
                assert!(of_failed.len() < 5, "{of_failed:?}");
                of_good.push(event.data.kind);
            }
            Seen::Change(event) => of_failed.push(event.data.kind),
        }
    }
    let deleted = ChangeKind::Delete(DeleteCause::Requested);
    let five = |kind| [kind; 5];
    assert_eq!(
        of_failed,
        [five(ChangeKind::Upsert), five(deleted)].concat()
    );
    assert_eq!(of_good, [ChangeKind::Upsert]);
    let told = |event: &serde_json::Value| {
        let text = |name: &str| event[name].as_str().map(str::to_owned);
        (text("kind"), text("collection"), event["sort"].clone())
    };
    let of = |kind: &str| {
        let sort = serde_json::json!({ "integer": 1 });
        (Some(kind.to_owned()), Some("notes".to_owned()), sort)
    };
    assert_eq!(
        aside.iter().map(told).collect::<Vec<_>>(),
        [of("stored"), of("deleted")]
    );
    running.kill().await;
}

#[tokio::test]
async fn part_of_one_change_is_no_answer() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    running.notes.upsert(&note("part", 1, "")).await.unwrap();
    let first = running.next_change().await;
    assert_eq!(running.next_change().await.id, first.id);
    running.kill().await;
}

#[tokio::test]
async fn what_is_told_begins_with_the_first_start_and_has_no_gap_after_that() {
    let store = LocalStore::in_memory().unwrap();
    let notes = notes(&store);
    // The log is kept from here on, but nobody watches yet.
    notes.upsert(&note("early", 1, "unheard")).await.unwrap();
    let mut running = start(&store).await;
    notes.upsert(&note("a", 1, "served")).await.unwrap();
    assert_eq!(running.next_change().await.data.key, ("a", 1).into());
    running.kill().await;
    for id in 0..1_500 {
        let note = note("between", id, "while nobody serves");
        notes.upsert(&note).await.unwrap();
    }
    let mut running = start(&store).await;
    notes.upsert(&note("b", 1, "served again")).await.unwrap();
    for id in 0..1_500 {
        let mut change = running.next_change().await.data;
        // Its handler had not been heard when its process ended.
        if id == 0 && change.key == ("a", 1).into() {
            change = running.next_change().await.data;
        }
        assert_eq!(change.key, ("between", id).into());
    }
    assert_eq!(running.next_change().await.data.key, ("b", 1).into());
    running.kill().await;
}

#[tokio::test]
async fn others_changes_are_passed_over() {
    const OTHERS: CollectionSpec<Note> = CollectionSpec::new("others")
        .partition("owner")
        .sort("id", SortType::I64)
        .change_feed();
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    let others: Collection<Note> =
        Collection::new(store.documents(), Arc::new(clock()), &OTHERS, "");
    for id in 0..5_000 {
        others.upsert(&note("a", id, "")).await.unwrap();
    }
    running.notes.upsert(&note("a", 1, "")).await.unwrap();
    let heard = running.next_change().await;
    assert_eq!(
        (heard.id.as_str(), &*heard.source),
        ("5000", "collection/notes")
    );
    assert!(running.seen.try_recv().is_err());
    running.kill().await;
}

#[tokio::test]
async fn what_is_changed_while_a_handler_runs_is_told_even_where_it_is_more_than_the_log_keeps() {
    let store = LocalStore::in_memory().unwrap();
    let mut running = start(&store).await;
    running.notes.upsert(&note("wait", 0, "")).await.unwrap();
    assert_eq!(running.next_change().await.id, "0");
    // The log keeps 65,536, and so lets the first 464 go.
    for _ in 0..66 {
        let batch = (0..1_000).fold(BatchWrite::new(), |batch, id| {
            batch.upsert(&note("more", id, ""))
        });
        for written in running.notes.write_batch(batch).await.unwrap() {
            written.unwrap();
        }
    }
    running.go_on.notify_one();
    for id in 1..=500 {
        assert_eq!(running.next_change().await.id, id.to_string());
    }
    running.kill().await;
}

/// How many processes are killed.
const ROUNDS: u64 = 20;
/// Documents that the child writes in turn.
const DOCUMENTS: i64 = 3;

/// The child: each write of the collection is one change, of the next number.
#[tokio::main]
pub(crate) async fn watch(directory: &Path) {
    let store = LocalStore::open(directory).unwrap();
    let running = start_as(&store, true).await;
    for n in 0_i64.. {
        let note = note("w", n % DOCUMENTS, "text");
        running.notes.upsert(&note).await.unwrap();
        println!("said wrote {n}");
    }
}

/// What a child said before it was killed: how many writes were acknowledged, and what it heard.
fn said_until_killed(directory: &Path, round: u64) -> (u64, Vec<u64>) {
    let (mut child, lines) = Role::Watcher.start(directory, round);
    let (mut wrote, mut heard) = (0, Vec::new());
    for line in lines.lines() {
        let line = line.unwrap_or_default();
        let Some((what, n)) = said(&line).and_then(|said| said.split_once(' ')) else {
            continue;
        };
        let n: u64 = n.parse().unwrap();
        match what {
            "wrote" => wrote = n + 1,
            _ => heard.push(n),
        }
        if wrote > 10 + 7 * round && heard.len() as u64 > round {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    (wrote, heard)
}

/// Refuses changes of one document that came in another order than its own.
fn check_order(heard: &[u64]) {
    let mut last = BTreeMap::new();
    for n in heard {
        let document = n % u64::try_from(DOCUMENTS).unwrap();
        let earlier = last.insert(document, *n).unwrap_or(0);
        assert!(*n >= earlier, "{n} of {document} came after {earlier}");
    }
}

#[tokio::test]
async fn what_was_written_is_told_whenever_the_process_is_killed() {
    for round in 0..ROUNDS {
        let directory = tempfile::tempdir().unwrap();
        let (wrote, mut heard) = said_until_killed(directory.path(), round);
        let before = heard.len();
        let store = LocalStore::open(directory.path()).unwrap();
        let mut running = start(&store).await;
        while (0..wrote).any(|n| !heard.contains(&n)) {
            heard.push(running.next_change().await.id.parse().unwrap());
        }
        running.kill().await;
        check_order(&heard);
        // The one that the killed process was with comes again, and no other.
        let again = heard[before..]
            .iter()
            .filter(|n| heard[..before].contains(n));
        assert!(again.count() <= 1, "{heard:?}");
    }
}
