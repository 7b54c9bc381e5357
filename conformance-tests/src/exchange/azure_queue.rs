//! Queues of Azure Storage: the suite receives by the vendor's client, takes the Base64 off as the
//! Functions host does unless told otherwise, and calls the probe as the host calls a custom handler.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use azure_storage_queue::QueueClient;
use azure_storage_queue::models::{QueueClientReceiveMessagesOptions, ReceivedMessage};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use isobar::driver::topic::TopicDriver;
use isobar_azure::AzureQueues;

use super::{Exchange, Exchanges, Received, behind};
use crate::Failure;
use crate::door::brought::queue_trigger;
use crate::door::contract::{CONTRACTS, ContractDoor, ContractDoors};
use crate::expect;
use crate::probe::TOPIC;

/// The queues of one account.
#[derive(Debug)]
pub struct AzureExchanges(pub Arc<AzureQueues>);

struct Queue {
    client: QueueClient,
    door: ContractDoor,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue")
            .field("door", &self.door)
            .finish_non_exhaustive()
    }
}

/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many messages one request fetches at most ("Get Messages").
const FETCHED: i32 = 32;

#[async_trait]
impl Exchanges for AzureExchanges {
    fn driver(&self) -> Arc<dyn TopicDriver> {
        Arc::clone(&self.0) as _
    }

    async fn open(&self, prefix: &str) -> Result<Box<dyn Exchange>, Failure> {
        let mut contracts = CONTRACTS.iter();
        let host = contracts.find(|contract| contract.name() == "azure-functions");
        let host = expect::some("the contract of Azure Functions", host)?;
        let name = format!("{prefix}{}", TOPIC.name());
        let client = self
            .0
            .client()
            .queue_client(&name)
            .map_err(|error| refused(&error))?;
        client.create(None).await.map_err(|error| refused(&error))?;
        let door = ContractDoors(host).start(&[]).await?;
        Ok(Box::new(Queue { client, door }))
    }
}

fn refused(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("the vendor's client failed: {error}"))
}

impl Queue {
    async fn hand_on(&self) -> Result<usize, Failure> {
        let options = QueueClientReceiveMessagesOptions {
            number_of_messages: Some(FETCHED),
            ..QueueClientReceiveMessagesOptions::default()
        };
        let answer = self.client.receive_messages(Some(options)).await;
        let list = answer
            .map_err(|error| refused(&error))?
            .into_model()
            .map_err(|error| refused(&error))?;
        let messages = list.items.unwrap_or_default();
        for message in &messages {
            self.hand_on_one(message).await?;
        }
        Ok(messages.len())
    }

    async fn hand_on_one(&self, message: &ReceivedMessage) -> Result<(), Failure> {
        let text = message.message_text.as_deref().unwrap_or_default();
        let bytes = STANDARD.decode(text);
        let bytes = bytes.map_err(|_| Failure::new("the message is not Base64"))?;
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| Failure::new("the message is not text"))?;
        let id = expect::some("the id", message.message_id.as_deref())?;
        let attempt = message.dequeue_count.unwrap_or_default();
        let done = self
            .door
            .brings(&queue_trigger(TOPIC.name(), &text, (id, attempt)))
            .await?;
        if done {
            let receipt = expect::some("the receipt", message.pop_receipt.as_deref())?;
            let deleted = self.client.delete_message(id, receipt, None).await;
            deleted.map_err(|error| refused(&error))?;
        }
        Ok(())
    }
}

#[async_trait]
impl Exchange for Queue {
    async fn received(&self, count: usize) -> Result<Vec<Received>, Failure> {
        let give_up = Instant::now() + PATIENCE;
        loop {
            // What comes too often must be seen too, so that the queue is always asked.
            if self.hand_on().await? > 0 {
                continue;
            }
            let received = behind(&self.door, 0).await?;
            if received.len() >= count {
                return Ok(received);
            }
            if Instant::now() > give_up {
                let told = format!("{} of {count} messages came", received.len());
                return Err(Failure::new(told));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
