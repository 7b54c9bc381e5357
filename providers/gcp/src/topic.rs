//! Sending messages to topics of Pub/Sub, whose ordering keys are groups.

mod place;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::publisher_client::PublisherClient;
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::{PublishRequest, PubsubMessage};
use isobar::driver::topic::{TopicDescription, TopicDriver, text};
use isobar::driver::{Effect, RetryBudget};
use isobar::function::OutgoingMessage;
use isobar::{Capabilities, Capability, Error, ErrorKind, Result};
use tonic::Status;
use tonic::transport::Endpoint;

use crate::access::{Access, Authorized};
use crate::connection::{Connection, Way};
use crate::error::{PUBSUB, failure_of};

pub use place::Place;

/// The generated client of Pub/Sub's publishers.
pub type Client = PublisherClient<Authorized>;

/// The topics of a project.
///
/// Messages of a group come in their order only by subscriptions that are told to keep it
/// (`enableMessageOrdering`).
#[derive(Clone)]
pub struct PubSubTopics {
    connection: Connection<Client>,
    project: String,
    budget: RetryBudget,
}

/// All of a request together, of which each message may be one ("Quotas and limits"): 10 MB, less
/// what a request has beside its messages.
const REQUEST_BYTES: usize = 10_000_000;
const BESIDE: usize = 8 << 10;
/// What a message has beside its content, name and value of each attribute included.
const FRAME: usize = 128;
const BATCH: usize = 100;
/// What one request may take on its way.
const ATTEMPT: Duration = Duration::from_secs(15);
/// How often a request is sent again, and after how long at most the first time.
const RETRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(100);

impl PubSubTopics {
    pub(crate) fn connect(endpoint: Endpoint, access: Access, project: &str) -> Self {
        let connection = Connection::new(Way {
            endpoint,
            access,
            resource: None,
            client: |authorized| {
                PublisherClient::new(authorized).max_encoding_message_size(REQUEST_BYTES)
            },
            attempt: ATTEMPT,
        });
        Self {
            connection,
            project: project.to_owned(),
            budget: RetryBudget::default(),
        }
    }

    /// The client that is used just now; a clone shares its connection.
    pub fn client(&self) -> Client {
        self.connection.client()
    }

    /// Sends a request, again as long as it is known that it had no effect: each of its messages has
    /// then been stored, or none.
    async fn send(&self, request: &PublishRequest) -> Result<Vec<String>> {
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let send = |client| publish(client, request.clone());
            let failed = match self.connection.send(send).await {
                Ok(ids) => {
                    retries.answered();
                    return Ok(ids);
                }
                Err(status) => failure_of(&PUBSUB, status),
            };
            if failed.effect == Effect::Unknown {
                return Err(failed.of_write());
            }
            tokio::time::sleep(retries.pause_or(failed.error)?).await;
        }
    }
}

impl fmt::Debug for PubSubTopics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { project, .. } = self;
        f.debug_struct("PubSubTopics")
            .field("project", project)
            .finish_non_exhaustive()
    }
}

async fn publish(mut client: Client, request: PublishRequest) -> Result<Vec<String>, Status> {
    let answer = client.publish(request).await?;
    Ok(answer.into_inner().message_ids)
}

fn wire(message: &OutgoingMessage) -> PubsubMessage {
    let OutgoingMessage {
        body,
        attributes,
        group,
        ..
    } = message;
    let data = match text::seal_bytes(body, attributes) {
        Some(sealed) => sealed.into_bytes(),
        None => body.to_vec(),
    };
    PubsubMessage {
        data,
        attributes: attributes.clone().into_iter().collect(),
        ordering_key: group.clone().unwrap_or_default(),
        ..PubsubMessage::default()
    }
}

fn bytes(message: &PubsubMessage) -> usize {
    let attributes = message.attributes.iter();
    let beside: usize = attributes
        .map(|(name, value)| name.len() + value.len())
        .sum();
    message.data.len() + beside + message.ordering_key.len() + FRAME
}

/// Divides messages, in their order, into what fits one request.
fn requests(messages: &[OutgoingMessage]) -> Vec<Vec<PubsubMessage>> {
    let mut requests: Vec<Vec<PubsubMessage>> = Vec::new();
    let mut left = 0;
    for message in messages.iter().map(wire) {
        let measured = bytes(&message);
        match requests.last_mut() {
            Some(request) if measured <= left => request.push(message),
            _ => {
                requests.push(vec![message]);
                left = REQUEST_BYTES - BESIDE;
            }
        }
        left = left.saturating_sub(measured);
    }
    requests
}

#[async_trait]
impl TopicDriver for PubSubTopics {
    fn describe(&self) -> TopicDescription {
        TopicDescription {
            provider: "pubsub",
            capabilities: Capabilities::of(&[Capability::Publish, Capability::MessageGroups]),
            message_bytes: (REQUEST_BYTES - 2 * BESIDE) as u64,
            batch: BATCH,
        }
    }

    async fn publish(
        &self,
        topic: &str,
        messages: &[OutgoingMessage],
    ) -> Result<Vec<Result<String>>> {
        let topic = format!("projects/{}/topics/{topic}", self.project);
        let mut results = Vec::with_capacity(messages.len());
        for messages in requests(messages) {
            let count = messages.len();
            let topic = topic.clone();
            let sent = self.send(&PublishRequest { topic, messages }).await;
            match sent {
                Ok(ids) if ids.len() == count => results.extend(ids.into_iter().map(Ok)),
                Ok(_) => results.extend((0..count).map(|_| Err(uncounted()))),
                Err(error) if results.is_empty() => return Err(error),
                Err(error) => {
                    let mut first = Some(error);
                    results
                        .extend((0..count).map(|_| Err(first.take().unwrap_or_else(with_others))));
                }
            }
        }
        Ok(results)
    }
}

fn uncounted() -> Error {
    let message = "Pub/Sub told the ids of another number of messages";
    Error::new(ErrorKind::Internal, message).with_outcome_unknown()
}

fn with_others() -> Error {
    let message = "the request failed of which the message was a part";
    Error::new(ErrorKind::Unavailable, message).with_outcome_unknown()
}
