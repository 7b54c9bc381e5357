//! The one place that installs a subscriber: one line an event, in the shape that the platform reads.

mod fields;
mod layer;
mod level;
mod line;
mod shape;
mod text;

use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::Config;
use layer::LogLayer;
use shape::Shape;

/// Logs from here on; an earlier subscriber of the application stays. Within a runtime, which hears of changes.
pub(crate) fn install(config: &Config) {
    let (filter, change) = level::filter(config);
    let (shape, ignored) = Shape::of(config);
    let logs = LogLayer::new(shape).with_filter(filter);
    if tracing_subscriber::registry()
        .with(logs)
        .try_init()
        .is_err()
    {
        tracing::debug!("the application has installed its own subscriber");
        return;
    }
    if let Some(ignored) = ignored {
        tracing::warn!(target: "isobar", "{ignored}");
    }
    change.follow();
}
