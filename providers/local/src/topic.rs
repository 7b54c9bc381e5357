//! Messages in the store of a directory: published durably, delivered by the platform of the same
//! process.

pub(crate) mod queue;
pub(crate) mod row;
pub(crate) mod sent;
pub(crate) mod watched;

use std::time::SystemTime;

use async_trait::async_trait;
use isobar::document::Timestamp;
use isobar::driver::topic::{TopicDescription, TopicDriver, sender_trace};
use isobar::function::OutgoingMessage;
use isobar::{Capabilities, Capability, Result};
use uuid::Uuid;

use crate::error::PROVIDER;
use crate::store::LocalStore;
use row::MessageRow;

/// The messages of one store.
#[derive(Debug)]
pub(crate) struct Topics {
    store: LocalStore,
}

/// What SQS takes by default, so that what works here works there.
const MESSAGE_BYTES: u64 = 256 << 10;
const BATCH: usize = 100;
const CAPABILITIES: Capabilities = Capabilities::of(&[
    Capability::Publish,
    Capability::MessageGroups,
    Capability::MessageDeduplication,
]);

impl Topics {
    pub(crate) fn new(store: LocalStore) -> Self {
        Self { store }
    }
}

#[async_trait]
impl TopicDriver for Topics {
    fn describe(&self) -> TopicDescription {
        TopicDescription {
            provider: PROVIDER,
            capabilities: CAPABILITIES,
            message_bytes: MESSAGE_BYTES,
            batch: BATCH,
        }
    }

    /// They are written together, and so are there together or not at all.
    async fn publish(
        &self,
        topic: &str,
        messages: &[OutgoingMessage],
    ) -> Result<Vec<Result<String>>> {
        let now = Timestamp::from(SystemTime::now());
        let trace = sender_trace();
        let rows: Vec<_> = messages
            .iter()
            .map(|message| row_of(message, now).of_trace(trace.as_ref()))
            .collect();
        let known_by = messages.iter().map(|message| message.deduplication.clone());
        let known_by: Vec<_> = known_by.collect();
        let bytes = messages.iter().map(|message| message.body.len()).sum();
        let topic = topic.to_owned();
        let stored = self.store.submit(bytes, move |group| {
            let (new, ids) = sent::once(group, &topic, rows.into_iter().zip(known_by), now)?;
            if !new.is_empty() {
                queue::append(group, &topic, &new)?;
            }
            Ok(ids)
        });
        let ids = stored.await?;
        self.store.arrivals().announce();
        Ok(ids.into_iter().map(|id| Ok(id.to_string())).collect())
    }
}

fn row_of(message: &OutgoingMessage, now: Timestamp) -> MessageRow {
    MessageRow {
        id: Uuid::new_v4(),
        attempts: 0,
        not_before: now,
        sent_at: now,
        group: message.group.clone(),
        attributes: message.attributes.clone(),
        body: message.body.clone(),
    }
}
