//! Cloud Run as its front end is played, but for messages, which Google's own emulator of Pub/Sub pushes.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use isobar::{Capabilities, Capability};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::contract::{CONTRACTS, ContractDoor, ContractDoors};
use super::{
    Damage, Door, Doors, ProbeProcess, SizeLimit, WireMessage, WireRequest, WireResponse,
    WireStream, brought, http1,
};
use crate::probe::TOPIC;
use crate::{Evidence, Failure};

/// Doors to Cloud Run, with an emulator of Pub/Sub at an address.
#[derive(Debug)]
pub struct PubSubDoors {
    front: ContractDoors,
    emulator: SocketAddr,
}

#[derive(Debug)]
pub(crate) struct PubSubDoor {
    front: ContractDoor,
    emulator: SocketAddr,
    topic: String,
}

impl PubSubDoors {
    /// Doors with the emulator at this address; `None` where nobody plays Cloud Run.
    pub fn new(emulator: SocketAddr) -> Option<Self> {
        let contract = CONTRACTS
            .iter()
            .find(|contract| contract.name() == "cloud-run")?;
        let front = ContractDoors(contract);
        Some(Self { front, emulator })
    }
}

#[async_trait]
impl Doors for PubSubDoors {
    fn capabilities(&self) -> Capabilities {
        let others = Capabilities::of(&[
            Capability::Schedules,
            Capability::BlobEvents,
            Capability::ChangeEvents,
            Capability::DeleteChangeEvents,
            Capability::CloudEvents,
        ]);
        self.front.capabilities().without(others)
    }

    fn evidence(&self) -> Evidence {
        Evidence::VendorEmulator
    }

    fn client(&self) -> Option<IpAddr> {
        self.front.client()
    }

    fn scheme(&self) -> Option<&'static str> {
        self.front.scheme()
    }

    fn reserved(&self) -> Vec<(&'static str, &'static str)> {
        self.front.reserved()
    }

    fn most_content(&self) -> usize {
        self.front.most_content()
    }

    fn deadline(&self) -> Option<Duration> {
        self.front.deadline()
    }

    fn content_limit(&self) -> SizeLimit {
        self.front.content_limit()
    }

    fn counts_deliveries(&self) -> bool {
        // The emulator leaves the number away, also with a topic for dead letters.
        false
    }

    async fn open(&self) -> Result<Box<dyn Door>, Failure> {
        let topic = format!("t{}", Uuid::new_v4().simple());
        Ok(Box::new(self.start(&topic).await?))
    }
}

impl PubSubDoors {
    /// Starts the probe and makes a topic of this name with a subscription that pushes to it.
    ///
    /// It keeps no order: where it does, the emulator sends again what was acknowledged behind a message that failed.
    pub(crate) async fn start(&self, topic: &str) -> Result<PubSubDoor, Failure> {
        let front = self.front.start(&[]).await?;
        let endpoint = format!("http://{}{}", front.address(), brought::PATH);
        let door = PubSubDoor {
            front,
            emulator: self.emulator,
            topic: format!("topics/{topic}"),
        };
        door.ask("PUT", &door.topic, &json!({})).await?;
        let subscription = json!({
            "topic": format!("projects/p/{}", door.topic),
            "pushConfig": { "pushEndpoint": endpoint },
            "retryPolicy": { "minimumBackoff": "0.1s", "maximumBackoff": "1s" },
        });
        let name = format!(
            "subscriptions/s{}-{}",
            Uuid::new_v4().simple(),
            TOPIC.name()
        );
        door.ask("PUT", &name, &subscription).await?;
        Ok(door)
    }
}

impl PubSubDoor {
    async fn ask(&self, method: &str, path: &str, content: &Value) -> Result<(), Failure> {
        let request = WireRequest::new(method, format!("/v1/projects/p/{path}"))
            .header("content-type", "application/json")
            .body(content.to_string());
        let answer = http1::exchange_by_length(self.emulator, &request).await;
        let answer = answer.map_err(|error| Failure::new(format!("Pub/Sub is silent: {error}")))?;
        if answer.status == 200 {
            return Ok(());
        }
        let body = String::from_utf8_lossy(&answer.body);
        let told = format!(
            "Pub/Sub answers {method} {path} with {}: {body}",
            answer.status
        );
        Err(Failure::new(told))
    }
}

#[async_trait]
impl Door for PubSubDoor {
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        self.front.send(request).await
    }

    async fn stream(&self, request: &WireRequest) -> Result<WireStream, Failure> {
        self.front.stream(request).await
    }

    async fn deliver(&self, messages: &[WireMessage]) -> Result<(), Failure> {
        let messages = messages.iter().map(|message| {
            let attributes = message.attributes.iter().cloned();
            let attributes = attributes.map(|(name, value)| (name, Value::from(value)));
            json!({
                "data": STANDARD.encode(&message.body),
                "attributes": attributes.collect::<Map<_, _>>(),
                "orderingKey": message.group.as_deref().unwrap_or_default(),
            })
        });
        let publish = format!("{}:publish", self.topic);
        let messages: Vec<_> = messages.collect();
        self.ask("POST", &publish, &json!({ "messages": messages }))
            .await
    }

    async fn bring_damaged(&self, damage: Damage) -> Result<String, Failure> {
        if damage == Damage::Event {
            let reason = "the emulator writes the Base64 itself";
            return Err(Failure::unverified(reason));
        }
        Err(damage.not_brought())
    }

    fn process(&self) -> Option<&ProbeProcess> {
        self.front.process()
    }

    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        self.front.logged(text).await
    }
}
