//! `isobar local events`, `event` and `replay` beside a program that runs, and where none does.

use std::future::ready;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use isobar::driver::function::FunctionDriver as _;
use isobar::function::{Outcome, OutgoingMessage, TopicSpec};
use isobar::{App, Environment, Error, ErrorKind};
use isobar_local::{LocalPlatform, LocalStore, clock};
use serde_json::Value;

const JOBS: TopicSpec = TopicSpec::new("jobs");

/// A program with a handler that is broken until somebody mends it.
struct Program {
    /// Ends what it serves when it is dropped.
    _runtime: tokio::runtime::Runtime,
    is_mended: Arc<AtomicBool>,
    id: String,
}

fn take(is_mended: &AtomicBool) -> isobar::Result<Outcome> {
    if is_mended.load(Ordering::SeqCst) {
        return Ok(Outcome::Ack);
    }
    Err(Error::new(ErrorKind::Internal, "the handler is broken"))
}

impl Program {
    /// One that has had a message.
    fn start(directory: &Path) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let is_mended = Arc::new(AtomicBool::new(false));
        let handler = Arc::clone(&is_mended);
        let id = runtime.block_on(async move {
            let store = LocalStore::open(directory).unwrap();
            let platform = LocalPlatform::bind("127.0.0.1:0").await.unwrap();
            let platform = platform.with_messages(store.clone());
            let environment = Environment::builder(platform.describe(), Arc::new(clock()));
            let environment = environment.topics(store.topics()).build();
            let app = App::new("test", |_| Ok(()));
            let app = app.subscribe(&JOBS, move |(), _| ready(take(&handler)));
            let app = app.build(&environment).unwrap();
            tokio::spawn(async move { platform.serve(app).await });
            let message = OutgoingMessage::new("{\"order\":7}").attribute("kind", "test");
            let topic = environment.topic(&JOBS).unwrap();
            topic.publish(message).await.unwrap()
        });
        Self {
            _runtime: runtime,
            is_mended,
            id,
        }
    }
}

fn isobar(command: &str, directory: &Path, more: &[&str]) -> Output {
    let mut isobar = Command::new(env!("CARGO_BIN_EXE_isobar"));
    isobar.args(["local", command]).arg(directory).args(more);
    isobar.output().unwrap()
}

#[track_caller]
fn assert_told(output: &Output, status: i32, stdout: &str, stderr: &str) {
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let found = (
        output.status.code(),
        told(&output.stdout),
        told(&output.stderr),
    );
    assert_eq!(found, (Some(status), stdout.to_owned(), stderr.to_owned()));
}

/// The event in JSON, once it is in this state.
fn event(directory: &Path, id: &str, state: &str) -> Value {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let output = isobar("event", directory, &[id, "--json"]);
        let event = serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default();
        if event["state"] == state {
            return event;
        }
        assert!(Instant::now() < end, "{event} is not {state}: {output:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_failed_event_is_listed_shown_and_replayed_beside_its_program() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let program = Program::start(place);
    let id = &*program.id;
    let told = event(place, id, "failed");
    assert_eq!(told["body"], "{\"order\":7}");
    program.is_mended.store(true, Ordering::SeqCst);
    let done = event(place, id, "acknowledged");
    let at = |name: &str| done[name].as_str().unwrap().to_owned();
    let whole = format!(
        "id          {id}\nsource      topic/jobs\ntype        isobar.topic.messages\nstate       acknowledged\n\
         time        {}\ndelivered   {}, 2 in all since {}\nsettled     {}\nrequest     {}\nattribute   kind=test\n\
         content     11 bytes\n\n{{\"order\":7}}\n",
        at("time"),
        at("delivered"),
        at("firstDelivered"),
        at("settled"),
        at("requestId"),
    );
    assert_told(&isobar("event", place, &[id]), 0, &whole, "");
    assert_told(&isobar("event", place, &[&at("requestId")]), 0, &whole, "");
    let now = format!("{id} of topic/jobs is delivered again now\n");
    assert_told(&isobar("replay", place, &[id]), 0, &now, "");
    let output = isobar("events", place, &["--failed"]);
    assert_told(&output, 0, "", "no event of the log has failed\n");
}

#[test]
fn a_list_has_a_line_for_each_event() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let program = Program::start(place);
    event(place, &program.id, "failed");
    let list = isobar("events", place, &["--failed", "--json", "--limit", "1"]);
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(
        (&list[0]["id"], &list[1]),
        (&program.id.clone().into(), &Value::Null)
    );
    assert_eq!(list[0]["body"], Value::Null);
    let output = isobar("events", place, &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|word| !word.is_empty())
                .collect()
        })
        .collect();
    assert_eq!(
        rows[0],
        ["ID", "SOURCE", "DELIVERED", "STATE", "DELIVERIES", "ERROR"]
    );
    let delivered = rows[1][2];
    let row = [&*program.id, "topic/jobs", delivered, "failed"];
    assert_eq!(rows[1][..4], row, "{text}");
    assert_eq!(rows[1][5], "Internal: the handler is broken", "{text}");
    assert_eq!(rows.len(), 2);
}

#[test]
fn what_is_replayed_where_no_program_runs_waits_for_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let program = Program::start(place);
    let id = program.id.clone();
    event(place, &id, "failed");
    drop(program);
    let later =
        format!("{id} of topic/jobs is delivered again when a program next opens the store\n");
    assert_told(&isobar("replay", place, &[&id]), 0, &later, "");
    event(place, &id, "waiting");
    let output = isobar("check", place, &[]);
    let told = "0 documents, 0 index entries, 0 changes, 0 blobs, 1 logged events\nin order\n";
    assert_told(&output, 0, told, "");
}

#[test]
fn an_event_that_is_not_there_is_wrong_usage() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let none = format!("error: there is no store in {}\n", place.display());
    let hint = "hint: `isobar local events` lists what the log has\n";
    assert_told(&isobar("events", place, &[]), 2, "", &none);
    drop(LocalStore::open(place).unwrap());
    let empty = "the log has no events: one is kept from its first delivery on\n";
    assert_told(&isobar("events", place, &[]), 0, "", empty);
    let unknown = "error: no event \"x\" is in the log, which is empty: an event is kept from its first delivery on\n";
    assert_told(
        &isobar("replay", place, &["x"]),
        2,
        "",
        &format!("{unknown}{hint}"),
    );
    let open = LocalStore::open(place).unwrap();
    let silent = format!(
        "error: the store in {} is open in a process that answers nobody: one that serves no events, or \
         of an older version; stop it, and ask again\n",
        place.display()
    );
    assert_told(&isobar("event", place, &["x"]), 3, "", &silent);
    drop(open);
}
