//! Through Lambda as MiniStack runs it: a function that is deployed there, called by its URL, and woken by what MiniStack
//! does itself: the stream of a table, a queue or a topic, a bucket and a rule there.

mod bucket;
mod direct;
mod function;
mod queue;
mod rule;
mod services;
mod table;
mod topic;

use std::time::Duration;

use async_trait::async_trait;
use aws_credential_types::Credentials;
use isobar::{Capabilities, Capability};
use isobar_aws::LambdaPlatform;
use isobar_aws::config::Place;

use super::{
    Damage, Door, Doors, SizeLimit, WireChange, WireMessage, WireRequest, WireResponse, WireWrite,
};
use crate::{Evidence, Failure, probe};
use bucket::Watched;
use function::{Function, TIMEOUT};
use queue::Queue;
use table::Table;
use topic::Subscribed;

pub use direct::woken_by_eventbridge;

/// Doors to a function on MiniStack that a queue wakes, to which it sends itself, and everything else that may.
#[derive(Debug)]
pub struct DeployedDoors;

/// Doors to a function on MiniStack that a topic of SNS wakes, and nothing else.
#[derive(Debug)]
pub struct SubscribedDoors;

#[derive(Debug)]
struct DeployedDoor {
    table: Table,
    queue: Queue,
    bucket: Watched,
    function: Function,
}

#[derive(Debug)]
struct SubscribedDoor {
    topic: Subscribed,
    function: Function,
}

/// What a function URL lets through; nothing is said of paths and header fields.
const CONTENT: SizeLimit = SizeLimit::exactly(6 * 1_024 * 1_024);
const REGION: &str = "us-east-1";
const FUNCTION: &str = "probe";
/// How long a request waits for the function, which handles one event at a time, and an event for it.
/// MiniStack makes the events itself, of what it was sent whole.
fn not_damaged(damage: Damage) -> Failure {
    if damage == Damage::MediaType {
        return damage.not_brought();
    }
    Failure::unverified("MiniStack makes the events itself")
}

const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(100);

#[async_trait]
impl Doors for DeployedDoors {
    fn capabilities(&self) -> Capabilities {
        LambdaPlatform::CAPABILITIES
    }

    fn evidence(&self) -> Evidence {
        Evidence::ThirdPartyEmulator
    }

    fn content_limit(&self) -> SizeLimit {
        CONTENT
    }

    fn target_limit(&self) -> Option<SizeLimit> {
        Some(SizeLimit::REWRITTEN_TARGET)
    }

    fn deadline(&self) -> Option<Duration> {
        Some(TIMEOUT)
    }

    fn one_at_a_time(&self) -> bool {
        true
    }

    fn counts_deliveries(&self) -> bool {
        true
    }

    async fn open(&self) -> Result<Box<dyn Door>, Failure> {
        let function = Function::deploy().await?;
        let table = Table::make(&function).await?;
        let queue = Queue::make(&function.emulator.url).await?;
        queue.wake(&function.client).await?;
        let bucket = Watched::make(&function).await?;
        Ok(Box::new(DeployedDoor {
            table,
            queue,
            bucket,
            function,
        }))
    }
}

#[async_trait]
impl Doors for SubscribedDoors {
    fn capabilities(&self) -> Capabilities {
        Capabilities::of(&[Capability::Messages])
    }

    fn evidence(&self) -> Evidence {
        Evidence::ThirdPartyEmulator
    }

    fn content_limit(&self) -> SizeLimit {
        CONTENT
    }

    fn target_limit(&self) -> Option<SizeLimit> {
        Some(SizeLimit::REWRITTEN_TARGET)
    }

    fn deadline(&self) -> Option<Duration> {
        Some(TIMEOUT)
    }

    fn one_at_a_time(&self) -> bool {
        true
    }

    fn counts_deliveries(&self) -> bool {
        // SNS does not tell.
        false
    }

    async fn open(&self) -> Result<Box<dyn Door>, Failure> {
        let function = Function::deploy().await?;
        let topic = Subscribed::make(&function).await?;
        Ok(Box::new(SubscribedDoor { topic, function }))
    }
}

fn failed(error: impl std::error::Error) -> Failure {
    Failure::new(format!("the function is not deployed: {error:?}"))
}

/// Where the services are that the function stands between.
fn place(function: &Function) -> Place {
    Place {
        region: Some(REGION.to_owned()),
        endpoint: Some(function.emulator.url.clone()),
        ..Place::default()
    }
}

fn root() -> Credentials {
    Credentials::new("test", "test", None, None, "isobar-conformance")
}

#[async_trait]
impl Door for DeployedDoor {
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        self.function.send(request).await
    }

    /// The probe sends them itself, all at once, and the queue wakes it.
    async fn deliver(&self, messages: &[WireMessage]) -> Result<(), Failure> {
        probe::inbox::publish(self, messages).await?;
        self.queue.emptied().await
    }

    async fn tick(&self, schedule: &str) -> Result<(), Failure> {
        rule::due(&self.function, &format!("{FUNCTION}-{schedule}")).await
    }

    async fn change(&self, changes: &[WireChange]) -> Result<(), Failure> {
        for change in changes {
            self.bucket.change(&self.function, change).await?;
        }
        self.function.services.settled().await
    }

    async fn write(&self, writes: &[WireWrite]) -> Result<(), Failure> {
        for write in writes {
            self.table.write(write).await?;
        }
        Ok(())
    }

    async fn bring_damaged(&self, damage: Damage) -> Result<String, Failure> {
        Err(not_damaged(damage))
    }

    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        self.function.logged(text).await
    }
}

#[async_trait]
impl Door for SubscribedDoor {
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        self.function.send(request).await
    }

    async fn deliver(&self, messages: &[WireMessage]) -> Result<(), Failure> {
        for message in messages {
            self.topic.publish(&self.function, message).await?;
        }
        Ok(())
    }

    async fn bring_damaged(&self, damage: Damage) -> Result<String, Failure> {
        Err(not_damaged(damage))
    }

    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        self.function.logged(text).await
    }
}
