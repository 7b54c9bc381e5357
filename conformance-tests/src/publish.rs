//! The cases about sending messages: what is sent arrives, whole, and what cannot is refused.

mod again;
mod groups;
mod refused;
mod traces;

use std::collections::BTreeSet;

use isobar::function::OutgoingMessage;

use crate::exchange::Received;
use crate::{Case, Context, Failure, expect};

/// Every case about sending messages.
pub(crate) const CASES: &[&[Case]] = &[
    WHOLE,
    groups::CASES,
    again::CASES,
    refused::CASES,
    traces::CASES,
];

const WHOLE: &[Case] = &[
    Case::publish(
        "G-420",
        "a message that was sent arrives byte for byte, whatever it is, under its id",
        "N11",
        |ctx| Box::pin(arrive_whole(ctx)),
    ),
    Case::publish(
        "G-421",
        "the attributes of a message arrive as they were sent, and no others",
        "N11",
        |ctx| Box::pin(keep_attributes(ctx)),
    ),
    Case::publish(
        "G-423",
        "of many messages sent together each arrives under the id in its place",
        "N11",
        |ctx| Box::pin(arrive_each(ctx)),
    ),
];

/// The one that came with this body.
fn of_body<'r>(received: &'r [Received], body: &[u8]) -> Result<&'r Received, Failure> {
    let mut same = received.iter().filter(|message| message.body == body);
    match (same.next(), same.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => {
            let start = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            let told = format!("no message came with the body {start:?}, only {received:?}");
            Err(Failure::new(told.chars().take(400).collect::<String>()))
        }
        (Some(one), Some(_)) => Err(Failure::new(format!("{} came twice", one.id))),
    }
}

/// What SNS puts into a queue, as a body that is only a body.
const NOTIFICATION: &str = r#"{"Type":"Notification","MessageId":"1","Message":"x",
    "TopicArn":"arn:aws:sns:us-east-1:123456789012:jobs","SignatureVersion":"1",
    "Timestamp":"2026-11-30T03:00:00.000Z","Subject":"y",
    "MessageAttributes":{"kind":{"Type":"String","Value":"z"}}}"#;

async fn arrive_whole(ctx: Context) -> Result<(), Failure> {
    let exchange = ctx.exchange().await?;
    let topic = ctx.topic()?;
    let bodies: Vec<Vec<u8>> = vec![
        b"plain".to_vec(),
        Vec::new(),
        (0..=255).collect(),
        "\u{feff}caf\u{e9}\r\n\t\u{1f600}\"\\ <&>]]> ".into(),
        b"control \0\x01\x0b\x1f\x7f".to_vec(),
        "no character \u{fffe}\u{ffff}".into(),
        b"{\"json\": [1, 2.0, null]}".to_vec(),
        NOTIFICATION.into(),
        b"cGxhaW4=".to_vec(),
        b"\"quoted\"".to_vec(),
        b"isobar-message:{\"body\":\"AA==\"}".to_vec(),
        b"  spaces  ".to_vec(),
    ];
    let mut ids = Vec::new();
    for body in &bodies {
        ids.push(topic.publish(OutgoingMessage::new(body.clone())).await?);
    }
    let received = exchange.received(bodies.len()).await?;
    for (body, id) in bodies.iter().zip(&ids) {
        let message = of_body(&received, body)?;
        expect::that(message.attributes.is_empty(), "there are attributes")?;
        expect::equal("the group", &message.group, &None)?;
        if ctx.exchanges()?.keeps_ids() {
            expect::equal("the id", &message.id, id)?;
        }
    }
    expect::equal("how many came", &received.len(), &bodies.len())
}

async fn keep_attributes(ctx: Context) -> Result<(), Failure> {
    let exchange = ctx.exchange().await?;
    let topic = ctx.topic()?;
    let most = (0..8).fold(OutgoingMessage::new("most"), |message, number| {
        message.attribute(format!("n{number}"), "x")
    });
    let longest = "n".repeat(128);
    let messages = [
        most.attribute(longest, "v".repeat(1_024))
            .attribute("Kind.of_it-1", " caf\u{e9} \u{1f600}\t\"\\<&> "),
        OutgoingMessage::new("none"),
        OutgoingMessage::new(vec![0, 255]).attribute("kind", "0012"),
        OutgoingMessage::new("").attribute("subject", "of an empty one"),
    ];
    for sent in topic.publish_all(&messages).await? {
        sent?;
    }
    let received = exchange.received(messages.len()).await?;
    for message in &messages {
        let found = of_body(&received, &message.body)?;
        expect::equal("the attributes", &found.attributes, &message.attributes)?;
    }
    expect::equal("how many came", &received.len(), &messages.len())
}

async fn arrive_each(ctx: Context) -> Result<(), Failure> {
    let exchange = ctx.exchange().await?;
    let topic = ctx.topic()?;
    let messages: Vec<_> = (0..25)
        .map(|number| OutgoingMessage::new(format!("message {number}")))
        .collect();
    let sent: Result<Vec<_>, _> = topic.publish_all(&messages).await?.into_iter().collect();
    let ids = sent?;
    expect::equal("the number of ids", &ids.len(), &messages.len())?;
    let different: BTreeSet<_> = ids.iter().collect();
    expect::equal("how many differ", &different.len(), &ids.len())?;
    let received = exchange.received(messages.len()).await?;
    for (message, id) in messages.iter().zip(&ids) {
        let found = of_body(&received, &message.body)?;
        if ctx.exchanges()?.keeps_ids() {
            expect::equal("the id", &found.id, id)?;
        }
    }
    expect::equal("how many came", &received.len(), &messages.len())
}
