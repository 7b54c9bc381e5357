//! Ticks of timer triggers.
//!
//! <https://www.tencentcloud.com/document/product/583/9708>

use isobar::Result;
use isobar_serve::event::{Arrived, Delivery, members};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tick {
    #[serde(rename = "Type")]
    kind: String,
    trigger_name: String,
    time: String,
}

/// A tick of the trigger's name, due at its time; its `Message` says nothing more.
pub(super) fn tick(delivery: &Delivery) -> Result<Option<Vec<Arrived>>> {
    let tick = members::<Tick>(&delivery.body);
    let Some(tick) = tick.filter(|tick| tick.kind == "Timer") else {
        return Ok(None);
    };
    let arrived = Arrived::tick(&tick.trigger_name, &tick.time, delivery.body.clone())?;
    Ok(Some(vec![arrived]))
}
