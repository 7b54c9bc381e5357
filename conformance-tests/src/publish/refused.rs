//! Cases about messages that cannot be sent.

use isobar::ErrorKind;
use isobar::function::{OutgoingMessage, Topic};

use super::of_body;
use crate::{Case, Context, Failure, expect};

/// Every case about messages that cannot be sent.
pub(super) const CASES: &[Case] = &[
    Case::publish(
        "G-422",
        "the largest message arrives, and one that is larger is refused before any is sent",
        "N10",
        |ctx| Box::pin(are_measured(ctx)),
    ),
    Case::publish(
        "G-425",
        "sending to a topic that nobody has made fails, names the topic and has no effect",
        "R21",
        |ctx| Box::pin(need_a_topic(ctx)),
    ),
    Case::publish(
        "G-426",
        "what some store could not keep is refused everywhere, before any is sent",
        "N10",
        |ctx| Box::pin(are_checked(ctx)),
    ),
];

/// Sends a message that must arrive together with one that must not be sent.
async fn refused(
    topic: &Topic,
    bad: OutgoingMessage,
    kind: ErrorKind,
) -> Result<isobar::Error, Failure> {
    let messages = [OutgoingMessage::new("must not arrive"), bad];
    let sent = topic.publish_all(&messages).await;
    expect::kind("sending it", sent, kind)
}

async fn are_measured(ctx: Context) -> Result<(), Failure> {
    let exchange = ctx.exchange().await?;
    let topic = ctx.topic()?;
    let limit = ctx.exchanges()?.driver().describe().message_bytes;
    let bytes = usize::try_from(limit).unwrap_or(usize::MAX);
    let body = "x".repeat(bytes);
    topic.publish(OutgoingMessage::new(body.clone())).await?;
    for larger in [
        OutgoingMessage::new(format!("{body}x")),
        OutgoingMessage::new(body.clone()).attribute("a", "b"),
    ] {
        let error = refused(&topic, larger, ErrorKind::TooLarge).await?;
        expect::equal("the limit", &error.limit(), &Some(limit))?;
        let known = !error.outcome_unknown();
        expect::that(known, "what was not sent has an unknown outcome")?;
    }
    let received = exchange.received(1).await?;
    of_body(&received, body.as_bytes())?;
    expect::equal("how many came", &received.len(), &1)
}

async fn need_a_topic(ctx: Context) -> Result<(), Failure> {
    let topic = ctx.topic()?;
    let message = OutgoingMessage::new("early");
    if !ctx.exchanges()?.makes_topics() {
        // Every topic is there, and keeps what is sent before anybody subscribes.
        let id = topic.publish(message).await?;
        let received = ctx.exchange().await?.received(1).await?;
        return expect::equal("the id", &received[0].id, &id);
    }
    for _ in 0..2 {
        let sent = topic.publish(message.clone()).await;
        let error = expect::kind("sending to nowhere", sent, ErrorKind::Internal)?;
        let shown = error.to_string();
        let named = shown.contains("jobs") && shown.contains("not exist");
        expect::that(
            named,
            &format!("the error tells not what is missing: {shown}"),
        )?;
        let known = !error.outcome_unknown() && !error.retryable();
        expect::that(known, "the outcome is unknown, or it may be tried again")?;
    }
    let exchange = ctx.exchange().await?;
    topic.publish(OutgoingMessage::new("late")).await?;
    let received = exchange.received(1).await?;
    of_body(&received, b"late")?;
    expect::equal("how many came", &received.len(), &1)
}

async fn are_checked(ctx: Context) -> Result<(), Failure> {
    let exchange = ctx.exchange().await?;
    let topic = ctx.topic()?;
    let named = |name: &str| OutgoingMessage::new("bad").attribute(name, "x");
    let valued = |value: &str| OutgoingMessage::new("bad").attribute("name", value);
    let many = (0..11).fold(OutgoingMessage::new("bad"), |message, number| {
        message.attribute(format!("n{number}"), "x")
    });
    for bad in [
        named(""),
        named("a b"),
        named("caf\u{e9}"),
        named(".a"),
        named("a."),
        named("a..b"),
        named("aws.a"),
        named("Amazon.a"),
        named("googly"),
        named(&"n".repeat(129)),
        valued(""),
        valued("\0"),
        valued("\u{ffff}"),
        valued(&"v".repeat(1_025)),
        many,
    ] {
        refused(&topic, bad, ErrorKind::InvalidArgument).await?;
    }
    topic.publish(OutgoingMessage::new("good")).await?;
    let received = exchange.received(1).await?;
    of_body(&received, b"good")?;
    expect::equal("how many came", &received.len(), &1)
}
