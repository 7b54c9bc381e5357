//! The one place that installs a subscriber: one line an event, in the shape that the platform reads.

mod fields;
mod layer;
mod level;
mod line;
mod panics;
mod shape;
mod text;

use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::Config;
use crate::telemetry::{SpanLayer, Telemetry};
use layer::LogLayer;
use shape::Shape;

/// Logs from here on; an earlier subscriber of the application stays. Within a runtime, which hears of changes.
///
/// Returns what exports spans, where the configuration asks for it and nothing else is installed.
pub(crate) fn install(config: &Config, name: &'static str) -> Option<Telemetry> {
    let (filter, change) = level::filter(config);
    let (shape, ignored) = Shape::of(config);
    let logs = LogLayer::new(shape).with_filter(filter);
    let (telemetry, refused) = match Telemetry::of(config, name) {
        Ok(telemetry) => (telemetry, None),
        Err(why) => (None, Some(why)),
    };
    let spans = telemetry.as_ref();
    let spans = spans.map(|telemetry| telemetry.layer().with_filter(SpanLayer::filter()));
    if tracing_subscriber::registry()
        .with(logs)
        .with(spans)
        .try_init()
        .is_err()
    {
        tracing::debug!("the application has installed its own subscriber");
        return None;
    }
    panics::log();
    for complaint in ignored.iter().chain(&refused) {
        tracing::warn!(target: "isobar", "{complaint}");
    }
    change.follow();
    telemetry
}
