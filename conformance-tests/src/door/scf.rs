//! Through the runtime API of an event function of Tencent SCF: events are handed to the probe as SCF would, and the answers
//! read as API Gateway would.
//!
//! <https://www.tencentcloud.com/document/product/583/38130>

mod events;
mod requests;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use isobar::Capabilities;
use isobar_serve::{Options, RequestBody, Server};
use isobar_tencent::function::EVENT_FUNCTION;
use tokio::sync::{Mutex, oneshot, watch};
use tokio::task::JoinHandle;
use tower::service_fn;
use uuid::Uuid;

use super::process::ProbeProcess;
use super::{Damage, Door, Doors, SizeLimit, WireChange, WireMessage, WireRequest, WireResponse};
use crate::{Evidence, Failure, expect, probe};

/// Doors to an event function.
#[derive(Debug, Clone, Copy)]
pub struct ScfDoors;

#[derive(Debug)]
struct ScfDoor {
    runtime: Arc<RuntimeApi>,
    server: JoinHandle<()>,
    process: ProbeProcess,
}

/// The runtime API of one instance, which has one event at a time.
#[derive(Debug)]
struct RuntimeApi {
    /// Held while an event is under way.
    turn: Mutex<()>,
    current: watch::Sender<Option<Invocation>>,
    answer: Mutex<Option<oneshot::Sender<Answer>>>,
    ready: watch::Sender<bool>,
}

#[derive(Debug, Clone)]
struct Invocation {
    id: String,
    event: Bytes,
}

#[derive(Debug)]
enum Answer {
    Response(Bytes),
    Error(Bytes),
}

/// How long SCF would let the function run.
const TIMEOUT: Duration = Duration::from_secs(30);
/// So much content is within 6 MB also in Base64.
const MOST_CONTENT: usize = 4_000_000;
/// How often SCF invokes a function for an event that nobody waits for ("Retry Policy": two times more).
const ATTEMPTS: u32 = 3;

#[async_trait]
impl Doors for ScfDoors {
    fn capabilities(&self) -> Capabilities {
        EVENT_FUNCTION.capabilities
    }

    fn evidence(&self) -> Evidence {
        Evidence::ContractOnly
    }

    fn client(&self) -> Option<IpAddr> {
        Some(requests::CLIENT.into())
    }

    fn scheme(&self) -> Option<&'static str> {
        Some("http")
    }

    fn deadline(&self) -> Option<Duration> {
        Some(TIMEOUT)
    }

    fn most_content(&self) -> usize {
        MOST_CONTENT
    }

    fn content_limit(&self) -> SizeLimit {
        // In Base64 or escaped, with the rest of the request.
        SizeLimit {
            passed: MOST_CONTENT,
            refused: 6 * 1_024 * 1_024 + 1,
        }
    }

    fn target_limit(&self) -> Option<SizeLimit> {
        Some(SizeLimit::REWRITTEN_TARGET)
    }

    fn has_stages(&self) -> bool {
        true
    }

    fn tells_base_path(&self) -> bool {
        // Any path of such a host may be mapped to any stage.
        false
    }

    fn one_at_a_time(&self) -> bool {
        true
    }

    fn counts_deliveries(&self) -> bool {
        false
    }

    async fn open(&self) -> Result<Box<dyn Door>, Failure> {
        let runtime = Arc::new(RuntimeApi {
            turn: Mutex::default(),
            current: watch::Sender::new(None),
            answer: Mutex::default(),
            ready: watch::Sender::new(false),
        });
        let options = Options::default().with_max_body_bytes(64 << 20);
        let bound = Server::bind("127.0.0.1:0", options).await;
        let bound = bound.map_err(|error| Failure::new(error.to_string()))?;
        let address = bound.local_addr();
        let api = Arc::clone(&runtime);
        let service = service_fn(move |request| Arc::clone(&api).serve(request));
        let server = tokio::spawn(bound.run_until(service, std::future::pending()));
        let variables = [
            ("TENCENTCLOUD_RUNENV", "SCF".to_owned()),
            ("SCF_FUNCTIONNAME", "probe".to_owned()),
            ("SCF_RUNTIME_API", address.ip().to_string()),
            ("SCF_RUNTIME_API_PORT", address.port().to_string()),
            (probe::EVENTS, "yes".to_owned()),
        ];
        let door = ScfDoor {
            process: ProbeProcess::start_alone(&variables)?,
            runtime,
            server,
        };
        door.runtime.readiness().await?;
        Ok(Box::new(door))
    }
}

impl Drop for ScfDoor {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[async_trait]
impl Door for ScfDoor {
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        let event = requests::event(request).to_string();
        let (id, answer) = self.runtime.invoke(event.into()).await?;
        let response = match answer {
            Answer::Response(answer) => requests::response(&answer)?,
            Answer::Error(report) => {
                let report = String::from_utf8_lossy(&report);
                return Err(Failure::new(format!("the invocation failed: {report}")));
            }
        };
        let filed = response.joined("x-request-id");
        expect::equal("the id that the request is filed under", &filed, &id)?;
        Ok(response)
    }

    async fn deliver(&self, messages: &[WireMessage]) -> Result<(), Failure> {
        for message in messages {
            let event = events::message(message, &Uuid::new_v4().to_string());
            self.until_done(&event).await?;
        }
        Ok(())
    }

    async fn bring_damaged(&self, damage: Damage) -> Result<String, Failure> {
        let event = match damage {
            Damage::Content => requests::damaged().to_string(),
            Damage::Event => return Err(Failure::unverified("no event of SCF has Base64")),
            Damage::MediaType => return Err(damage.not_brought()),
        };
        match self.runtime.invoke(event.into()).await?.1 {
            Answer::Error(report) => Ok(String::from_utf8_lossy(&report).into_owned()),
            Answer::Response(taken) => Err(damage.was_taken(&String::from_utf8_lossy(&taken))),
        }
    }

    async fn change(&self, changes: &[WireChange]) -> Result<(), Failure> {
        for change in changes {
            let event = events::change(change, &Uuid::new_v4().to_string());
            self.until_done(&event).await?;
        }
        Ok(())
    }

    async fn tick(&self, schedule: &str) -> Result<(), Failure> {
        self.until_done(&events::tick(schedule)).await
    }

    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        self.process.logged(text).await
    }
}

impl ScfDoor {
    /// Invokes the function until it says that the event is done, as often as SCF does.
    async fn until_done(&self, event: &serde_json::Value) -> Result<(), Failure> {
        let mut last = Bytes::new();
        for _ in 0..ATTEMPTS {
            match self.runtime.invoke(event.to_string().into()).await?.1 {
                Answer::Response(_) => return Ok(()),
                Answer::Error(report) => last = report,
            }
        }
        let last = String::from_utf8_lossy(&last);
        let message = format!("an event was tried {ATTEMPTS} times, and failed at last: {last}");
        Err(Failure::new(message))
    }
}

impl RuntimeApi {
    /// Waits until the function has said that it is ready.
    async fn readiness(&self) -> Result<(), Failure> {
        let mut ready = self.ready.subscribe();
        let told = tokio::time::timeout(TIMEOUT, ready.wait_for(|ready| *ready)).await;
        let told = told.map(|told| told.is_ok());
        expect::that(
            told.unwrap_or_default(),
            "the function does not say that it is ready",
        )
    }

    /// The id and the answer of an invocation.
    async fn invoke(&self, event: Bytes) -> Result<(String, Answer), Failure> {
        let _turn = self.turn.lock().await;
        let (answer, answered) = oneshot::channel();
        let id = Uuid::new_v4().to_string();
        *self.answer.lock().await = Some(answer);
        let invocation = Invocation {
            id: id.clone(),
            event,
        };
        self.current.send_replace(Some(invocation));
        match tokio::time::timeout(TIMEOUT, answered).await {
            Ok(Ok(answer)) => Ok((id, answer)),
            Ok(Err(_)) => Err(Failure::new("the function is gone")),
            Err(_) => Err(Failure::new("the function did not answer in 30 s")),
        }
    }

    async fn serve(
        self: Arc<Self>,
        request: Request<RequestBody>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let (head, body) = request.into_parts();
        let content = body.collect().await;
        let content = content.map(http_body_util::Collected::to_bytes);
        let content = content.unwrap_or_default();
        let path = head.uri.path().strip_prefix("/runtime/");
        let answer = match (head.method, path) {
            // The platform rejects one without content.
            (Method::POST, Some("init/ready")) if !content.is_empty() => {
                self.ready.send_replace(true);
                status(StatusCode::OK)
            }
            (Method::GET, Some("invocation/next")) => self.next().await,
            (Method::POST, Some("invocation/response")) => {
                self.answered(Answer::Response(content)).await
            }
            (Method::POST, Some("invocation/error")) => self.answered(Answer::Error(content)).await,
            _ => status(StatusCode::NOT_FOUND),
        };
        Ok(answer)
    }

    /// The event under way, the same however often it is asked for.
    async fn next(&self) -> Response<Full<Bytes>> {
        let mut current = self.current.subscribe();
        let Ok(invocation) = current.wait_for(Option::is_some).await else {
            return status(StatusCode::GONE);
        };
        let Some(Invocation { id, event }) = invocation.clone() else {
            return status(StatusCode::GONE);
        };
        let response = Response::builder()
            .header("content-type", "application/json")
            .header("Request_Id", id)
            .header("Memory_Limit_In_Mb", "512")
            .header("Time_Limit_In_Ms", TIMEOUT.as_millis().to_string())
            .body(Full::from(event));
        response.unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
    }

    /// The first answer counts.
    async fn answered(&self, answer: Answer) -> Response<Full<Bytes>> {
        let Some(waiting) = self.answer.lock().await.take() else {
            return status(StatusCode::BAD_REQUEST);
        };
        self.current.send_replace(None);
        let _ = waiting.send(answer);
        status(StatusCode::OK)
    }
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
