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

use isobar::{Capabilities, Capability};

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
