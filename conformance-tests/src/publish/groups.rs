//! Cases about the order in which messages of one group arrive.

use isobar::Capability;
use isobar::function::OutgoingMessage;

use crate::{Case, Context, Failure, expect};

/// Every case about groups.
pub(super) const CASES: &[Case] = &[Case::publish(
    "G-424",
    "messages of a group arrive in the order in which they were sent, with their group",
    "N11",
    |ctx| Box::pin(keep_their_order(ctx)),
)
.needs(&[Capability::Publish, Capability::MessageGroups])];

/// More of each group than one request takes anywhere that has a small limit.
const EACH: usize = 12;
const GROUPS: [&str; 2] = ["red", "Blue_2.x-y"];

async fn keep_their_order(ctx: Context) -> Result<(), Failure> {
    let topic = ctx.topic()?;
    let exchange = ctx.exchange().await?;
    let message =
        |number: usize, group: &str| OutgoingMessage::new(format!("{group} {number}")).group(group);
    let batch: Vec<_> = (0..EACH)
        .flat_map(|number| GROUPS.map(|group| message(number, group)))
        .collect();
    for sent in topic.publish_all(&batch).await? {
        sent?;
    }
    for number in EACH..EACH + 3 {
        topic.publish(message(number, GROUPS[0])).await?;
    }
    topic.publish(OutgoingMessage::new("alone")).await?;
    let all = batch.len() + 4;
    let received = exchange.received(all).await?;
    expect::equal("how many came", &received.len(), &all)?;
    for (group, count) in GROUPS.into_iter().zip([EACH + 3, EACH]) {
        let own = received.iter();
        let own = own.filter(|message| message.group.as_deref() == Some(group));
        let bodies: Vec<_> = own
            .map(|message| String::from_utf8_lossy(&message.body).into_owned())
            .collect();
        let expected: Vec<_> = (0..count)
            .map(|number| format!("{group} {number}"))
            .collect();
        expect::equal("the messages of one group", &bodies, &expected)?;
    }
    Ok(())
}
