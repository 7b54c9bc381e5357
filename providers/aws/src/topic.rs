//! Sending messages to queues of SQS and topics of SNS.

mod batch;
#[cfg(feature = "sns")]
mod sns;
#[cfg(feature = "sqs")]
mod sqs;

#[cfg(feature = "sns")]
pub use sns::SnsTopics;
#[cfg(feature = "sqs")]
pub use sqs::SqsQueues;

use isobar::driver::topic::sender_trace;
use isobar::{Capabilities, Capability};

/// The trace of the sender, as X-Ray writes it: W3C's trace id is its root, of which the first eight digits are a time where
/// X-Ray itself has begun it.
///
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>
fn x_ray_trace() -> Option<String> {
    let trace = sender_trace()?;
    let (id, span) = (trace.trace_id(), trace.span_id());
    let (time, unique) = (id >> 96, id & ((1 << 96) - 1));
    let sampled = u8::from(trace.is_sampled());
    Some(format!(
        "Root=1-{time:08x}-{unique:024x};Parent={span:016x};Sampled={sampled}"
    ))
}

/// Of which kind queues or topics are; all of one store are of the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TopicKind {
    /// Messages have no group, and come in any order.
    #[default]
    Standard,
    /// First in, first out: messages of one group come in their order, and one that is sent twice
    /// comes once. The names end with `.fifo`, which goes behind those of topics.
    Fifo,
}

impl TopicKind {
    /// What a store of this kind can do.
    pub const fn capabilities(self) -> Capabilities {
        match self {
            Self::Standard => Capabilities::of(&[Capability::Publish]),
            Self::Fifo => Capabilities::of(&[
                Capability::Publish,
                Capability::MessageGroups,
                Capability::MessageDeduplication,
            ]),
        }
    }

    /// The name by which AWS knows a topic.
    fn named(self, topic: &str) -> String {
        match self {
            Self::Standard => topic.to_owned(),
            Self::Fifo => format!("{topic}.fifo"),
        }
    }
}
