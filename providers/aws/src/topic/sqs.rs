//! Queues of SQS: attributes as message attributes, bodies as text.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    MessageAttributeValue, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
    SendMessageBatchRequestEntry,
};
use aws_smithy_types::error::operation::BuildError;
use isobar::driver::topic::{TopicDescription, TopicDriver};
use isobar::driver::{Failure, RetryBudget};
use isobar::function::OutgoingMessage;
use isobar::{Error, ErrorKind, Result};

use super::batch::{self, Answered, Batch, ENTRIES, Entry, built_entry};
use super::{TopicKind, x_ray_trace};
use crate::error::{deployment_fault, failure};
use crate::retry::retried;

/// The queues of an account and region as topics.
#[derive(Clone)]
pub struct SqsQueues {
    /// Without the SDK's retries: what may be sent again is decided here (rule R21).
    client: Client,
    kind: TopicKind,
    /// Where queues are, as SQS has told.
    urls: Arc<Mutex<HashMap<String, String>>>,
    budget: RetryBudget,
}

/// One message, and all of a request together ("Amazon SQS message quotas").
const BYTES: u64 = 1 << 20;

impl SqsQueues {
    /// The queues of this kind that a client reaches; its retry settings are not used.
    pub fn new(client: &Client, kind: TopicKind) -> Self {
        let config = client.config().to_builder();
        let config = config.retry_config(RetryConfig::disabled()).build();
        Self {
            client: Client::from_conf(config),
            kind,
            urls: Arc::default(),
            budget: RetryBudget::default(),
        }
    }

    fn urls(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.urls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn url(&self, topic: &str) -> Result<String> {
        if let Some(url) = self.urls().get(topic) {
            return Ok(url.clone());
        }
        let queue = self.kind.named(topic);
        let ask = || self.client.get_queue_url().queue_name(&queue).send();
        let found = retried(self.budget.retries(batch::RETRIES, batch::PAUSE), ask).await;
        let found = found.map_err(|error| missing(error, &queue))?;
        let url = found.queue_url.ok_or_else(|| {
            let message = "the service did not say where the queue is";
            Error::new(ErrorKind::Internal, message)
        })?;
        self.urls().insert(topic.to_owned(), url.clone());
        Ok(url)
    }
}

impl fmt::Debug for SqsQueues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, .. } = self;
        f.debug_struct("SqsQueues")
            .field("kind", kind)
            .finish_non_exhaustive()
    }
}

/// The codes by which SQS says it, by its older protocol and by today's.
const MISSING: [&str; 2] = [
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
];

fn is_missing(error: &Error) -> bool {
    error
        .provider_code()
        .is_some_and(|code| MISSING.contains(&code))
}

/// A queue that is not there is a fault of the deployment, as a table is.
fn missing(error: Error, queue: &str) -> Error {
    if !is_missing(&error) {
        return error;
    }
    let message = format!(
        "the queue {queue:?} does not exist, or SQS does not tell this program of it: create it, or \
         check its name, region and account, the permission sqs:GetQueueUrl and the policy of the queue"
    );
    deployment_fault(error, message)
}

#[async_trait]
impl TopicDriver for SqsQueues {
    fn describe(&self) -> TopicDescription {
        TopicDescription {
            provider: "sqs",
            capabilities: self.kind.capabilities(),
            message_bytes: BYTES,
            batch: ENTRIES,
        }
    }

    async fn publish(
        &self,
        topic: &str,
        messages: &[OutgoingMessage],
    ) -> Result<Vec<Result<String>>> {
        let trace = x_ray_trace();
        let request = Request {
            client: &self.client,
            url: self.url(topic).await?,
            queue: self.kind.named(topic),
            trace,
        };
        let limits = (self.kind, BYTES);
        let results = batch::publish(&request, limits, &self.budget, messages).await;
        let mut failed = results.iter().filter_map(|result| result.as_ref().err());
        if failed.any(is_missing) {
            // Whoever makes it again may make it elsewhere.
            self.urls().remove(topic);
        }
        Ok(results)
    }
}

struct Request<'r> {
    client: &'r Client,
    url: String,
    queue: String,
    trace: Option<String>,
}

impl Batch for Request<'_> {
    async fn send(&self, entries: &[Entry<'_>]) -> Result<Vec<Answered>, Failure> {
        let entries: Result<Vec<_>, _> = entries.iter().map(|entry| self.entry(entry)).collect();
        let request = self.client.send_message_batch().queue_url(&self.url);
        let request = request.set_entries(Some(entries.map_err(batch::unbuilt)?));
        let answer = request.send().await.map_err(|error| {
            let failed = failure(error);
            Failure {
                error: missing(failed.error, &self.queue),
                ..failed
            }
        })?;
        let stored = answer.successful.iter();
        let stored = stored.filter_map(|one| batch::stored(one.id(), Some(one.message_id())));
        let refused = answer.failed.iter().filter_map(|one| {
            batch::refused(
                one.id(),
                one.code(),
                one.message(),
                one.sender_fault().into(),
            )
        });
        Ok(stored.chain(refused).collect())
    }
}

impl Request<'_> {
    /// The trace is an attribute of SQS itself, which takes nothing of the size and none of the ten attributes.
    fn entry(&self, entry: &Entry<'_>) -> Result<SendMessageBatchRequestEntry, BuildError> {
        let mut request = SendMessageBatchRequestEntry::builder().message_body(&entry.body);
        if let Some(trace) = &self.trace {
            let value = MessageSystemAttributeValue::builder()
                .data_type("String")
                .string_value(trace)
                .build()?;
            let name = MessageSystemAttributeNameForSends::AwsTraceHeader;
            request = request.message_system_attributes(name, value);
        }
        built_entry!(request, entry)
    }
}
