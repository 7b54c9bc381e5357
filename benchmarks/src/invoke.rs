//! One invocation of a Lambda function, from its event to its answer: Isobar and lambda_http, in turns.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};

use crate::server::Server;
use crate::{Invoking, report};

/// The content of the requests, in bytes.
const SIZES: [(&str, usize); 2] = [("1_kib", 1_024), ("1_mib", 1_024 * 1_024)];
const WARM_UP: usize = 50;
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn compare(invoking: &Invoking) -> Result<()> {
    let programs = [
        Server::beside("bootstrap_isobar")?,
        Server::beside("bootstrap_lambda_http")?,
    ];
    for (name, size) in SIZES {
        let event = event(size);
        let mut functions = Vec::new();
        for program in &programs {
            functions.push(Function::start(program.as_os_str(), event.clone())?);
        }
        let rounds = if size > 100_000 {
            invoking.rounds / 10
        } else {
            invoking.rounds
        };
        let mut spans: [Vec<Duration>; 2] = Default::default();
        for _ in 0..WARM_UP + usize::try_from(rounds)? {
            for (function, spans) in functions.iter().zip(&mut spans) {
                spans.push(function.invoke()?);
            }
        }
        let [isobar, peer] = spans.map(median);
        report::measured(&format!("isobar, {name}"), "us an invocation", isobar);
        report::measured(&format!("lambda_http, {name}"), "us an invocation", peer);
        report::ratio(
            &format!("lambda_invoke_{name}_isobar_over_lambda_http"),
            isobar / peer,
        );
        let [isobar, peer] = [functions[0].ticks()?, functions[1].ticks()?];
        report::ratio(
            &format!("lambda_invoke_{name}_cpu_isobar_over_lambda_http"),
            isobar / peer,
        );
    }
    Ok(())
}

/// Microseconds.
fn median(mut spans: Vec<Duration>) -> f64 {
    let mut spans = spans.split_off(WARM_UP.min(spans.len()));
    spans.sort();
    spans
        .get(spans.len() / 2)
        .map_or(f64::NAN, |span| span.as_secs_f64() * 1e6)
}

/// A request with so much JSON, through a function URL.
fn event(size: usize) -> Vec<u8> {
    let item = r#"{"id":4711,"name":"a note","tags":["one","two"],"done":false},"#;
    let mut content = item.repeat(size / item.len());
    content.pop();
    let event = serde_json::json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "a=1&b=2",
        "cookies": ["session=4f2a", "theme=dark"],
        "headers": {
            "accept": "*/*",
            "content-type": "application/json",
            "host": "a1b2c3d4e5.lambda-url.eu-central-1.on.aws",
            "user-agent": "ratios",
            "x-amzn-trace-id": "Root=1-5759e988-bd862e3fe1be46a994272793",
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "a1b2c3d4e5",
            "domainName": "a1b2c3d4e5.lambda-url.eu-central-1.on.aws",
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": "POST", "path": "/", "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1", "userAgent": "ratios",
            },
            "requestId": "0a1b2c3d",
            "routeKey": "$default",
            "stage": "$default",
            "time": "30/Nov/2026:01:28:00 +0000",
            "timeEpoch": 1_796_000_000_000_u64,
        },
        "body": format!("[{content}]"),
        "isBase64Encoded": false,
    });
    event.to_string().into_bytes()
}

/// A function and the runtime API that it polls.
struct Function {
    process: Child,
    begin: Sender<()>,
    ended: Receiver<Instant>,
    polled: Receiver<Instant>,
}

impl Function {
    fn start(program: &OsStr, event: Vec<u8>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let api: SocketAddr = listener.local_addr()?;
        let process = Command::new(program)
            .env("AWS_LAMBDA_RUNTIME_API", api.to_string())
            .envs([
                ("AWS_LAMBDA_FUNCTION_NAME", "hello"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_REGION", "eu-west-1"),
                ("AWS_LAMBDA_LOG_GROUP_NAME", "g"),
                ("AWS_LAMBDA_LOG_STREAM_NAME", "s"),
            ])
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let (begin, waiting) = channel();
        let (sent, polled) = channel();
        let (answered, ended) = channel();
        let api = Arc::new(Api {
            event,
            waiting: Mutex::new(waiting),
            sent,
            answered,
        });
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let api = Arc::clone(&api);
                std::thread::spawn(move || api.serve(stream));
            }
        });
        Ok(Self {
            process,
            begin,
            ended,
            polled,
        })
    }

    /// From the last byte of the event to the last of the answer.
    fn invoke(&self) -> Result<Duration> {
        self.begin.send(())?;
        let begun = self
            .polled
            .recv_timeout(PATIENCE)
            .context("the function does not poll")?;
        let ended = self
            .ended
            .recv_timeout(PATIENCE)
            .context("the function does not answer")?;
        Ok(ended - begun)
    }

    /// The time of processors that it has used, in ticks of the kernel.
    fn ticks(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let [Some(user), Some(system)] = [fields.get(11), fields.get(12)] else {
            bail!("/proc tells no time of the process");
        };
        Ok(user.parse::<f64>()? + system.parse::<f64>()?)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // Already gone is as good as killed.
        let _gone = self.process.kill();
        let _status = self.process.wait();
    }
}

struct Api {
    event: Vec<u8>,
    waiting: Mutex<Receiver<()>>,
    sent: Sender<Instant>,
    answered: Sender<Instant>,
}

const ACCEPTED: &[u8] = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";

impl Api {
    /// Ends with the connection, or with the measurement.
    fn serve(&self, stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let mut writer = stream.try_clone().ok()?;
        let mut reader = BufReader::new(stream);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let length = content_length(&mut reader)?;
            std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink()).ok()?;
            if line.starts_with("GET") {
                self.waiting.lock().ok()?.recv().ok()?;
                writer.write_all(self.head().as_bytes()).ok()?;
                writer.write_all(&self.event).ok()?;
                self.sent.send(Instant::now()).ok()?;
            } else {
                self.answered.send(Instant::now()).ok()?;
                writer.write_all(ACCEPTED).ok()?;
            }
        }
    }

    fn head(&self) -> String {
        let deadline = SystemTime::now() + PATIENCE;
        let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
             lambda-runtime-deadline-ms: {}\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:123456789012:function:hello\r\n\r\n",
            self.event.len(),
            deadline.as_millis(),
        )
    }
}

/// Reads the fields of a request; programs here state the length of what they send.
fn content_length(reader: &mut BufReader<TcpStream>) -> Option<u64> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            return Some(length);
        }
        if let Some(told) = line.strip_prefix("content-length:") {
            length = told.trim().parse().ok()?;
        }
    }
}
