//! A program that is asked for its events from outside, killed, mended, and started again.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout};
use std::sync::Arc;
use std::time::{Duration, Instant};

use isobar::driver::function::FunctionDriver as _;
use isobar::function::{Event, Message, Outcome, OutgoingMessage, TopicSpec};
use isobar::{App, Environment, Error, ErrorKind, Result};
use isobar_local::events::{Answer, EventState, LoggedEvent, Question, ask};
use isobar_local::{LocalPlatform, LocalStore, check, clock};

use crate::child::{Role, said};

const JOBS: TopicSpec = TopicSpec::new("jobs");

/// A program as a user has it, with a handler that is broken or mended.
struct Program {
    child: Child,
    lines: BufReader<ChildStdout>,
}

fn say(what: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "said {what}").unwrap();
    out.flush().unwrap();
}

async fn take(is_broken: bool, event: Event<Message>) -> Result<Outcome> {
    let body = String::from_utf8(event.data.body.to_vec()).unwrap();
    say(&format!("handled {} {body}", event.id));
    match &*body {
        "hang" if is_broken => std::future::pending().await,
        "fail" if is_broken => Err(Error::new(ErrorKind::Internal, "the handler is broken")),
        _ => Ok(Outcome::Ack),
    }
}

/// The child.
#[tokio::main]
pub(crate) async fn serve(directory: &Path, number: u64) {
    let store = LocalStore::open(directory).unwrap();
    let platform = LocalPlatform::bind("127.0.0.1:0").await.unwrap();
    let platform = platform.with_messages(store.clone());
    let environment = Environment::builder(platform.describe(), Arc::new(clock()));
    let environment = environment.topics(store.topics()).build();
    let app = App::new("test", |_| Ok(()));
    let app = app.subscribe(&JOBS, move |(), event| take(number == 0, event));
    let app = app.build(&environment).unwrap();
    let topic = environment.topic(&JOBS).unwrap();
    let publish = async move {
        say("ready");
        let bodies = match number {
            0 => vec!["fine".to_owned(), "fail".to_owned()],
            1 => Vec::new(),
            many => (0..many).map(|n| n.to_string()).collect(),
        };
        for body in bodies {
            let id = topic.publish(OutgoingMessage::new(body)).await.unwrap();
            say(&format!("published {id}"));
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        served = platform.serve(app) => served.unwrap(),
        () = publish => {}
    }
}

impl Program {
    fn start(directory: &Path, number: u64) -> Self {
        let (child, lines) = Role::Handler.start(directory, number);
        let mut program = Self { child, lines };
        assert_eq!(program.next(), ["ready"]);
        program
    }

    /// The words that it says next.
    fn next(&mut self) -> Vec<String> {
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "it has ended");
            if let Some(said) = said(line.trim_end()) {
                return said.split(' ').map(str::to_owned).collect();
            }
        }
    }

    /// The id of the next message with this body that reaches the handler.
    fn handled(&mut self, body: &str) -> String {
        loop {
            match &self.next()[..] {
                [what, id, of] if what == "handled" && of == body => return id.clone(),
                _ => {}
            }
        }
    }

    fn kill(self) {
        self.kill_and_hear();
    }

    /// What it had said and nobody had heard.
    fn kill_and_hear(mut self) -> Vec<Vec<String>> {
        self.child.kill().unwrap();
        let lines = self.lines.lines().map_while(std::result::Result::ok);
        let words = |line: String| {
            let said = said(&line)?;
            Some(said.split(' ').map(str::to_owned).collect())
        };
        let rest = lines.filter_map(words).collect();
        self.child.wait().unwrap();
        rest
    }
}

fn answered(directory: &Path, question: &Question) -> Answer {
    ask(directory, question).unwrap()
}

/// The event once it is in this state.
fn logged(directory: &Path, id: &str, state: EventState) -> LoggedEvent {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = answered(directory, &Question::show(id, None));
        let event = answer.events.into_iter().next().unwrap();
        if event.state == state {
            return event;
        }
        assert!(Instant::now() < end, "{event:?} is not {state:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_failed_is_found_and_comes_again_while_its_program_runs_and_while_none_does() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let mut broken = Program::start(place, 0);
    let fine = broken.handled("fine");
    let id = broken.handled("fail");
    logged(place, &id, EventState::Failed);
    logged(place, &fine, EventState::Acknowledged);
    let failed = answered(place, &Question::list(10).failed());
    let ids: Vec<_> = failed.events.iter().map(|event| &*event.id).collect();
    assert_eq!((ids, failed.running), (vec![&*id], true));
    let answer = answered(place, &Question::replay(&fine, None));
    assert_eq!((answer.running, answer.handled), (true, true));
    assert_eq!(broken.handled("fine"), fine);
    broken.kill();
    // The socket that it has left answers nobody, and is in nobody's way.
    let asked = answered(place, &Question::replay(&id, None));
    assert_eq!((asked.running, asked.handled), (false, false));
    assert_eq!(asked.events[0].state, EventState::Waiting);
    let mut mended = Program::start(place, 1);
    assert_eq!(mended.handled("fail"), id);
    // The one that was waiting for its next attempt comes as well, as it would have.
    assert_eq!(mended.handled("fail"), id);
    let event = logged(place, &id, EventState::Acknowledged);
    assert_eq!(event.replays, 1);
    mended.kill();
    let report = check(place).unwrap();
    assert_eq!((report.events, report.messages), (2, 0));
    assert_eq!(report.problems, Vec::<String>::new());
}

fn publish(directory: &Path, body: &'static str) {
    let store = LocalStore::open(directory).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let message = OutgoingMessage::new(body);
    let published = runtime.block_on(store.topics().publish("jobs", &[message]));
    published.unwrap();
}

#[test]
fn an_event_with_which_each_program_ends_is_put_aside() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    publish(place, "hang");
    let mut id = None;
    for _ in 0..5 {
        let mut program = Program::start(place, 0);
        id = Some(program.handled("hang"));
        program.kill();
    }
    let id = id.unwrap();
    let mut program = Program::start(place, 0);
    program.handled("fine");
    let event = logged(place, &id, EventState::PutAside);
    assert_eq!((event.attempt, event.deliveries), (5, 5));
    assert!(event.error.unwrap().message.contains("has not ended"));
    // The same with a replay, which nobody is told of a second time.
    answered(place, &Question::replay(&id, None));
    for _ in 0..5 {
        assert_eq!(program.handled("hang"), id);
        program.kill();
        program = Program::start(place, 0);
    }
    program.handled("fine");
    assert_eq!(logged(place, &id, EventState::Interrupted).deliveries, 10);
    program.kill();
}

#[test]
fn one_that_asks_nothing_holds_up_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let program = Program::start(directory.path(), 1);
    answered(directory.path(), &Question::list(1));
    let socket = directory.path().join("control/socket");
    let silent: Vec<_> = (0..8)
        .map(|_| std::os::unix::net::UnixStream::connect(&socket).unwrap())
        .collect();
    let begin = Instant::now();
    assert!(answered(directory.path(), &Question::list(1)).running);
    assert!(begin.elapsed() < Duration::from_secs(1));
    drop(silent);
    program.kill();
}

#[test]
fn what_was_with_a_handler_when_its_program_was_killed_is_interrupted() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    publish(place, "hang");
    let mut broken = Program::start(place, 0);
    let id = broken.handled("hang");
    assert_eq!(logged(place, &id, EventState::Delivering).deliveries, 1);
    broken.kill();
    let answer = answered(place, &Question::list(10).failed());
    assert!(
        answer
            .events
            .iter()
            .any(|event| event.id == id && event.state == EventState::Interrupted)
    );
    let mut mended = Program::start(place, 1);
    assert_eq!(mended.handled("hang"), id);
    logged(place, &id, EventState::Acknowledged);
    mended.kill();
}

#[test]
fn only_the_user_of_a_program_reaches_it_and_only_where_it_answers() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let error = ask(place, &Question::list(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(std::fs::read_dir(place).unwrap().next().is_none());
    let program = Program::start(place, 1);
    answered(place, &Question::list(1));
    let mode = |name: &str| {
        std::fs::metadata(place.join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!((mode("control"), mode("control/socket")), (0o700, 0o600));
    program.kill();
    // A process that serves nothing has no socket, and keeps others out.
    let store = LocalStore::open(place).unwrap();
    let error = ask(place, &Question::list(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("answers nobody"), "{error}");
    drop(store);
    assert!(!answered(place, &Question::list(1)).running);
    // One that was killed while it looked in has left a mark that nobody waits for.
    std::fs::write(place.join("lock"), "x").unwrap();
    drop(LocalStore::open(place).unwrap());
    assert_eq!(std::fs::metadata(place.join("lock")).unwrap().len(), 0);
}

#[test]
fn a_directory_with_a_long_name_has_a_socket_too() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("long".repeat(40));
    let program = Program::start(&place, 1);
    let end = Instant::now() + Duration::from_secs(20);
    while !place.join("control/socket").exists() {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(answered(&place, &Question::list(1)).running);
    program.kill();
}

/// How many programs are killed.
const ROUNDS: u64 = 15;
/// Messages that each publishes.
const MESSAGES: u64 = 400;

/// What the rounds have told: how often each message that was acknowledged to its publisher was handled, and how often
/// somebody was told that it comes again.
#[derive(Default)]
struct Told {
    handled: BTreeMap<String, u64>,
    replayed: BTreeMap<String, u64>,
}

impl Told {
    /// Counts a line; the id where it says that one was handled.
    fn hear(&mut self, words: &[String]) -> Option<String> {
        let [what, id, ..] = words else {
            return None;
        };
        let handled = self.handled.entry(id.clone()).or_default();
        if what != "handled" {
            return None;
        }
        *handled += 1;
        Some(id.clone())
    }

    fn replay(&mut self, place: &Path, id: &str) {
        if ask(place, &Question::replay(id, None)).is_ok() {
            *self.replayed.entry(id.to_owned()).or_default() += 1;
        }
    }

    fn is_due(&self) -> bool {
        self.handled.iter().any(|(id, times)| {
            let replays = self.replayed.get(id).copied().unwrap_or_default();
            *times < 1 + replays
        })
    }
}

/// Reads and replays until so much was said, and kills the program in the middle of that.
fn replay_until_killed(place: &Path, round: u64, told: &mut Told) {
    let mut program = Program::start(place, MESSAGES);
    let mut last = None;
    for line in 0..(20 + 13 * round) {
        let words = program.next();
        if let Some(id) = told.hear(&words)
            && line.is_multiple_of(5)
        {
            told.replay(place, &id);
            last = Some(id);
        }
    }
    let Some(id) = last else {
        program.kill();
        return;
    };
    std::thread::scope(|scope| {
        // One is asked for while the program is killed, which then comes or does not.
        let asking = scope.spawn(|| ask(place, &Question::replay(&id, None)).is_ok());
        std::thread::sleep(Duration::from_micros(300 * round));
        let rest = program.kill_and_hear();
        if asking.join().unwrap() {
            *told.replayed.entry(id.clone()).or_default() += 1;
        }
        for words in rest {
            told.hear(&words);
        }
    });
    // And one while none runs.
    told.replay(place, &id);
}

#[test]
fn nothing_is_lost_and_nothing_stuck_whenever_a_program_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let mut told = Told::default();
    for round in 0..ROUNDS {
        replay_until_killed(place, round, &mut told);
    }
    let mut program = Program::start(place, 1);
    let end = Instant::now() + Duration::from_mins(1);
    while told.is_due() {
        assert!(Instant::now() < end, "some never came");
        told.hear(&program.next());
    }
    assert!(told.replayed.len() > 50, "{}", told.replayed.len());
    program.kill();
    assert_eq!(check(place).unwrap().problems, Vec::<String>::new());
}
