//! A second process: this test binary again, told by its environment what to do.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::{damage, document_changes, kill, replay};

/// Names the role of the child.
const ROLE: &str = "ISOBAR_LOCAL_TEST_ROLE";
/// Names the directory of the store.
const DIRECTORY: &str = "ISOBAR_LOCAL_TEST_DIRECTORY";
/// A number for the role.
const NUMBER: &str = "ISOBAR_LOCAL_TEST_NUMBER";

/// What a child does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Role {
    /// Writes until it is killed, and says what was acknowledged.
    Writer,
    /// Reads everything, and says what it found.
    Reader,
    /// Writes until it is killed, and says what was acknowledged and what it was told of it.
    Watcher,
    /// Serves an application until it is killed, whose handler is broken where the number is 0, and
    /// publishes as many messages as the number says.
    Handler,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Writer => "writer",
            Self::Reader => "reader",
            Self::Watcher => "watcher",
            Self::Handler => "handler",
        }
    }

    fn command(self, directory: &Path, number: u64) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "child::a_child_does_what_it_is_told",
                "--exact",
                "--nocapture",
            ])
            .env(ROLE, self.name())
            .env(DIRECTORY, directory)
            .env(NUMBER, number.to_string())
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command
    }

    /// Starts the child; the caller ends it.
    pub(crate) fn start(self, directory: &Path, number: u64) -> (Child, BufReader<ChildStdout>) {
        let mut child = self.command(directory, number).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        (child, lines)
    }

    /// Runs the child to its end, which must come within a minute, and returns what it printed.
    pub(crate) fn run(self, directory: &Path, number: u64) -> (ExitStatus, String) {
        let mut command = self.command(directory, number);
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let mut output = child.stdout.take().unwrap();
        let child = Mutex::new(child);
        let (done, ended) = mpsc::channel::<()>();
        let mut printed = String::new();
        thread::scope(|scope| {
            let child = &child;
            scope.spawn(move || kill_unless_ended(child, &ended));
            output.read_to_string(&mut printed).unwrap();
            drop(done);
        });
        let status = child.lock().unwrap().wait().unwrap();
        (status, printed)
    }
}

fn kill_unless_ended(child: &Mutex<Child>, ended: &Receiver<()>) {
    let waited = ended.recv_timeout(Duration::from_mins(1));
    if waited == Err(RecvTimeoutError::Timeout) {
        child.lock().unwrap().kill().unwrap();
    }
}

/// The lines of a child that are for its parent, not those of the test harness.
pub(crate) fn said(line: &str) -> Option<&str> {
    let at = line.find("said ")?;
    Some(&line[at + "said ".len()..])
}

/// The first such line.
pub(crate) fn first_said(lines: &mut BufReader<ChildStdout>) -> String {
    for line in lines.lines() {
        if let Some(said) = said(&line.unwrap()) {
            return said.to_owned();
        }
    }
    panic!("the child said nothing");
}

#[test]
fn a_child_does_what_it_is_told() {
    let variable = |name| std::env::var_os(name).and_then(|value| value.into_string().ok());
    let Some(role) = variable(ROLE) else {
        // Without a parent there is a store to fill and to read for a moment.
        let directory = tempfile::tempdir().unwrap();
        damage::fill(directory.path());
        assert!(damage::read(directory.path()).starts_with("data "));
        return;
    };
    let directory = variable(DIRECTORY).unwrap();
    let number = variable(NUMBER).unwrap().parse().unwrap();
    match role.as_str() {
        "writer" => kill::write(Path::new(&directory), number),
        "handler" => replay::serve(Path::new(&directory), number),
        "watcher" => document_changes::watch(Path::new(&directory)),
        "reader" => println!("said {}", damage::read(Path::new(&directory))),
        other => panic!("unknown role {other}"),
    }
}
