//! Cases about what comes damaged in the form in which its platform brings it.

use isobar::Capability;

use crate::door::{Damage, Door, WireMessage, WireRequest};
use crate::probe::inbox::deliveries;
use crate::probe::seen;
use crate::{Case, Context, Failure, expect};

/// Every case about what is damaged.
pub(super) const CASES: &[Case] = &[
    Case::function(
        "G-417",
        "an event with Base64 that is none is refused as malformed, and the next one is handled",
        "N11",
        |ctx| Box::pin(events_are_refused(ctx, Damage::Event)),
    )
    .needs(&[Capability::Messages]),
    Case::function(
        "G-418",
        "an event of another media type than it says, or of one that nobody reads, is refused as such, and the next one is \
         handled",
        "N11",
        |ctx| Box::pin(events_are_refused(ctx, Damage::MediaType)),
    )
    .needs(&[Capability::CloudEvents]),
    Case::gateway(
        "G-419",
        "content with Base64 that is none is refused as malformed where the platform packs it, and the next request is \
         answered",
        "N5",
        |ctx| Box::pin(content_is_refused(ctx)),
    ),
];

/// What a refusal says: by its code, by its type, or in words where the platform takes nothing else.
const MALFORMED: [&str; 3] = ["_malformed\"", "Isobar.InvalidArgument", "is malformed"];
const UNSUPPORTED: &str = "\"event_unsupported\"";

async fn is_refused(door: &dyn Door, damage: Damage) -> Result<(), Failure> {
    let heard = door.bring_damaged(damage).await?;
    let is_malformed = MALFORMED.iter().any(|text| heard.contains(text));
    let is_typed = match damage {
        Damage::MediaType => is_malformed || heard.contains(UNSUPPORTED),
        Damage::Content | Damage::Event => is_malformed,
    };
    let told = format!("the refusal does not say what is wrong: {heard}");
    expect::that(is_typed, &told)
}

async fn events_are_refused(ctx: Context, damage: Damage) -> Result<(), Failure> {
    let door = ctx.door().await?;
    is_refused(&*door, damage).await?;
    let whole = WireMessage {
        body: "whole".to_owned(),
        ..WireMessage::default()
    };
    door.deliver(&[whole]).await?;
    let seen = deliveries(&*door, 1).await?;
    let bodies = seen.iter().map(|seen| String::from_utf8_lossy(&seen.body));
    let bodies: Vec<_> = bodies.map(std::borrow::Cow::into_owned).collect();
    expect::equal("what was handled", &bodies, &vec!["whole".to_owned()])
}

async fn content_is_refused(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    is_refused(&*door, Damage::Content).await?;
    let next = WireRequest::new("POST", "/after").body("ok");
    let seen = seen(&*door, &next).await?;
    expect::equal("the length of the next content", &seen.length, &2)
}
