//! An application as it would run elsewhere, in processes of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

struct Rehearsal {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
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
            _folder: folder,
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

#[cfg(feature = "cloud-run")]
#[test]
fn a_handler_has_the_time_that_the_target_gives_it() {
    let server = Rehearsal::start_with("cloud-run", ("CLOUD_RUN_TIMEOUT_SECONDS", "1"));
    assert_eq!(server.ask("GET /never", b"").0, 504);
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
