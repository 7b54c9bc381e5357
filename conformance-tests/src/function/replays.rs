//! Cases about events that are delivered again because somebody asks for that.

use isobar::Capability;

use crate::door::WireMessage;
use crate::probe::inbox::{FAILS_ONCE, deliveries};
use crate::{Case, Context, Failure, expect};

/// Every case about them.
pub(super) const CASES: &[Case] = &[
    Case::function(
        "G-409",
        "a message comes again by its id, as it was, with its deliveries counted anew",
        "N12",
        |ctx| Box::pin(come_as_they_were(ctx)),
    )
    .needs(&[Capability::Messages, Capability::EventReplay]),
    Case::function(
        "G-412",
        "a message that is replayed waits for none of its group, and an id that nobody knows is refused",
        "N12",
        |ctx| Box::pin(overtake(ctx)),
    )
    .needs(&[Capability::Messages, Capability::EventReplay]),
];

fn message(body: &str) -> WireMessage {
    WireMessage {
        body: body.to_owned(),
        attributes: vec![("kind".to_owned(), "test \u{e9}".to_owned())],
        group: Some("red".to_owned()),
    }
}

async fn come_as_they_were(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let sent = message("\u{feff}caf\u{e9}\r\n\t\u{1f600}\"\\ ");
    door.deliver(std::slice::from_ref(&sent)).await?;
    let first = expect::some("the delivery", deliveries(&*door, 1).await?.pop())?;
    for before in 1..=2 {
        door.replay(&first.id).await?;
        let again = deliveries(&*door, before + 1).await?.pop();
        let mut again = expect::some("the delivery of the replay", again)?;
        expect::equal("the trace", &again.trace.trace_id, &first.trace.trace_id)?;
        // Each delivery is a span of its own.
        again.trace.clone_from(&first.trace);
        again.came = first.came;
        expect::equal("the delivery", &again, &first)?;
    }
    let attributes: Vec<_> = first.attributes.into_iter().collect();
    expect::equal("the attributes", &attributes, &sent.attributes)
}

async fn overtake(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let refused = door.replay("nobody-knows-it").await;
    if refused
        .as_ref()
        .is_err_and(|refused| refused.missing_capability().is_some())
    {
        return refused;
    }
    expect::that(refused.is_err(), "an id that nobody knows was replayed")?;
    door.deliver(&[message("done")]).await?;
    let done = expect::some("the delivery", deliveries(&*door, 1).await?.pop())?;
    // Whoever comes after it in its group waits until it comes again.
    door.deliver(&[message(FAILS_ONCE), message("waits")])
        .await?;
    deliveries(&*door, 2).await?;
    door.replay(&done.id).await?;
    let seen = deliveries(&*door, 5).await?;
    let bodies = seen.iter().map(|seen| String::from_utf8_lossy(&seen.body));
    let bodies: Vec<_> = bodies.map(std::borrow::Cow::into_owned).collect();
    let expected = ["done", FAILS_ONCE, "done", FAILS_ONCE, "waits"];
    expect::equal(
        "the deliveries",
        &bodies,
        &expected.map(str::to_owned).to_vec(),
    )
}
