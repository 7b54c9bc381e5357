//! Cases about messages: what arrives, and what comes again.

use isobar::Capability;

use crate::door::WireMessage;
use crate::probe::inbox::{COMES_LATER, FAILS_ONCE, PANICS_ONCE, SeenMessage, WAIT, deliveries};
use crate::{Case, Context, Failure, expect};

/// Every case about messages.
pub(super) const CASES: &[Case] = &[
    Case::function(
        "G-261",
        "messages arrive byte for byte: text of any kind, 200,000 bytes or what their queue takes",
        "N11",
        |ctx| Box::pin(arrive_whole(ctx)),
    )
    .needs(&[Capability::Messages]),
    Case::function(
        "G-416",
        "attributes arrive with their message as they were sent, and with no other",
        "N11",
        |ctx| Box::pin(arrive_with_attributes(ctx)),
    )
    .needs(&[Capability::Messages]),
    Case::function(
        "G-264",
        "of a batch only what failed comes again, with the same id and the next number",
        "N12",
        |ctx| Box::pin(come_again(ctx)),
    )
    .needs(&[Capability::Messages]),
    Case::function(
        "G-413",
        "a message that tells a trace is handled as part of it",
        "N9",
        |ctx| Box::pin(go_on_with_traces(ctx)),
    )
    .needs(&[Capability::Messages]),
    Case::function(
        "G-436",
        "a message for which its handler asks again after a time comes no sooner, also of a batch",
        "N12",
        |ctx| Box::pin(wait_as_asked(ctx)),
    )
    .needs(&[Capability::Messages, Capability::DelayedRetry]),
    Case::function(
        "G-401",
        "what follows a message of its group waits while that fails",
        "N12",
        |ctx| Box::pin(keep_their_order(ctx)),
    )
    .needs(&[Capability::Messages]),
];

fn message(body: &str) -> WireMessage {
    WireMessage {
        body: body.to_owned(),
        ..WireMessage::default()
    }
}

async fn arrive_whole(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let bodies = [
        "plain".to_owned(),
        "\u{feff}caf\u{e9}\r\n\t\u{1f600}\"\\ ".to_owned(),
        "{\"json\": [1, 2.0, null]}".to_owned(),
        "x".repeat(ctx.doors()?.most_message()),
    ];
    for (before, body) in bodies.iter().enumerate() {
        door.deliver(&[message(body)]).await?;
        let seen = deliveries(&*door, before + 1).await?.pop();
        let seen = expect::some("the delivery", seen)?;
        expect::equal(
            "the body",
            &String::from_utf8_lossy(&seen.body).as_ref(),
            &body.as_str(),
        )?;
        let counted = ctx.counts_deliveries().then_some(1);
        expect::equal("the number of the delivery", &seen.attempt, &counted)?;
    }
    Ok(())
}

async fn arrive_with_attributes(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let told = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let sent = [
        vec![told("kind", "test \u{e9}"), told("n.1", "0012")],
        vec![told("kind", " \u{1f600}\"\\ 100%41 ")],
        Vec::new(),
    ];
    for (before, attributes) in sent.iter().enumerate() {
        let message = WireMessage {
            attributes: attributes.clone(),
            ..message("attributed")
        };
        door.deliver(&[message]).await?;
        let seen = deliveries(&*door, before + 1).await?.pop();
        let seen = expect::some("the delivery", seen)?;
        let found: Vec<_> = seen.attributes.into_iter().collect();
        expect::equal("the attributes", &found, attributes)?;
    }
    Ok(())
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

async fn go_on_with_traces(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let mut traced = message("traced");
    let told = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    traced.attributes = vec![
        told("traceparent", &format!("00-{TRACE}-{PARENT}-01")),
        told("tracestate", "congo=t61rcWkgMzE"),
    ];
    door.deliver(&[traced]).await?;
    let seen = deliveries(&*door, 1).await?.pop();
    let trace = expect::some("the delivery", seen)?.trace;
    expect::equal("the trace", &trace.trace_id.as_str(), &TRACE)?;
    expect::equal(
        "the sender's span",
        &trace.parent_id.as_deref(),
        &Some(PARENT),
    )?;
    expect::that(trace.is_sampled, "the trace is not sampled any more")?;
    let state = trace.calls.iter().find(|(name, _)| name == "tracestate");
    let state = state.map(|(_, value)| value.as_str());
    expect::equal("the state of calls", &state, &Some("congo=t61rcWkgMzE"))?;

    door.deliver(&[message("untraced")]).await?;
    let seen = deliveries(&*door, 2).await?.pop();
    let other = expect::some("the second delivery", seen)?.trace.trace_id;
    expect::that(
        other != TRACE,
        "a message without a trace is given another's",
    )
}

/// The deliveries of the message with this body, in their order.
fn of<'s>(seen: &'s [SeenMessage], body: &str) -> Vec<&'s SeenMessage> {
    seen.iter()
        .filter(|seen| seen.body == body.as_bytes())
        .collect()
}

async fn come_again(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let batch = [
        message("a"),
        message(FAILS_ONCE),
        message("b"),
        message(PANICS_ONCE),
    ];
    door.deliver(&batch).await?;
    let seen = deliveries(&*door, 6).await?;
    for done in ["a", "b"] {
        expect::equal("how often it came", &of(&seen, done).len(), &1)?;
    }
    for failed in [FAILS_ONCE, PANICS_ONCE] {
        let deliveries = of(&seen, failed);
        let attempts: Vec<_> = deliveries.iter().map(|seen| seen.attempt).collect();
        let counted = ctx.counts_deliveries();
        let expected = [1, 2].map(|attempt| counted.then_some(attempt)).to_vec();
        expect::equal("the numbers of the deliveries", &attempts, &expected)?;
        let ids: Vec<_> = deliveries.iter().map(|seen| &seen.id).collect();
        expect::that(
            ids.iter().all(|id| *id == ids[0]),
            "the id is another one the second time",
        )?;
    }
    expect::equal("all deliveries", &seen.len(), &6)
}

/// Where the platform does not declare that it waits, what is documented of it is that the message comes again.
async fn wait_as_asked(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    for before in [0, 3] {
        let beside = message("beside");
        let batch = [message(COMES_LATER), beside];
        let batch = if before == 0 { &batch[..] } else { &batch[..1] };
        door.deliver(batch).await?;
        let seen = deliveries(&*door, before + batch.len() + 1).await?;
        let later: Vec<_> = of(&seen[before..], COMES_LATER);
        expect::equal("how often it came", &later.len(), &2)?;
        expect::equal("the id", &later[1].id, &later[0].id)?;
        let waited = later[1].came.saturating_sub(later[0].came);
        if ctx.doors()?.capabilities().has(Capability::DelayedRetry) {
            let told = format!("it came again after {waited} ms");
            expect::that(u128::from(waited) >= WAIT.as_millis(), &told)?;
        }
    }
    if ctx.doors()?.capabilities().has(Capability::DelayedRetry) {
        return Ok(());
    }
    Err(isobar::Error::unsupported(Capability::DelayedRetry).into())
}

async fn keep_their_order(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    let grouped = |body: &str, group: &str| WireMessage {
        group: Some(group.to_owned()),
        ..message(body)
    };
    let batch = [
        grouped("red 1", "red"),
        grouped(FAILS_ONCE, "red"),
        grouped("red 3", "red"),
        grouped("blue 1", "blue"),
    ];
    door.deliver(&batch).await?;
    let seen = deliveries(&*door, 5).await?;
    let bodies = |group: &str| -> Vec<_> {
        let of_group = seen
            .iter()
            .filter(|seen| seen.group.as_deref() == Some(group));
        of_group
            .map(|seen| String::from_utf8_lossy(&seen.body).into_owned())
            .collect()
    };
    let red = ["red 1", FAILS_ONCE, FAILS_ONCE, "red 3"].map(str::to_owned);
    expect::equal("the deliveries of one group", &bodies("red"), &red.to_vec())?;
    expect::equal(
        "those of the other",
        &bodies("blue"),
        &vec!["blue 1".to_owned()],
    )
}
