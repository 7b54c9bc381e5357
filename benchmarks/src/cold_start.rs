//! From exec to the first poll of the Lambda Runtime API, and to Express's first answer.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::server::{Server, express_package, peer};
use crate::{Start, report};

/// The path a function polls: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.
const NEXT: &str = "GET /2018-06-01/runtime/invocation/next";
/// Registration of the internal extension by which a runtime hears of SIGTERM.
const REGISTERED: &[u8] =
    b"HTTP/1.1 200 OK\r\nlambda-extension-identifier: 1\r\ncontent-length: 2\r\n\r\n{}";
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn compare(start: &Start) -> Result<()> {
    let isobar = Server::beside("bootstrap_isobar")?;
    let peer = Server::beside("bootstrap_lambda_http")?;
    let mut spans: [Vec<Duration>; 3] = Default::default();
    for round in 1..=start.rounds {
        report::progress(&format!("round {round} of {}", start.rounds));
        let mut programs = [(0, &isobar), (1, &peer)];
        // What starts after Node finds colder caches: each takes that place as often as the other.
        if round.is_multiple_of(2) {
            programs.reverse();
        }
        for (index, program) in programs {
            spans[index].push(to_first_poll(program.as_os_str())?);
        }
        spans[2].push(to_first_answer(&start.express)?);
    }
    let [isobar, peer, express] = spans.map(median);
    report::measured("isobar bootstrap, exec to first poll", "ms", isobar);
    report::measured("lambda_http bootstrap, exec to first poll", "ms", peer);
    report::measured("node with express4, exec to first answer", "ms", express);
    report::ratio("lambda_start_isobar_over_lambda_http", isobar / peer);
    report::ratio("lambda_start_express4_over_isobar", express / isobar);
    Ok(())
}

/// Milliseconds.
fn median(mut spans: Vec<Duration>) -> f64 {
    spans.sort();
    spans
        .get(spans.len() / 2)
        .map_or(f64::NAN, |span| span.as_secs_f64() * 1e3)
}

fn to_first_poll(program: &OsStr) -> Result<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let api = listener.local_addr()?.to_string();
    let begin = Instant::now();
    let process = Command::new(program)
        .env("AWS_LAMBDA_RUNTIME_API", api)
        .envs([
            ("AWS_LAMBDA_FUNCTION_NAME", "hello"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ])
        .envs([
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_REGION", "eu-west-1"),
        ])
        .envs([
            ("AWS_LAMBDA_LOG_GROUP_NAME", "g"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "s"),
        ])
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let mut process = Stopped(process);
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sender = sender.clone();
            std::thread::spawn(move || serve(stream, &sender));
        }
    });
    match receiver.recv_timeout(PATIENCE) {
        Ok(polled) => Ok(polled - begin),
        Err(_) => bail!(
            "{} did not poll: {:?}",
            program.display(),
            process.0.try_wait()?
        ),
    }
}

/// Answers registrations; the first poll is told and left without an answer, as an idle API does.
fn serve(stream: TcpStream, polled: &std::sync::mpsc::Sender<Instant>) {
    let Ok(mut writer) = stream.try_clone() else {
        return;
    };
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
        if line.starts_with(NEXT) {
            // The receiver is gone when the measurement is over.
            let _late = polled.send(Instant::now());
        }
        if line.starts_with("POST") && writer.write_all(REGISTERED).is_err() {
            return;
        }
        line.clear();
    }
}

fn to_first_answer(folder: &Path) -> Result<Duration> {
    let (root, script) = (express_package(folder)?, peer("hello.js")?);
    let begin = Instant::now();
    let server = Server::start(
        OsStr::new("node"),
        [script.as_path(), &root, Path::new("express4")],
    )?;
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    stream.read_to_end(&mut Vec::new())?;
    Ok(begin.elapsed())
}

struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        // Already gone is as good as killed.
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}
