//! Through the Lambda runtime API: events are handed to the probe as Lambda would, and the answers
//! read as a gateway would.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

mod runtime_api;

use std::net::IpAddr;
use std::process::ExitStatus;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use isobar::{Capabilities, Capability};
use isobar_aws::FrontDoor;
use isobar_aws::function::{INVOKE_MODE, InvokeMode};

use super::application::Application;
use super::queue::{self, Queued};
use super::{
    Damage, Door, Doors, ProbeProcess, SizeLimit, WireChange, WireMessage, WireRequest,
    WireResponse, WireStream, WireWrite,
};
use super::{dynamodb, payload, s3};
use crate::{Evidence, Failure, probe};
use runtime_api::{Answer, RunningApi, RuntimeApi, whole};

/// The account of the function, and of what the door's own events are of.
const ACCOUNT: &str = "123456789012";

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
    mode: InvokeMode,
    runtime: RunningApi,
    /// Whether an event that fails to the end is a failure: the suite looks at what became of it instead.
    tells_failures: bool,
    process: ProbeProcess,
}

/// How long Lambda would let the function run, and a client wait.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How often a queue delivers a message that fails, and Lambda an event that nobody waits for.
const ATTEMPTS: u32 = 3;

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

    fn scheme(&self) -> Option<&'static str> {
        Some("https")
    }

    fn most_content(&self) -> usize {
        let most = usize::try_from(self.door.limits().content);
        most.unwrap_or(usize::MAX).min(4_000_000)
    }

    fn has_stages(&self) -> bool {
        // That of function URLs makes way for an HTTP API, where a case needs one.
        !matches!(
            self.door,
            FrontDoor::LoadBalancer | FrontDoor::LoadBalancerMulti
        )
    }

    fn deadline(&self) -> Option<Duration> {
        Some(TIMEOUT)
    }

    fn content_limit(&self) -> SizeLimit {
        let most = usize::try_from(self.door.limits().content);
        SizeLimit::exactly(most.unwrap_or(usize::MAX - 1))
    }

    fn target_limit(&self) -> Option<SizeLimit> {
        let as_sent = matches!(self.door, FrontDoor::FunctionUrl | FrontDoor::HttpApi);
        Some(if as_sent {
            SizeLimit::SERVER_TARGET
        } else {
            SizeLimit::REWRITTEN_TARGET
        })
    }

    fn one_at_a_time(&self) -> bool {
        true
    }

    fn counts_deliveries(&self) -> bool {
        true
    }

    async fn open_broken(&self) -> Result<(String, ExitStatus), Failure> {
        let (runtime, address) = RuntimeApi::start(ACCOUNT).await?;
        let mut variables = self.variables(&address).to_vec();
        variables.push((probe::BROKEN, "yes".to_owned()));
        let process = ProbeProcess::start_alone(&variables)?;
        let (_, ended) = process.failed(probe::NO_START).await?;
        Ok((runtime.init_errors().await.join("\n"), ended))
    }

    async fn open(&self) -> Result<Box<dyn Door>, Failure> {
        Ok(Box::new(self.start().await?))
    }
}

impl LambdaDoors {
    /// Starts the probe and the runtime API that it asks.
    pub(crate) async fn start(&self) -> Result<LambdaDoor, Failure> {
        self.open_to(None, ACCOUNT).await
    }

    /// The same for a function of the account that a resource belongs to.
    pub(crate) async fn start_beside(&self, arn: &str) -> Result<LambdaDoor, Failure> {
        self.open_to(None, arn.split(':').nth(4).unwrap_or(ACCOUNT))
            .await
    }

    /// The door to somebody's application in place of the probe.
    pub(super) async fn open_application(
        &self,
        application: &Application,
    ) -> Result<Box<dyn Door>, Failure> {
        Ok(Box::new(self.open_to(Some(application), ACCOUNT).await?))
    }

    async fn open_to(
        &self,
        application: Option<&Application>,
        account: &str,
    ) -> Result<LambdaDoor, Failure> {
        let (runtime, address) = RuntimeApi::start(account).await?;
        let variables = self.variables(&address);
        Ok(LambdaDoor {
            door: self.door,
            mode: self.mode,
            runtime,
            tells_failures: application.is_some(),
            process: match application {
                Some(application) => ProbeProcess::start_application(application, &variables)?,
                None => ProbeProcess::start("lambda", &variables)?,
            },
        })
    }
}

impl LambdaDoors {
    fn variables(self, address: &str) -> [(&'static str, String); 5] {
        let mode = match self.mode {
            InvokeMode::Buffered => "BUFFERED",
            InvokeMode::ResponseStream => "RESPONSE_STREAM",
        };
        [
            (INVOKE_MODE, mode.to_owned()),
            ("AWS_LAMBDA_RUNTIME_API", address.to_owned()),
            ("AWS_LAMBDA_FUNCTION_NAME", "probe".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
        ]
    }
}

#[async_trait]
impl Door for LambdaDoor {
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        let event = payload::event(self.door, request).to_string();
        match self.runtime.invoke(event.into()).await? {
            Answer::Response(answer) => payload::response(self.door, &answer),
            Answer::Stream(pieces) => payload::streamed(&whole(pieces).await?),
            Answer::Error(report) => {
                let report = String::from_utf8_lossy(&report);
                Err(Failure::new(format!("the invocation failed: {report}")))
            }
        }
    }

    async fn stream(&self, request: &WireRequest) -> Result<WireStream, Failure> {
        if self.mode == InvokeMode::Buffered {
            return Err(isobar::Error::unsupported(Capability::ResponseStreaming).into());
        }
        let event = payload::event(self.door, request).to_string();
        match self.runtime.invoke(event.into()).await? {
            Answer::Stream(pieces) => payload::open(pieces).await,
            other => {
                let told = other.shown();
                Err(Failure::new(format!(
                    "the response is not streamed: {told}"
                )))
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

    async fn bring_damaged(&self, damage: Damage) -> Result<String, Failure> {
        let event = match damage {
            Damage::Content => payload::damaged(self.door),
            Damage::Event => dynamodb::damaged(),
            Damage::MediaType => return Err(damage.not_brought()),
        };
        match self.runtime.invoke(event.to_string().into()).await? {
            Answer::Error(report) => Ok(String::from_utf8_lossy(&report).into_owned()),
            taken => Err(damage.was_taken(&taken.shown())),
        }
    }

    async fn tick(&self, schedule: &str) -> Result<(), Failure> {
        let event = serde_json::json!({
            "version": "0",
            "id": format!("{:032x}", fastrand::u128(..)),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": "2026-11-30T03:00:00Z",
            "region": "us-east-1",
            "resources": [format!("arn:aws:events:us-east-1:{ACCOUNT}:rule/staging-{schedule}")],
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

    fn process(&self) -> Option<&ProbeProcess> {
        Some(&self.process)
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
            failed => {
                let report = failed.shown();
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
