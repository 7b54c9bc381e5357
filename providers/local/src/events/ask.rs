//! Asking the log of events of a directory from outside: the program that has the store open, or the store itself.

use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind as IoErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use isobar::{Error, ErrorKind, Result};

use super::answer::{self, Answer, Question, Reply};
use super::handle::EventLog;
use crate::store::{FILE, LocalStore};

/// The folder within that of the store which only its user may enter, and the socket in it.
pub(crate) const DOOR: &str = "control";
pub(crate) const SOCKET: &str = "socket";
/// What a program says first.
pub(crate) const GREETING: &[u8] = b"\n";
/// How long a program may take to be there, where one has the store and is none yet.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long it may take to answer.
const ANSWER: Duration = Duration::from_secs(30);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(25);
/// The longest path that every system takes for a socket.
const PATH_BYTES: usize = 100;

/// Asks the log of events of the store in `directory`, whether or not a program has it open.
///
/// A program is asked by a socket in the directory that only its user can reach. Where none runs, the store is opened for as
/// long as that takes, while which a program that starts waits. It blocks, and must not be called within a runtime.
/// `NotFound` where there is no store or no such event, `InvalidArgument` where several have the id, `Unavailable` where a
/// program has the store open and answers nobody.
pub fn ask(directory: impl AsRef<Path>, question: &Question) -> Result<Answer> {
    let directory = directory.as_ref();
    if !directory.join(FILE).is_file() {
        let message = format!("there is no store in {}", directory.display());
        return Err(Error::new(ErrorKind::NotFound, message));
    }
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(program) = connect(directory)? {
            return exchange(program, question);
        }
        match LocalStore::visit(directory) {
            Ok(store) => return from_store(&store, question.clone()),
            Err(fault) if fault.is_in_use() && Instant::now() < end => std::thread::sleep(PAUSE),
            Err(fault) if fault.is_in_use() => return Err(silent(directory)),
            Err(fault) => return Err(fault.error(&directory.display())),
        }
    }
}

/// The program that has the store open, where it can be reached.
fn connect(directory: &Path) -> Result<Option<UnixStream>> {
    let door = directory.join(DOOR);
    let connected = Place::of(&door)
        .and_then(|place| UnixStream::connect(place.path()))
        .and_then(greeted);
    match connected {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if error.kind() == IoErrorKind::PermissionDenied => {
            let message = format!(
                "{} may be entered by another user only, whose program has the store open",
                door.display()
            );
            Err(Error::new(ErrorKind::Unavailable, message).with_source(error))
        }
        // What a program that was killed has left, which answers nobody.
        Err(_) => Ok(None),
    }
}

/// The program once it has taken the connection: one that ends before has not been asked anything.
fn greeted(mut program: UnixStream) -> std::io::Result<UnixStream> {
    program.set_read_timeout(Some(ANSWER))?;
    program.read_exact(&mut [0; GREETING.len()])?;
    Ok(program)
}

fn exchange(mut program: UnixStream, question: &Question) -> Result<Answer> {
    let unanswered = |error: std::io::Error| {
        let message = "the program that has the store open did not answer: what was asked may \
                       have been done";
        Error::new(ErrorKind::Unavailable, message).with_source(error)
    };
    let mut line = serde_json::to_vec(question).map_err(|error| unanswered(error.into()))?;
    line.push(b'\n');
    program.write_all(&line).map_err(unanswered)?;
    let mut reply = String::new();
    let read = BufReader::new(program).read_line(&mut reply);
    read.map_err(unanswered)?;
    let reply: Reply = serde_json::from_str(&reply).map_err(|error| unanswered(error.into()))?;
    let mut answer = reply.into_result()?;
    answer.running = true;
    Ok(answer)
}

fn from_store(store: &LocalStore, question: Question) -> Result<Answer> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| {
        Error::new(ErrorKind::Internal, "there is no runtime").with_source(error)
    })?;
    let log = EventLog::new(store.clone());
    runtime.block_on(answer::answer(&log, question, |_| false))
}

fn silent(directory: &Path) -> Error {
    let message = format!(
        "the store in {} is open in a process that answers nobody: one that serves no events, or of \
         an older version; stop it, and ask again",
        directory.display()
    );
    Error::new(ErrorKind::Unavailable, message)
}

/// Where the socket lies, by a path that is short enough for one.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    /// Open for as long as the path is by its number.
    _folder: File,
}

impl Place {
    /// The place of the socket in this folder, which is there.
    pub(crate) fn of(door: &Path) -> std::io::Result<Self> {
        let folder = File::open(door)?;
        let mut path = door.join(SOCKET);
        if cfg!(target_os = "linux") && path.as_os_str().len() > PATH_BYTES {
            use std::os::fd::AsRawFd as _;
            path = format!("/proc/self/fd/{}/{SOCKET}", folder.as_raw_fd()).into();
        }
        Ok(Self {
            path,
            _folder: folder,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
