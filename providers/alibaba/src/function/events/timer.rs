//! Ticks of timer triggers.
//!
//! <https://www.alibabacloud.com/help/en/functioncompute/fc/user-guide/time-triggers>

use isobar::Result;
use isobar_serve::event::{Arrived, Delivery, members};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tick {
    trigger_time: String,
    trigger_name: String,
}

/// A tick of the trigger's name, due at its time; its `payload` says nothing more.
pub(super) fn tick(delivery: &Delivery) -> Result<Option<Vec<Arrived>>> {
    let Some(tick) = members::<Tick>(&delivery.body) else {
        return Ok(None);
    };
    let (name, due) = (&tick.trigger_name, &tick.trigger_time);
    let arrived = Arrived::tick(name, due, delivery.body.clone())?;
    Ok(Some(vec![arrived]))
}
