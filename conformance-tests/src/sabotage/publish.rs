//! Ways in which a store of messages may be wrong, and a store that is wrong in one of them.

use std::sync::Arc;

use async_trait::async_trait;
use isobar::driver::topic::{TopicDescription, TopicDriver};
use isobar::function::OutgoingMessage;
use isobar::{Error, ErrorKind, Result};

use super::Sabotage;
use crate::Failure;
use crate::exchange::{Exchange, Exchanges};

/// What is wrong; [`TopicFault::NONE`] is nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct TopicFault {
    /// Changes messages on their way in.
    messages: fn(&mut Vec<OutgoingMessage>),
    /// Changes what is told of so many.
    results: fn(&mut Vec<Result<String>>, usize),
    /// Whether a task of its own sends, which is part of no invocation.
    apart: bool,
}

impl TopicFault {
    /// Nothing is wrong.
    const NONE: Self = Self {
        messages: |_| {},
        results: |_, _| {},
        apart: false,
    };
}

const NONE: TopicFault = TopicFault::NONE;

const fn messages(
    name: &'static str,
    case: &'static str,
    messages: fn(&mut Vec<OutgoingMessage>),
) -> Sabotage {
    Sabotage::publish(name, case, TopicFault { messages, ..NONE })
}

const fn whole(name: &'static str, case: &'static str, fault: TopicFault) -> Sabotage {
    Sabotage::publish(name, case, fault)
}

/// All of them.
pub(super) const ALL: &[Sabotage] = &[
    messages("bodies of messages are taken for text", "G-420", |sent| {
        for message in sent {
            message.body = String::from_utf8_lossy(&message.body).into_owned().into();
        }
    }),
    messages("messages without a body are not kept", "G-420", |sent| {
        for message in sent.iter_mut().filter(|message| message.body.is_empty()) {
            message.body = "null".into();
        }
    }),
    messages("attributes of messages are lost", "G-421", |sent| {
        for message in sent {
            message.attributes.clear();
        }
    }),
    messages("names of attributes are folded", "G-421", |sent| {
        for message in sent {
            let attributes = std::mem::take(&mut message.attributes).into_iter();
            let folded = attributes.map(|(name, value)| (name.to_lowercase(), value));
            message.attributes = folded.collect();
        }
    }),
    messages("large messages are cut", "G-422", |sent| {
        for message in sent {
            message.body.truncate(200_000);
        }
    }),
    messages("each message is sent twice", "G-420", |sent| {
        sent.extend(sent.clone());
    }),
    whole(
        "the last message of a batch is lost",
        "G-423",
        TopicFault {
            messages: |sent| sent.truncate(sent.len().max(2) - 1),
            results: |told, count| told.resize_with(count, || Ok("lost".to_owned())),
            ..NONE
        },
    ),
    whole(
        "the ids of a batch are in another order",
        "G-423",
        TopicFault {
            results: |told, _| told.reverse(),
            ..NONE
        },
    ),
    whole(
        "a batch is sent from its end",
        "G-424",
        TopicFault {
            messages: |sent| sent.reverse(),
            results: |told, _| told.reverse(),
            ..NONE
        },
    ),
    whole(
        "the trace of whoever sends is lost",
        "G-414",
        TopicFault {
            apart: true,
            ..NONE
        },
    ),
    messages("messages are not known again", "G-415", |sent| {
        for message in sent {
            message.deduplication = None;
        }
    }),
    messages("all messages are taken for the same", "G-415", |sent| {
        for message in sent {
            message.deduplication = message.deduplication.take().map(|_| "x".to_owned());
        }
    }),
    messages(
        "the same content is taken for the same message",
        "G-415",
        |sent| {
            for message in sent {
                let body = String::from_utf8_lossy(&message.body);
                message.deduplication = Some(format!(
                    "{:x}",
                    isobar::driver::crc32c::checksum(body.as_bytes())
                ));
            }
        },
    ),
    messages("groups of messages are lost", "G-424", |sent| {
        for message in sent {
            message.group = None;
        }
    }),
];

/// Topics with one fault.
#[derive(Debug)]
pub(super) struct SabotagedExchanges {
    inner: Arc<dyn Exchanges>,
    fault: TopicFault,
}

#[derive(Debug)]
struct SabotagedTopics {
    inner: Arc<dyn TopicDriver>,
    fault: TopicFault,
}

impl SabotagedExchanges {
    pub(super) fn over(inner: Arc<dyn Exchanges>, fault: TopicFault) -> Arc<dyn Exchanges> {
        Arc::new(Self { inner, fault })
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Exchanges for SabotagedExchanges {
    fn driver(&self) -> Arc<dyn TopicDriver> {
        Arc::new(SabotagedTopics {
            inner: self.inner.driver(),
            fault: self.fault,
        })
    }

    fn makes_topics(&self) -> bool {
        self.inner.makes_topics()
    }

    fn keeps_ids(&self) -> bool {
        self.inner.keeps_ids()
    }

    async fn open(&self, prefix: &str) -> Result<Box<dyn Exchange>, Failure> {
        self.inner.open(prefix).await
    }
}

#[async_trait]
impl TopicDriver for SabotagedTopics {
    fn describe(&self) -> TopicDescription {
        self.inner.describe()
    }

    async fn publish(
        &self,
        topic: &str,
        messages: &[OutgoingMessage],
    ) -> Result<Vec<Result<String>>> {
        let mut sent = messages.to_vec();
        (self.fault.messages)(&mut sent);
        let mut told = if self.fault.apart {
            let (inner, topic) = (Arc::clone(&self.inner), topic.to_owned());
            let sending = tokio::spawn(async move { inner.publish(&topic, &sent).await });
            let lost = |_| Error::new(ErrorKind::Internal, "the task has ended");
            sending.await.map_err(lost)??
        } else {
            self.inner.publish(topic, &sent).await?
        };
        (self.fault.results)(&mut told, messages.len());
        Ok(told)
    }
}
