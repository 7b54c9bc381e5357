//! Spans of invocations and of what they do, exported by OTLP where `OTEL_EXPORTER_OTLP_ENDPOINT` says to whom.

mod collector;
mod endpoint;
mod fields;
mod layer;
mod queue;
mod recording;
mod sampler;
mod spans;

use std::sync::Arc;

use isobar::driver::function::Flush;
use isobar::function::AppService;

use crate::config::Config;
use crate::platform::{self, Platform};
use collector::Collector;
pub(crate) use layer::SpanLayer;
use sampler::Sampler;
use spans::Spans;

/// What a process exports.
#[derive(Debug, Clone)]
pub(crate) struct Telemetry {
    spans: Arc<Spans>,
    flush: Flush,
}

impl Telemetry {
    /// What the standard variables ask for; `None` where they ask for nothing, and why where they cannot be followed.
    pub(crate) fn of(config: &Config, name: &'static str) -> Result<Option<Self>, String> {
        let Some(endpoint) = endpoint::of(config) else {
            return Ok(None);
        };
        let sampler = Sampler::of(config)?;
        let collector = Collector::of(config, &endpoint, name)?;
        let spans = Arc::new(Spans::new(sampler, collector));
        let flush = when(config);
        Ok(Some(Self { spans, flush }))
    }

    /// Takes what happens within spans.
    pub(crate) fn layer(&self) -> SpanLayer {
        SpanLayer::new(Arc::clone(&self.spans))
    }

    /// Tells what happens in the application, and now and then by itself.
    pub(crate) fn over(&self, service: AppService) -> AppService {
        if self.flush == Flush::InBackground {
            tokio::spawn(Arc::clone(&self.spans).tell_now_and_then());
        }
        service.with_telemetry(Arc::clone(&self.spans) as _, self.flush)
    }

    /// Tells the last of it.
    pub(crate) async fn end(&self) {
        self.spans.end().await;
    }
}

/// By whether processes of the platform run between invocations.
fn when(config: &Config) -> Flush {
    match platform::detect(config) {
        Ok(Platform::Lambda) => Flush::ByPlatform,
        Ok(Platform::Http(served)) if !served.runs_between() => Flush::BeforeAnswer,
        Ok(Platform::Local | Platform::Http(_)) | Err(_) => Flush::InBackground,
    }
}

#[cfg(all(test, feature = "local"))]
mod tests;
