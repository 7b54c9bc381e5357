//! Messages in the store of a directory: published durably, delivered by the platform of the same
//! process.

pub(crate) mod queue;
pub(crate) mod row;
pub(crate) mod watched;

use std::time::SystemTime;

use async_trait::async_trait;
use isobar::document::Timestamp;
use isobar::driver::topic::{TopicDescription, TopicDriver};
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
            capabilities: Capabilities::of(&[Capability::Publish, Capability::MessageGroups]),
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
        let rows: Vec<_> = messages.iter().map(|message| sent(message, now)).collect();
        let ids = rows
            .iter()
            .map(|row| row.id.to_string())
            .collect::<Vec<_>>();
        let bytes = messages.iter().map(|message| message.body.len()).sum();
        let topic = topic.to_owned();
        let stored = self.store.submit(bytes, move |group| {
            queue::append(group, &topic, &rows)?;
            Ok(())
        });
        stored.await?;
        self.store.arrivals().announce();
        Ok(ids.into_iter().map(Ok).collect())
    }
}

fn sent(message: &OutgoingMessage, now: Timestamp) -> MessageRow {
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
