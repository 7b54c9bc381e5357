//! Sending messages to topics of Pub/Sub, whose ordering keys are groups.

mod place;

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::publisher_client::PublisherClient;
use googleapis_tonic_google_pubsub_v1::google::pubsub::v1::{PublishRequest, PubsubMessage};
use isobar::driver::topic::{
    FailedGroups, TopicDescription, TopicDriver, sender_trace, text, too_large_as_sent,
};
use isobar::driver::{Effect, RetryBudget};
use isobar::function::{OutgoingMessage, Trace};
use isobar::{Capabilities, Capability, Error, ErrorKind, Result};
use tonic::Status;
use tonic::transport::Endpoint;

use crate::access::{Access, Authorized};
use crate::connection::{Connection, Way};
use crate::error::{PUBSUB, failure_of};
use crate::message::TRACE;

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

    /// One result for each message of a request.
    async fn send_together(
        &self,
        topic: &str,
        messages: Vec<PubsubMessage>,
    ) -> Vec<Result<String>> {
        let count = messages.len();
        let topic = topic.to_owned();
        let error = match self.send(&PublishRequest { topic, messages }).await {
            Ok(ids) if ids.len() == count => return ids.into_iter().map(Ok).collect(),
            Ok(_) => uncounted(),
            Err(error) => error,
        };
        let others: Vec<_> = (1..count).map(|_| Err(error.again())).collect();
        std::iter::once(Err(error)).chain(others).collect()
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

fn wire(message: &OutgoingMessage, trace: Option<&Trace>) -> PubsubMessage {
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
    let mut attributes: HashMap<_, _> = attributes.clone().into_iter().collect();
    attributes.extend(trace.into_iter().flat_map(|trace| trace.named(TRACE)));
    PubsubMessage {
        data,
        attributes,
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

/// As many of the first messages as fit one request; none where the first is too large as it is sent.
fn fitting(
    messages: &[OutgoingMessage],
    failed: &FailedGroups<'_>,
    trace: Option<&Trace>,
) -> Vec<PubsubMessage> {
    let mut left = REQUEST_BYTES - BESIDE;
    let sent = messages.iter().take_while(|message| !failed.hold(message));
    let sent = sent.map(|message| wire(message, trace));
    let fitting = sent.map_while(|message| {
        left = left.checked_sub(bytes(&message))?;
        Some(message)
    });
    fitting.collect()
}

fn too_large(message: &OutgoingMessage, trace: Option<&Trace>) -> Error {
    let (limit, measured) = (REQUEST_BYTES - BESIDE, bytes(&wire(message, trace)));
    too_large_as_sent(limit as u64, measured as u64)
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
        let trace = sender_trace();
        let mut failed = FailedGroups::default();
        let mut left = messages;
        while let Some(first) = left.first() {
            let request = fitting(left, &failed, trace.as_ref());
            let sent = if failed.hold(first) {
                vec![Err(FailedGroups::held())]
            } else if request.is_empty() {
                vec![Err(too_large(first, trace.as_ref()))]
            } else {
                self.send_together(&topic, request).await
            };
            let noted = left.iter().zip(&sent);
            noted.for_each(|(message, result)| failed.note(message, result));
            left = left.get(sent.len()..).unwrap_or_default();
            results.extend(sent);
        }
        Ok(results)
    }
}

fn uncounted() -> Error {
    let message = "Pub/Sub told the ids of another number of messages";
    Error::new(ErrorKind::Internal, message).with_outcome_unknown()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_what_fits_it_and_no_message_that_grows_beyond_it() {
        let none = FailedGroups::default();
        let large = OutgoingMessage::new(vec![0; 4_000_000]);
        let messages = [large.clone(), large.clone(), large];
        assert_eq!(fitting(&messages, &none, None).len(), 2);
        let mut looks_sealed = b"isobar-message:".to_vec();
        looks_sealed.resize(9_000_000, b'x');
        let message = OutgoingMessage::new(looks_sealed);
        assert_eq!(
            fitting(std::slice::from_ref(&message), &none, None).len(),
            0
        );
        let error = too_large(&message, None);
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(error.to_string().contains("as it is sent"), "{error}");
    }

    #[test]
    fn a_request_ends_before_a_message_of_a_group_that_failed() {
        let [red, blue] = ["red", "blue"].map(|group| OutgoingMessage::new("x").group(group));
        let mut failed = FailedGroups::default();
        failed.note(&red, &Err(uncounted()));
        let messages = [blue.clone(), blue, red.clone()];
        assert_eq!(fitting(&messages, &failed, None).len(), 2);
        assert_eq!(fitting(std::slice::from_ref(&red), &failed, None).len(), 0);
    }
}
