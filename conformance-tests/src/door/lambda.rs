//! Through the Lambda runtime API: events are handed to the probe as Lambda would, and the answers
//! read as a gateway would.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use isobar::Capabilities;
use isobar_aws::FrontDoor;
use isobar_aws::function::{INVOKE_MODE, InvokeMode};
use isobar_serve::{Options, RequestBody, Server};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;
use tower::service_fn;

use super::application::Application;
use super::process::ProbeProcess;
use super::queue::{self, Queued};
use super::{Door, Doors, WireChange, WireMessage, WireRequest, WireResponse, WireWrite};
use super::{dynamodb, payload, s3};
use crate::{Evidence, Failure, probe};

/// Doors to Lambda behind one of its front doors.
#[derive(Debug, Clone, Copy)]
pub struct LambdaDoors {
    /// The front door.
    pub door: FrontDoor,
    /// How it invokes the function.
    pub mode: InvokeMode,
}

#[derive(Debug)]
pub(crate) struct LambdaDoor {
    door: FrontDoor,
    runtime: Arc<RuntimeApi>,
    server: JoinHandle<()>,
    /// Whether an event that fails to the end is a failure: the suite looks at what became of it instead.
    tells_failures: bool,
    process: ProbeProcess,
}

/// The runtime API of one function.
#[derive(Debug)]
struct RuntimeApi {
    events: mpsc::UnboundedSender<Invocation>,
    waiting: Mutex<mpsc::UnboundedReceiver<Invocation>>,
    answers: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
}

#[derive(Debug)]
struct Invocation {
    id: String,
    event: Bytes,
    answer: oneshot::Sender<Answer>,
}

#[derive(Debug)]
enum Answer {
    Response(Bytes),
    Stream(Bytes),
    Error(Bytes),
}

/// How long Lambda would let the function run, and a client wait.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How often a queue delivers a message that fails, and Lambda an event that nobody waits for.
const ATTEMPTS: u32 = 3;
const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";
const INVOCATION: &str = "/2018-06-01/runtime/invocation/";

#[async_trait]
impl Doors for LambdaDoors {
    fn capabilities(&self) -> Capabilities {
        self.mode.capabilities()
    }

    fn evidence(&self) -> Evidence {
        Evidence::ContractOnly
    }

    fn client(&self) -> Option<IpAddr> {
        Some(payload::CLIENT.into())
    }

    fn most_content(&self) -> usize {
        let most = usize::try_from(self.door.limits().content);
        most.unwrap_or(usize::MAX).min(4_000_000)
    }

    fn one_at_a_time(&self) -> bool {
        true
    }

    fn counts_deliveries(&self) -> bool {
        true
    }

    async fn open(&self) -> Result<Box<dyn Door>, Failure> {
        Ok(Box::new(self.start().await?))
    }
}

impl LambdaDoors {
    /// Starts the probe and the runtime API that it asks.
    pub(crate) async fn start(&self) -> Result<LambdaDoor, Failure> {
        self.open_to(None).await
    }

    /// The door to somebody's application in place of the probe.
    pub(super) async fn open_application(
        &self,
        application: &Application,
    ) -> Result<Box<dyn Door>, Failure> {
        Ok(Box::new(self.open_to(Some(application)).await?))
    }

    async fn open_to(&self, application: Option<&Application>) -> Result<LambdaDoor, Failure> {
        let (events, waiting) = mpsc::unbounded_channel();
        let runtime = Arc::new(RuntimeApi {
            events,
            waiting: Mutex::new(waiting),
            answers: Mutex::default(),
        });
        let options = Options::default().with_max_body_bytes(64 << 20);
        let bound = Server::bind("127.0.0.1:0", options).await;
        let bound = bound.map_err(|error| Failure::new(error.to_string()))?;
        let address = bound.local_addr().to_string();
        let api = Arc::clone(&runtime);
        let service = service_fn(move |request| Arc::clone(&api).serve(request));
        let server = tokio::spawn(bound.run_until(service, std::future::pending()));
        let mode = match self.mode {
            InvokeMode::Buffered => "BUFFERED",
            InvokeMode::ResponseStream => "RESPONSE_STREAM",
        };
        let variables = [
            (INVOKE_MODE, mode.to_owned()),
            ("AWS_LAMBDA_RUNTIME_API", address),
            ("AWS_LAMBDA_FUNCTION_NAME", "probe".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
        ];
        Ok(LambdaDoor {
            door: self.door,
            runtime,
            server,
            tells_failures: application.is_some(),
            process: match application {
                Some(application) => ProbeProcess::start_application(application, &variables)?,
                None => ProbeProcess::start("lambda", &variables)?,
            },
        })
    }
}

impl Drop for LambdaDoor {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[async_trait]
impl Door for LambdaDoor {
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        let event = payload::event(self.door, request).to_string();
        match self.runtime.invoke(event.into()).await? {
            Answer::Response(answer) => payload::response(self.door, &answer),
            Answer::Stream(answer) => payload::streamed(&answer),
            Answer::Error(report) => {
                let report = String::from_utf8_lossy(&report);
                Err(Failure::new(format!("the invocation failed: {report}")))
            }
        }
    }

    async fn deliver(&self, messages: &[WireMessage]) -> Result<(), Failure> {
        self.deliver_to(probe::TOPIC.name(), messages).await
    }

    async fn deliver_to(&self, topic: &str, messages: &[WireMessage]) -> Result<(), Failure> {
        let mut waiting: Vec<_> = messages.iter().map(Queued::new).collect();
        let mut last = String::new();
        for attempt in 1..=ATTEMPTS {
            if waiting.is_empty() {
                return Ok(());
            }
            let event = queue::event(topic, &waiting, attempt).to_string();
            last = match self.runtime.invoke(event.into()).await? {
                Answer::Response(answer) => {
                    let failed = queue::failures(&answer)?;
                    waiting.retain(|message| failed.contains(&message.id));
                    "it asked for the message again".to_owned()
                }
                failed => failed.shown(),
            };
        }
        self.given_up(!waiting.is_empty(), &last)
    }

    async fn tick(&self, schedule: &str) -> Result<(), Failure> {
        let event = serde_json::json!({
            "version": "0",
            "id": format!("{:032x}", fastrand::u128(..)),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "123456789012",
            "time": "2026-11-30T03:00:00Z",
            "region": "us-east-1",
            "resources": [format!("arn:aws:events:us-east-1:123456789012:rule/staging-{schedule}")],
            "detail": {},
        });
        self.until_answered(event.to_string().into()).await
    }

    async fn change(&self, changes: &[WireChange]) -> Result<(), Failure> {
        for (change, sequencer) in changes.iter().zip(0x00AA_8897_2F30_0001..) {
            let event: Bytes = s3::event(change, sequencer).to_string().into();
            self.until_answered(event).await?;
        }
        Ok(())
    }

    async fn write(&self, writes: &[WireWrite]) -> Result<(), Failure> {
        let mut waiting = dynamodb::records(writes);
        for _ in 0..ATTEMPTS {
            let event = dynamodb::event(&waiting).to_string();
            if let Answer::Response(answer) = self.runtime.invoke(event.into()).await? {
                let failed = queue::failures(&answer)?;
                // All from the first of those on, which is where reading the stream goes on.
                let first = waiting.iter().position(|record| record.is_one_of(&failed));
                let Some(first) = first else {
                    return Ok(());
                };
                waiting.drain(..first);
            }
        }
        Ok(())
    }

    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        self.process.logged(text).await
    }
}

impl LambdaDoor {
    /// Hands the event of a queue to the function; the ids of messages that are to come again.
    pub(crate) async fn poll_queue(&self, event: Bytes) -> Result<Vec<String>, Failure> {
        match self.runtime.invoke(event).await? {
            Answer::Response(answer) => queue::failures(&answer),
            Answer::Stream(report) | Answer::Error(report) => {
                let report = String::from_utf8_lossy(&report);
                Err(Failure::new(format!("the invocation failed: {report}")))
            }
        }
    }

    /// Invokes the function as often as Lambda does for an event that nobody waits for.
    async fn until_answered(&self, event: Bytes) -> Result<(), Failure> {
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            match self.runtime.invoke(event.clone()).await? {
                Answer::Response(_) => return Ok(()),
                failed => last = failed.shown(),
            }
        }
        self.given_up(true, &last)
    }

    /// An application's event that failed to the end.
    fn given_up(&self, failed: bool, last: &str) -> Result<(), Failure> {
        if failed && self.tells_failures {
            let message =
                format!("an event was tried {ATTEMPTS} times, and failed at last: {last}");
            return Err(Failure::new(message));
        }
        Ok(())
    }
}

impl Answer {
    /// What it says, for people.
    fn shown(&self) -> String {
        let (Self::Response(text) | Self::Stream(text) | Self::Error(text)) = self;
        String::from_utf8_lossy(text).into_owned()
    }
}

impl RuntimeApi {
    async fn invoke(&self, event: Bytes) -> Result<Answer, Failure> {
        let (answer, answered) = oneshot::channel();
        let id = format!("{:032x}", fastrand::u128(..));
        let gone = || Failure::new("the function is gone");
        let invocation = Invocation { id, event, answer };
        self.events.send(invocation).map_err(|_| gone())?;
        match tokio::time::timeout(TIMEOUT, answered).await {
            Ok(answer) => answer.map_err(|_| gone()),
            Err(_) => Err(Failure::new("the function did not answer in 30 s")),
        }
    }

    async fn serve(
        self: Arc<Self>,
        request: Request<RequestBody>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let path = request.uri().path().to_owned();
        let step = path.strip_prefix(INVOCATION).unwrap_or_default();
        let answer = match (request.method(), step.split_once('/')) {
            (&Method::GET, None) if step == "next" => self.next().await,
            (&Method::POST, Some((id, "response"))) => {
                let streams = request.headers().contains_key(RESPONSE_MODE);
                let form = if streams {
                    Answer::Stream
                } else {
                    Answer::Response
                };
                let body = collected(request).await;
                self.answer(id, body.map(form)).await
            }
            (&Method::POST, Some((id, "error"))) => {
                let body = collected(request).await;
                self.answer(id, body.map(Answer::Error)).await
            }
            _ => status(StatusCode::NOT_FOUND),
        };
        Ok(answer)
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        let Some(invocation) = self.waiting.lock().await.recv().await else {
            return status(StatusCode::GONE);
        };
        let Invocation { id, event, answer } = invocation;
        let deadline = SystemTime::now() + TIMEOUT;
        let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
        let response = Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", &id)
            .header(
                "lambda-runtime-deadline-ms",
                deadline.as_millis().to_string(),
            )
            .header(
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:123456789012:function:probe",
            )
            .header(
                "lambda-runtime-trace-id",
                "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=53995c3f42cd8ad8;Sampled=1",
            )
            .body(Full::from(event));
        self.answers.lock().await.insert(id, answer);
        response.unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
    }

    async fn answer(&self, id: &str, answer: Option<Answer>) -> Response<Full<Bytes>> {
        let waiting = self.answers.lock().await.remove(id);
        match (waiting, answer) {
            (Some(waiting), Some(answer)) => {
                let _ = waiting.send(answer);
                status(StatusCode::ACCEPTED)
            }
            _ => status(StatusCode::BAD_REQUEST),
        }
    }
}

async fn collected(request: Request<RequestBody>) -> Option<Bytes> {
    let collected = request.into_body().collect().await.ok()?;
    Some(collected.to_bytes())
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
