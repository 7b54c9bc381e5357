//! Topics of SNS, which hand messages on to queues, functions and whatever else subscribes to them.

use std::fmt;

use async_trait::async_trait;
use aws_config::retry::RetryConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use aws_smithy_types::error::operation::BuildError;
use isobar::driver::topic::{TopicDescription, TopicDriver};
use isobar::driver::{Failure, RetryBudget};
use isobar::function::OutgoingMessage;
use isobar::{Error, ErrorKind, Result};

use super::batch::{self, Answered, Batch, ENTRIES, Entry, built_entry};
use super::{TopicKind, x_ray_trace};
use crate::error::{deployment_fault, failure};

/// The topics of an account and region.
#[derive(Clone)]
pub struct SnsTopics {
    /// Without the SDK's retries: what may be sent again is decided here (rule R21).
    client: Client,
    /// What goes before the name of a topic, such as `arn:aws:sns:eu-west-1:123456789012:`.
    place: String,
    kind: TopicKind,
    budget: RetryBudget,
}

/// One message, and all of a request together ("Publish" and "PublishBatch" in the API reference).
const BYTES: u64 = 256 << 10;

impl SnsTopics {
    /// The topics of this kind in the client's region and in this account, by its 12 digits; the
    /// client's retry settings are not used. `InvalidArgument` where it has no region.
    pub fn new(client: &Client, account: &str, kind: TopicKind) -> Result<Self> {
        let region = client.config().region().map(AsRef::<str>::as_ref);
        let region = region.ok_or_else(|| Error::invalid("the client of SNS has no region"))?;
        let place = format!("arn:{}:sns:{region}:{account}:", partition(region));
        let config = client.config().to_builder();
        let config = config.retry_config(RetryConfig::disabled()).build();
        Ok(Self {
            client: Client::from_conf(config),
            place,
            kind,
            budget: RetryBudget::default(),
        })
    }
}

/// How the names of regions begin that are not in the partition `aws` (`regionRegex` in `partitions.json`
/// of the SDKs).
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
];

/// The partition of a region, as ARNs have it.
fn partition(region: &str) -> &'static str {
    let mut partitions = PARTITIONS.iter();
    let found = partitions.find(|(beginning, _)| region.starts_with(beginning));
    found.map_or("aws", |(_, partition)| partition)
}

impl fmt::Debug for SnsTopics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, kind, .. } = self;
        f.debug_struct("SnsTopics")
            .field("place", place)
            .field("kind", kind)
            .finish_non_exhaustive()
    }
}

/// A topic that is not there is a fault of the deployment, as a table is.
fn missing(error: Error, topic: &str) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    let message = format!(
        "the topic {topic:?} does not exist: create it, or check its name, region and account"
    );
    deployment_fault(error, message)
}

#[async_trait]
impl TopicDriver for SnsTopics {
    fn describe(&self) -> TopicDescription {
        TopicDescription {
            provider: "sns",
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
        let request = Request {
            client: &self.client,
            topic: format!("{}{}", self.place, self.kind.named(topic)),
            trace: x_ray_trace(),
        };
        let limits = (self.kind, BYTES);
        Ok(batch::publish(&request, limits, &self.budget, messages).await)
    }
}

/// The field that tells a trace to AWS, which the SDK does not set where it is there.
const TRACE_HEADER: &str = "x-amzn-trace-id";

struct Request<'r> {
    client: &'r Client,
    topic: String,
    /// What SNS passes on to queues and functions ("Amazon SNS active tracing").
    trace: Option<String>,
}

impl Batch for Request<'_> {
    async fn send(&self, entries: &[Entry<'_>]) -> Result<Vec<Answered>, Failure> {
        let entries: Result<Vec<_>, _> = entries.iter().map(request_entry).collect();
        let request = self.client.publish_batch().topic_arn(&self.topic);
        let entries = entries.map_err(batch::unbuilt)?;
        let request = request.set_publish_batch_request_entries(Some(entries));
        let trace = self.trace.clone();
        let request = request.customize().mutate_request(move |request| {
            if let Some(trace) = trace.clone() {
                request.headers_mut().insert(TRACE_HEADER, trace);
            }
        });
        let answer = request.send().await.map_err(|error| {
            let failed = failure(error);
            Failure {
                error: missing(failed.error, &self.topic),
                ..failed
            }
        })?;
        let stored = answer.successful().iter();
        let stored = stored.filter_map(|one| batch::stored(one.id()?, one.message_id()));
        let refused = answer.failed().iter().filter_map(|one| {
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

fn request_entry(entry: &Entry<'_>) -> Result<PublishBatchRequestEntry, BuildError> {
    let request = PublishBatchRequestEntry::builder().message(&entry.body);
    built_entry!(request, entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_in_its_partition() {
        for (region, expected) in [
            ("eu-west-1", "aws"),
            ("us-east-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition(region), expected, "{region}");
        }
    }
}
