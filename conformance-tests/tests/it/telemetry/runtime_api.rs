//! A Lambda runtime API that has one event and none for extensions, and notes when the next one is asked for.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use libtest_mimic::Failed;
use serde_json::json;

use super::application::TRACE;

const PARENT: &str = "b7ad6b7169203331";

/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>
const REGISTERED: &str =
    "HTTP/1.1 200 OK\r\nlambda-extension-identifier: extension-1\r\ncontent-length: 2\r\n\r\n{}";

pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    told: Receiver<Told>,
}

enum Told {
    Answer(String, Instant),
    AskedAgain(Instant),
}

/// Who tells the event's trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A client, in its request.
    Client,
    /// Lambda, as without active tracing.
    InactiveXRay,
}

/// What became of the event.
pub(crate) struct Invoked {
    pub(crate) answer: String,
    /// How long after the answer the next event was asked for.
    pub(crate) asked_again: Duration,
}

impl RuntimeApi {
    pub(crate) fn start(caller: Caller) -> Result<Self, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (tell, told) = channel();
        thread::spawn(move || {
            let is_given = Arc::new(AtomicBool::new(false));
            for stream in listener.incoming().flatten() {
                let (tell, is_given) = (tell.clone(), Arc::clone(&is_given));
                thread::spawn(move || serve(stream, &tell, (&is_given, caller)));
            }
        });
        Ok(Self { address, told })
    }

    pub(crate) fn invoked(&self) -> Result<Invoked, Failed> {
        let patience = Duration::from_secs(30);
        let mut answered = None;
        loop {
            match (self.told.recv_timeout(patience)?, answered.take()) {
                (Told::Answer(answer, at), _) => answered = Some((answer, at)),
                (Told::AskedAgain(at), Some((answer, before))) => {
                    let asked_again = at.duration_since(before);
                    return Ok(Invoked {
                        answer,
                        asked_again,
                    });
                }
                // The first event, which has no answer yet.
                (Told::AskedAgain(_), None) => {}
            }
        }
    }
}

/// One connection; the second event never comes.
fn serve(
    stream: TcpStream,
    tell: &Sender<Told>,
    (is_given, caller): (&AtomicBool, Caller),
) -> Option<()> {
    let mut writer = stream.try_clone().ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let (first, body) = received(&mut reader)?;
        if first.contains("/extension/register") {
            writer.write_all(REGISTERED.as_bytes()).ok()?;
        } else if first.contains("/extension/event/next") {
            thread::park();
        } else if first.contains("/invocation/next") {
            tell.send(Told::AskedAgain(Instant::now())).ok()?;
            if is_given.swap(true, Ordering::AcqRel) {
                thread::park();
            }
            writer.write_all(next(caller).as_bytes()).ok()?;
        } else {
            tell.send(Told::Answer(body, Instant::now())).ok()?;
            let accepted = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
            writer.write_all(accepted.as_bytes()).ok()?;
        }
    }
}

/// The first line of the next request on a connection, and its content.
pub(super) fn received(reader: &mut impl BufRead) -> Option<(String, String)> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(told) = line.strip_prefix("content-length:") {
            length = told.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first, String::from_utf8_lossy(&body).into_owned()))
}

fn next(caller: Caller) -> String {
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/log/lambda",
        "rawQueryString": "",
        "headers": { "host": "probe.lambda-url.us-east-1.on.aws" },
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "probe",
            "domainName": "probe.lambda-url.us-east-1.on.aws",
            "domainPrefix": "probe",
            "http": {
                "method": "GET",
                "path": "/log/lambda",
                "protocol": "HTTP/1.1",
                "sourceIp": "198.51.100.7",
                "userAgent": "test",
            },
            "requestId": "request",
            "routeKey": "$default",
            "stage": "$default",
            "time": "30/Nov/2026:03:00:00 +0000",
            "timeEpoch": 1_796_007_600_000_u64,
        },
        "isBase64Encoded": false,
    });
    let mut x_ray = String::new();
    if caller == Caller::Client {
        event["headers"]["traceparent"] = format!("00-{TRACE}-{PARENT}-01").into();
    } else {
        let (time, unique) = TRACE.split_at(8);
        x_ray = format!(
            "lambda-runtime-trace-id: Root=1-{time}-{unique};Parent={PARENT};Sampled=0\r\n"
        );
    }
    let event = event.to_string();
    let deadline = SystemTime::now() + Duration::from_secs(30);
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         lambda-runtime-aws-request-id: invocation-1\r\nlambda-runtime-deadline-ms: {}\r\n{x_ray}\
         lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:123456789012:function:probe\r\n\r\n{event}",
        event.len(),
        deadline.as_millis(),
    )
}
