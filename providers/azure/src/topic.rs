//! Sending messages to queues of Azure Storage, as texts in Base64.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::http::RequestContent;
use azure_core::http::{ClientOptions, RetryOptions, Transport, Url, XmlFormat};
use azure_storage_queue::models::{QueueClientSendMessageOptions, QueueMessage};
use azure_storage_queue::{QueueServiceClient, QueueServiceClientOptions};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt as _, stream};
use isobar::driver::topic::{TopicDescription, TopicDriver, text, too_large_as_sent};
use isobar::driver::{Effect, Failure, RetryBudget, time_left};
use isobar::function::OutgoingMessage;
use isobar::{Capabilities, Capability, Error, ErrorKind, Result};

use crate::credential::Credential;
use crate::error::QUEUES;
use crate::http_client::http_client;
use crate::sdk::{failure, too_slow};
use crate::signing::Signing;

/// The queues of a storage account as topics.
///
/// A message of such a queue is a text alone: what is no text, or has attributes, is sent as one that
/// `isobar_azure`'s platform opens again (decision record 0086). All texts are in Base64, which is what the Functions
/// host expects unless `messageEncoding` in `host.json` is `none`.
#[derive(Clone)]
pub struct AzureQueues {
    client: Arc<QueueServiceClient>,
    budget: RetryBudget,
}

/// A message has 64 KiB in Base64 ("Put Message").
const TEXT_BYTES: u64 = 48 << 10;
/// How many are sent at the same time: each is a request of its own, and comes in no order.
const AT_ONCE: usize = 8;
const BATCH: usize = 100;
/// A message that is not fetched stays; unless told so, the service drops it after a week.
const FOR_EVER: i32 = -1;
/// How often a request is sent again, and after how long at most the first time.
const RETRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(200);
const ATTEMPT: Duration = Duration::from_secs(8);
/// What is left of a call's time when no request is under way any more, so that its caller hears of every message.
const ROOM: Duration = Duration::from_millis(250);

impl AzureQueues {
    pub(crate) fn connect(account: &str, endpoint: &str, credential: Credential) -> Result<Self> {
        let malformed = || Error::invalid(format!("{endpoint:?} is no endpoint of queues"));
        let url = Url::parse(endpoint).map_err(|_| malformed())?;
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() {
            return Err(malformed());
        }
        credential.check(endpoint)?;
        let signing = Signing {
            account: account.to_owned(),
            credential,
        };
        let client_options = ClientOptions {
            per_try_policies: vec![Arc::new(signing)],
            // What may be sent again is decided here (rule R21).
            retry: RetryOptions::none(),
            transport: Some(Transport::new(Arc::new(http_client()?))),
            ..ClientOptions::default()
        };
        let options = QueueServiceClientOptions {
            client_options,
            ..QueueServiceClientOptions::default()
        };
        let client = QueueServiceClient::new(url, None, Some(options));
        let client = client.map_err(|error| malformed().with_source(error))?;
        Ok(Self {
            client: Arc::new(client),
            budget: RetryBudget::default(),
        })
    }

    /// The vendor's client, for what messages do not need, such as making a queue.
    pub fn client(&self) -> &QueueServiceClient {
        &self.client
    }

    async fn send(&self, queue: &str, message: &OutgoingMessage) -> Result<String> {
        let text = text::seal(&message.body, &message.attributes);
        let measured = text.len() as u64;
        if measured > TEXT_BYTES {
            return Err(too_large_as_sent(TEXT_BYTES, measured));
        }
        let encoded = STANDARD.encode(text);
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let attempt = attempt(time_left()).ok_or_else(unsent)?;
            let sent = tokio::time::timeout(attempt, self.send_once(queue, &encoded));
            let failed = match sent
                .await
                .unwrap_or_else(|_| Err(too_slow(&QUEUES, attempt)))
            {
                Ok(id) => {
                    retries.answered();
                    return Ok(id);
                }
                Err(failed) => failed,
            };
            if failed.effect == Effect::Unknown {
                return Err(failed.of_write());
            }
            tokio::time::sleep(retries.pause_or(failed.error)?).await;
        }
    }

    async fn send_once(&self, queue: &str, text: &str) -> Result<String, Failure> {
        let failed = |error| failure(error, &QUEUES, kind);
        let message = QueueMessage {
            message_text: Some(text.to_owned()),
        };
        let content: RequestContent<QueueMessage, XmlFormat> =
            message.try_into().map_err(failed)?;
        let options = QueueClientSendMessageOptions {
            message_time_to_live: Some(FOR_EVER),
            ..QueueClientSendMessageOptions::default()
        };
        let client = self.client.queue_client(queue).map_err(failed)?;
        let answer = client.send_message(content, Some(options)).await;
        let sent = answer.map_err(failed)?.into_model().map_err(failed)?;
        let id = sent.items.into_iter().flatten().next();
        id.and_then(|one| one.message_id).ok_or_else(|| Failure {
            error: Error::new(
                ErrorKind::Internal,
                "the answer does not tell the message's id",
            ),
            effect: Effect::Unknown,
        })
    }
}

/// How long a request may take in what is left of a call's time; nothing where it is too late to begin one.
fn attempt(left: Option<Duration>) -> Option<Duration> {
    let Some(left) = left else {
        return Some(ATTEMPT);
    };
    let usable = left.saturating_sub(ROOM);
    (usable >= ROOM).then(|| usable.min(ATTEMPT))
}

fn unsent() -> Error {
    let message = "the message was not sent, as those before it took all the time";
    Error::new(ErrorKind::DeadlineExceeded, message).with_retryable(true)
}

/// Codes as "Queue service error codes" describes them.
fn kind(code: &str) -> Option<(ErrorKind, Effect)> {
    let kind = match code {
        "QueueNotFound" | "QueueDisabled" => ErrorKind::Internal,
        "QueueBeingDeleted" => ErrorKind::Unavailable,
        "MessageTooLarge" => ErrorKind::TooLarge,
        _ => return None,
    };
    Some((kind, Effect::None))
}

impl fmt::Debug for AzureQueues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.client.url().as_str();
        f.debug_struct("AzureQueues")
            .field("url", &url)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl TopicDriver for AzureQueues {
    fn describe(&self) -> TopicDescription {
        TopicDescription {
            provider: "azure-queue",
            capabilities: Capabilities::of(&[Capability::Publish]),
            message_bytes: TEXT_BYTES,
            batch: BATCH,
        }
    }

    async fn publish(
        &self,
        topic: &str,
        messages: &[OutgoingMessage],
    ) -> Result<Vec<Result<String>>> {
        let sending: Vec<_> = messages
            .iter()
            .map(|message| self.send(topic, message))
            .collect();
        Ok(stream::iter(sending).buffered(AT_ONCE).collect().await)
    }
}
