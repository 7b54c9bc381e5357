//! Cases about schedules.

use isobar::Capability;

use crate::probe::ticks::{NIGHTLY, ticks};
use crate::{Case, Context, Failure, expect};

/// Every case about schedules.
pub(super) const CASES: &[Case] = &[Case::function(
    "G-260",
    "a tick comes under the name of its schedule, and again with the same id where it failed",
    "N12",
    |ctx| Box::pin(come_again(ctx)),
)
.needs(&[Capability::Schedules])];

async fn come_again(ctx: Context) -> Result<(), Failure> {
    let door = ctx.door().await?;
    door.tick(NIGHTLY).await?;
    let seen = ticks(&*door, 2).await?;
    expect::equal("how often it came", &seen.len(), &2)?;
    expect::equal("the schedule", &seen[0].name.as_str(), &NIGHTLY)?;
    expect::equal("the tick that came again", &seen[1], &seen[0])?;
    expect::that(seen[0].due > 0, "nobody told when it was due")
}
