//! An application as it would run elsewhere, in processes of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Rehearsal {
    child: Child,
    address: String,
    folder: tempfile::TempDir,
}

impl Rehearsal {
    /// Waits for the line in which it says where it listens.
    fn start(target: &str) -> Self {
        Self::start_with(target, ("UNUSED", ""))
    }

    fn start_with(target: &str, variable: (&str, &str)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(super::example("counts"));
        command.args(["--as", target]).current_dir(folder.path());
        command.env_clear().env("ISOBAR_LISTEN", "127.0.0.1:0");
        command.env(variable.0, variable.1);
        let places = folder.path().join("temporary");
        std::fs::create_dir(&places).unwrap();
        command.env("TMPDIR", &places);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.unwrap();
        let told = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in told.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let said = format!(" as {target}");
        let line = lines.iter().find(|line| line.contains(&said)).unwrap();
        let (_, address) = line.split_once("http://").unwrap();
        let address = address.split(' ').next().unwrap().to_owned();
        Self {
            child,
            address,
            folder,
        }
    }

    /// Status and content.
    fn ask(&self, request: &str, content: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = content.len();
        let head = format!(
            "{request} HTTP/1.1\r\nhost: counts\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        // It may answer and close before it has read all.
        let _ = stream.write_all(content);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        let status = text.split(' ').nth(1).unwrap_or_default().parse().unwrap();
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        (status, answer.split_off(end + 4))
    }

    #[cfg(all(feature = "lambda", target_os = "linux"))]
    fn signal(&self) {
        let pid = self.child.id().to_string();
        let status = Command::new("/bin/kill").args(["-TERM", &pid]).status();
        assert!(status.unwrap().success());
    }

    #[cfg(all(feature = "lambda", target_os = "linux"))]
    /// Waits for its end, for a while.
    fn ended(&mut self) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(30) {
            if self.child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    #[cfg(all(any(feature = "lambda", feature = "cloud-run"), target_os = "linux"))]
    /// The ids of the processes that run in its folder.
    fn process_ids(&self) -> Vec<String> {
        let folder = self.folder.path().canonicalize().unwrap();
        let all = std::fs::read_dir("/proc").unwrap().map_while(Result::ok);
        let own = all.filter(|entry| {
            let place = std::fs::read_link(entry.path().join("cwd"));
            place.is_ok_and(|place| place == folder)
        });
        own.map(|entry| entry.file_name().into_string().unwrap())
            .collect()
    }

    #[cfg(all(feature = "lambda", target_os = "linux"))]
    fn processes(&self) -> usize {
        self.process_ids().len()
    }

    fn counted(&self) -> String {
        let (status, content) = self.ask("GET /count", b"");
        assert_eq!(status, 200);
        String::from_utf8(content).unwrap()
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(feature = "lambda")]
#[test]
fn as_on_lambda_each_request_meets_a_process_that_had_none_and_the_limits_of_the_door() {
    let lambda = Rehearsal::start("aws");
    for _ in 0..3 {
        assert_eq!(lambda.counted(), "1");
    }
    let (status, content) = lambda.ask("POST /length", &[b'x'; 1_000]);
    assert_eq!((status, &*content), (200, &b"1000"[..]));
    assert_eq!(lambda.ask("POST /length", &vec![b'x'; 7 << 20]).0, 413);
    let (status, content) = lambda.ask("GET /large", b"");
    let content = String::from_utf8_lossy(&content).into_owned();
    assert_eq!(status, 502, "{}", content.len());
    assert!(content.contains("response_too_large"), "{content}");
    let field = |length: usize| {
        format!(
            "GET /count HTTP/1.1\r\nx-long: {}\r\nx-rest:",
            "x".repeat(length)
        )
    };
    assert_eq!(lambda.ask(&field(9_000), b"").0, 200);
    assert_eq!(lambda.ask(&field(11_000), b"").0, 431);
}

#[cfg(feature = "cloud-run")]
#[test]
fn as_on_cloud_run_a_process_has_one_request_after_another_and_large_responses_pass() {
    let server = Rehearsal::start("gcp");
    for expected in ["1", "2", "3"] {
        assert_eq!(server.counted(), expected);
    }
    let (status, content) = server.ask("GET /large", b"");
    assert_eq!((status, content.len()), (200, 7 << 20));
}

#[cfg(all(feature = "lambda", target_os = "linux"))]
#[test]
fn a_signal_ends_all_though_a_handler_hangs_and_others_wait_for_their_turn() {
    let mut lambda = Rehearsal::start("lambda");
    let mut hang: Vec<_> = (0..3)
        .map(|_| {
            let mut stream = TcpStream::connect(&lambda.address).unwrap();
            stream
                .write_all(b"GET /never HTTP/1.1\r\nhost: counts\r\n\r\n")
                .unwrap();
            stream
        })
        .collect();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(lambda.processes(), 2);
    // One that is gone costs no process its only request.
    drop(hang.pop());
    lambda.signal();
    std::thread::sleep(Duration::from_millis(200));
    // The second one ends the patience of servers with requests under way.
    lambda.signal();
    assert!(lambda.ended());
    assert_eq!(lambda.processes(), 0);
    let left = std::fs::read_dir(lambda.folder.path().join("temporary"));
    assert_eq!(left.unwrap().count(), 0);
}

#[cfg(feature = "lambda")]
#[test]
fn what_a_store_has_signed_is_held_to_no_limit_of_the_target() {
    let lambda = Rehearsal::start("aws");
    let path = |route: &str| {
        let (status, url) = lambda.ask(route, b"");
        let url = String::from_utf8(url).unwrap();
        assert_eq!(status, 200, "{url}");
        url.replacen(&format!("http://{}", lambda.address), "", 1)
    };
    let large = vec![b'x'; 7 << 20];
    let (status, content) = lambda.ask(&format!("PUT {}", path("GET /signed")), &large);
    let content = String::from_utf8_lossy(&content).into_owned();
    assert!((200..300).contains(&status), "{status} {content}");
    let (status, content) = lambda.ask(&format!("GET {}", path("GET /signed-get")), b"");
    assert_eq!((status, content.len()), (200, large.len()));
}

#[cfg(feature = "lambda")]
#[test]
fn an_event_is_logged_and_replayed_whichever_process_has_the_store() {
    use isobar_local::events::{EventState, LoggedEvent, Question, ask};
    let lambda = Rehearsal::start("aws");
    let store = lambda.folder.path().join(".isobar");
    let event = |question: &Question, state: EventState| -> LoggedEvent {
        let begin = Instant::now();
        loop {
            let answer = ask(&store, question).unwrap();
            let event = answer.events.into_iter().next();
            match event {
                Some(event) if event.state == state => return event,
                event => assert!(begin.elapsed() < Duration::from_secs(30), "{event:?}"),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let broken = lambda.folder.path().join("broken");
    std::fs::write(&broken, "").unwrap();
    let (status, url) = lambda.ask("GET /signed", b"");
    let url = String::from_utf8(url).unwrap();
    assert_eq!(status, 200, "{url}");
    let path = url.replacen(&format!("http://{}", lambda.address), "", 1);
    let (status, _) = lambda.ask(&format!("PUT {path}"), b"text");
    assert!((200..300).contains(&status));
    let failed = event(&Question::list(1).failed(), EventState::Failed);
    assert_eq!(failed.source, "bucket/files");
    std::fs::remove_file(&broken).unwrap();
    // While processes are replaced.
    for _ in 0..3 {
        assert_eq!(lambda.counted(), "1");
        ask(&store, &Question::replay(&failed.id, None)).unwrap();
    }
    let done = event(&Question::show(&failed.id, None), EventState::Acknowledged);
    assert_eq!(done.replays, 3);
    assert_eq!(lambda.counted(), "1");
}

#[cfg(feature = "cloud-run")]
#[test]
fn a_handler_has_the_time_that_the_target_gives_it() {
    let server = Rehearsal::start_with("cloud-run", ("CLOUD_RUN_TIMEOUT_SECONDS", "1"));
    let told = |route: &str| {
        let (status, content) = server.ask(route, b"");
        (status, String::from_utf8_lossy(&content).into_owned())
    };
    let front = "no answer within";
    // The process itself answers before its time is over, and the one that cannot is answered for.
    let (status, content) = told("GET /never");
    assert!(
        status == 504 && !content.contains(front),
        "{status} {content}"
    );
    let (status, content) = told("GET /blocks");
    assert!(
        status == 504 && content.contains(front),
        "{status} {content}"
    );
    // Until it can answer again.
    std::thread::sleep(Duration::from_millis(2_500));
    let begin = Instant::now();
    let (status, content) = told("GET /streams");
    assert!(
        status == 200 && content.contains("begun"),
        "{status} {content}"
    );
    assert!(begin.elapsed() < Duration::from_secs(10));
    assert_eq!(server.counted(), "4");
}

#[cfg(all(feature = "cloud-run", target_os = "linux"))]
#[test]
fn a_process_that_dies_is_followed_by_another_though_nobody_asks() {
    let server = Rehearsal::start("gcp");
    let front = server.child.id().to_string();
    let instance = || {
        let ids = server.process_ids();
        ids.into_iter().find(|id| *id != front)
    };
    assert_eq!(server.counted(), "1");
    let first = instance().unwrap();
    let killed = Command::new("/bin/kill").args(["-KILL", &first]).status();
    assert!(killed.unwrap().success());
    let begin = Instant::now();
    while instance().is_none_or(|id| id == first) {
        assert!(begin.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.counted(), "1");
}

#[test]
fn an_unknown_target_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(super::example("counts"));
    let command = command.args(["--as", "mainframe"]).env_clear();
    let output = command.current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("mainframe"), "{told}");
}
