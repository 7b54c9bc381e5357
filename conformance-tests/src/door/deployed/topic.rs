//! The topic of the deployed probe: SNS wakes the function with each message that is published there.

use std::sync::Arc;

use aws_sdk_sns::Client;
use isobar::Environment;
use isobar::driver::function::FunctionDescription;
use isobar::function::{OutgoingMessage, Topic};
use isobar_aws::config::TopicPlace;
use isobar_aws::topic::TopicKind;
use isobar_aws::{LambdaPlatform, SnsTopics};

use super::function::Function;
use super::{PATIENCE, failed, place, root};
use crate::Failure;
use crate::door::WireMessage;
use crate::probe::TOPIC;

/// The account of everything in a MiniStack that was told of no other one.
const ACCOUNT: &str = "000000000000";

#[derive(Debug)]
pub(super) struct Subscribed(Topic);

impl Subscribed {
    /// Makes the topic, and subscribes the function to it.
    pub(super) async fn make(function: &Function) -> Result<Self, Failure> {
        let client = TopicPlace::at(place(function)).sns().await?;
        let config = client.config().to_builder();
        let client = Client::from_conf(config.credentials_provider(root()).build());
        let made = client.create_topic().name(TOPIC.name()).send();
        let arn = made.await.map_err(failed)?.topic_arn.unwrap_or_default();
        let subscription = client.subscribe().topic_arn(arn).protocol("lambda");
        let subscription = subscription.endpoint(&function.arn).send();
        subscription.await.map_err(failed)?;
        let driver = SnsTopics::new(&client, ACCOUNT, TopicKind::Standard)?;
        let platform = FunctionDescription {
            provider: "suite",
            capabilities: LambdaPlatform::CAPABILITIES,
        };
        let clock = Arc::new(isobar_aws::function::clock());
        let environment = Environment::builder(platform, clock).topics(Arc::new(driver));
        Ok(Self(environment.build().topic(&TOPIC)?))
    }

    /// Publishes one message, and waits until the function was woken by it: MiniStack forgets those that come while it is
    /// with another. Of topics that wake functions none keeps an order, so that the group is left out.
    pub(super) async fn publish(
        &self,
        function: &Function,
        message: &WireMessage,
    ) -> Result<(), Failure> {
        let before = function.services.invocations().await?;
        let mut sent = OutgoingMessage::new(message.body.clone());
        sent.attributes = message.attributes.iter().cloned().collect();
        self.0.publish(sent).await?;
        function.services.invoked(before, PATIENCE).await
    }
}
