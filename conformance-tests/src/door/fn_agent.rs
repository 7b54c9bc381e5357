//! Through the Unix socket of Fn, as its server and its agent do by their sources: a client's request within a call.
//!
//! <https://github.com/fnproject/fn/blob/master/api/server/runner_httptrigger.go>,
//! <https://github.com/fnproject/fn/blob/master/api/agent/agent.go>

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use isobar::Capabilities;
use isobar_fn::function::FN;
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::application::Application;
use super::{Door, Doors, ProbeProcess, WireRequest, WireResponse, http1};
use crate::{Evidence, Failure};

/// Doors to Fn.
#[derive(Debug)]
pub struct FnDoors;

#[derive(Debug)]
struct FnDoor {
    socket: PathBuf,
    /// A container has one call at a time; where Fn would start another, the others wait here.
    calls: Mutex<()>,
    process: ProbeProcess,
    _directory: TempDir,
}

/// "FDKs must listen on the unix socket within 5 seconds of startup", on a machine that does nothing else.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);
const APP: &str = "probe";
const FIELD: &str = "fn-http-h-";

/// What `StripHopHeaders` in `api/common` takes away.
const HOP_FIELDS: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
];

#[async_trait]
impl Doors for FnDoors {
    fn capabilities(&self) -> Capabilities {
        FN.capabilities
    }

    fn evidence(&self) -> Evidence {
        Evidence::ContractOnly
    }

    fn scheme(&self) -> Option<&'static str> {
        Some("http")
    }

    fn deadline(&self) -> Option<Duration> {
        Some(PATIENCE)
    }

    fn one_at_a_time(&self) -> bool {
        true
    }

    fn counts_deliveries(&self) -> bool {
        // No messages come this way.
        false
    }

    async fn open(&self) -> Result<Box<dyn Door>, Failure> {
        Ok(Box::new(FnDoor::open(None).await?))
    }
}

/// The door to somebody's application.
pub(super) async fn open_application(application: &Application) -> Result<Box<dyn Door>, Failure> {
    Ok(Box::new(FnDoor::open(Some(application)).await?))
}

impl FnDoor {
    async fn open(application: Option<&Application>) -> Result<Self, Failure> {
        let failed = |error| Failure::new(format!("no place for the socket: {error}"));
        let directory = TempDir::new().map_err(failed)?;
        let socket = directory.path().join("lsnr.sock");
        let variables = [
            ("FN_LISTENER", format!("unix:{}", socket.display())),
            ("FN_FORMAT", "http-stream".to_owned()),
            ("FN_APP_ID", "01H".to_owned()),
            ("FN_APP_NAME", APP.to_owned()),
            ("FN_FN_ID", "01J".to_owned()),
            ("FN_MEMORY", "128".to_owned()),
        ];
        let door = FnDoor {
            socket,
            calls: Mutex::new(()),
            process: match application {
                Some(application) => ProbeProcess::start_application(application, &variables)?,
                None => ProbeProcess::start_alone(&variables)?,
            },
            _directory: directory,
        };
        let start = Instant::now();
        while !door.socket.exists() {
            if start.elapsed() > PATIENCE {
                return Err(Failure::new("the probe makes no socket"));
            }
            sleep(PAUSE).await;
        }
        Ok(door)
    }
}

#[async_trait]
impl Door for FnDoor {
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        let _only = self.calls.lock().await;
        let broken = |error| Failure::new(format!("no answer over the socket: {error}"));
        let stream = UnixStream::connect(&self.socket).await.map_err(broken)?;
        let id = Uuid::new_v4().simple().to_string();
        let call = call(request, &id);
        // The agent takes a call that it cannot write to its end for a failure of the function.
        let answer = http1::whole_over(stream, "localhost", &call).await;
        let answer = answer.map_err(broken)?;
        if answer.status != 200 {
            let status = answer.status;
            let what = format!("Fn takes an answer of {status} for a failure of the function");
            return Err(Failure::new(what));
        }
        let response = response(answer, &request.method)?;
        let filed = response.joined("x-request-id");
        if filed != id {
            let what = format!("Fn calls the request {id:?}, the response {filed:?}");
            return Err(Failure::new(what));
        }
        Ok(response)
    }

    fn process(&self) -> Option<&ProbeProcess> {
        Some(&self.process)
    }

    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        self.process.logged(text).await
    }
}

/// What the trigger makes of a request, and the agent of that.
fn call(request: &WireRequest, id: &str) -> WireRequest {
    let mut host = "fn.example.com:8080".to_owned();
    let mut call = WireRequest::new("POST", "/call")
        .header("User-Agent", "Go-http-client/1.1")
        .header("Accept-Encoding", "gzip");
    for (name, value) in &request.headers {
        match name.to_ascii_lowercase().as_str() {
            "host" => host = String::from_utf8_lossy(value).into_owned(),
            "content-type" => call = call.header("Content-Type", value),
            hop if HOP_FIELDS.contains(&hop) => {}
            _ => call = call.header(&format!("Fn-Http-H-{name}"), value),
        }
    }
    if !request.body.is_empty() {
        let length = request.body.len().to_string();
        call = call
            .header("Fn-Http-H-Content-Length", length)
            .header("Transfer-Encoding", "chunked")
            .body(chunked(&request.body));
    }
    let deadline = (Timestamp::now() + PATIENCE).strftime("%FT%TZ").to_string();
    let url = format!("http://{host}/t/{APP}{}", request.target);
    call.header("Fn-Call-Id", id)
        .header("Fn-Deadline", deadline)
        .header("Fn-Http-Method", &request.method)
        .header("Fn-Http-Request-Url", url)
        .header("Fn-Intent", "httprequest")
}

/// Go does not know the length of what it passes on.
fn chunked(content: &[u8]) -> Vec<u8> {
    let mut chunks = Vec::with_capacity(content.len() + 64);
    for chunk in content.chunks(32 * 1_024) {
        chunks.extend(format!("{:x}\r\n", chunk.len()).bytes());
        chunks.extend(chunk);
        chunks.extend(b"\r\n");
    }
    chunks.extend(b"0\r\n\r\n");
    chunks
}

/// What `triggerResponseWriter` makes of an answer.
fn response(answer: WireResponse, method: &str) -> Result<WireResponse, Failure> {
    let told = answer.joined("fn-http-status");
    let status = told
        .parse()
        .map_err(|_| Failure::new(format!("the answer says {told:?} as its status")))?;
    let fields = answer.headers.into_iter();
    let headers = fields.filter_map(|(name, value)| match name.strip_prefix(FIELD) {
        Some(own) => Some((own.to_owned(), value)),
        None => (name == "content-type").then_some((name, value)),
    });
    let has_content = method != "HEAD" && status != 204 && status != 304;
    Ok(WireResponse {
        status,
        headers: headers.collect(),
        body: if has_content { answer.body } else { Vec::new() },
    })
}
