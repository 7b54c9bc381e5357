//! Cases about messages that are sent again under the id by which they are known.

use std::collections::BTreeMap;

use isobar::function::OutgoingMessage;
use isobar::{Capability, ErrorKind};

use crate::{Case, Context, Failure, expect};

/// Every case about ids of deduplication.
pub(super) const CASES: &[Case] = &[Case::publish(
    "G-415",
    "a message that is sent again under its id arrives once, and others arrive each",
    "N11",
    |ctx| Box::pin(arrive_once(ctx)),
)
.needs(&[Capability::Publish, Capability::MessageDeduplication])];

async fn arrive_once(ctx: Context) -> Result<(), Failure> {
    let exchange = ctx.exchange().await?;
    let topic = ctx.topic()?;
    let longest = "Order_17.x-".repeat(9) + "z";
    let message = |body: &'static str, id: &str| OutgoingMessage::new(body).deduplication(id);
    let first = topic.publish(message("alone", "a")).await?;
    let again = topic.publish(message("alone", "a")).await?;
    // The id tells, not the content.
    let other = topic.publish(message("another content", "a")).await?;
    if ctx.exchanges()?.keeps_ids() {
        expect::equal("the id of what was sent again", &again, &first)?;
        expect::equal("the id of another content", &other, &first)?;
    }
    let batch = [
        message("in a batch", &longest),
        message("in a batch", &longest),
        message("same", "b"),
        message("same", "c"),
        message("alone", "a"),
        OutgoingMessage::new("without an id"),
        OutgoingMessage::new("without an id"),
    ];
    for sent in topic.publish_all(&batch).await? {
        sent?;
    }
    let long = "x".repeat(101);
    for bad in ["", "a b", "caf\u{e9}", long.as_str()] {
        let sent = topic.publish(message("bad", bad)).await;
        expect::kind("sending under no good id", sent, ErrorKind::InvalidArgument)?;
    }
    let received = exchange.received(6).await?;
    let mut came: BTreeMap<String, usize> = BTreeMap::new();
    for message in &received {
        expect::equal("the group", &message.group, &None)?;
        let body = String::from_utf8_lossy(&message.body).into_owned();
        *came.entry(body).or_default() += 1;
    }
    let expected = [
        ("alone", 1),
        ("in a batch", 1),
        ("same", 2),
        ("without an id", 2),
    ];
    let expected = BTreeMap::from(expected.map(|(body, count)| (body.to_owned(), count)));
    expect::equal("how often each came", &came, &expected)
}
