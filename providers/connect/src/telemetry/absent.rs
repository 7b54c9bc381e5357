//! No telemetry: the build left it out.

mod endpoint;

use isobar::function::AppService;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Identity;

use crate::config::Config;

/// Nothing makes one.
#[derive(Debug, Clone)]
pub(crate) enum Telemetry {}

/// Nothing makes one of these either.
#[derive(Debug)]
pub(crate) enum SpanLayer {}

impl SpanLayer {
    pub(crate) fn filter() -> Targets {
        Targets::new()
    }
}

impl Telemetry {
    /// Whoever asks for it is told what is missing.
    pub(crate) fn of(config: &Config, _: &'static str) -> Result<Option<Self>, String> {
        match endpoint::of(config) {
            None => Ok(None),
            Some(_) => Err(
                "an endpoint of OTLP is set, and the build left out who exports spans: enable the feature \"otlp\" of \
                 isobar-connect"
                    .to_owned(),
            ),
        }
    }

    pub(crate) fn layer(&self) -> Identity {
        match *self {}
    }

    pub(crate) fn over(&self, _: AppService) -> AppService {
        match *self {}
    }

    pub(crate) async fn end(&self) {
        match *self {}
    }
}
