//! From spans of `tracing` to those of OTLP.

use std::sync::Arc;

use isobar::driver::function::INVOCATION;
use opentelemetry::InstrumentationScope;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::fields::Fields;
use super::recording::Recording;
use super::spans::Spans;

/// Records invocations and what is within them; their ids are those that handlers, logs and callers see.
#[derive(Debug)]
pub(crate) struct SpanLayer {
    spans: Arc<Spans>,
    scope: InstrumentationScope,
}

impl SpanLayer {
    pub(super) fn new(spans: Arc<Spans>) -> Self {
        let scope = InstrumentationScope::builder("isobar")
            .with_version(env!("CARGO_PKG_VERSION"))
            .build();
        Self { spans, scope }
    }

    fn keep(&self, ended: Option<Recording>) {
        if let Some(recording) = ended {
            let bytes = recording.bytes();
            self.spans.keep(recording.ended(&self.scope), bytes);
        }
    }

    /// What is recorded: portable operations, and what applications and libraries tell of at `info`.
    ///
    /// What tells of an export would be exported, and so on.
    pub(crate) fn filter() -> Targets {
        let mut targets = Targets::new()
            .with_default(LevelFilter::INFO)
            .with_target("isobar", LevelFilter::DEBUG);
        for own in ["opentelemetry", "hyper", "hyper_util", "h2", "rustls"] {
            targets = targets.with_target(own, LevelFilter::OFF);
        }
        targets
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for SpanLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let metadata = attributes.metadata();
        let recording = if metadata.target() == INVOCATION {
            Some(Recording::of_invocation(metadata.name()))
        } else {
            // What is within no invocation, or within one that is not sampled, is nobody's.
            let around = span.parent();
            around.and_then(|around| {
                let extensions = around.extensions();
                let around: &Recording = extensions.get()?;
                Some(around.child(metadata.name()))
            })
        };
        if let Some(mut recording) = recording {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            recording.take(fields);
            span.extensions_mut().insert(recording);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id).filter(is_recorded) else {
            return;
        };
        let mut fields = Fields::default();
        values.record(&mut fields);
        let mut extensions = span.extensions_mut();
        let Some(recording) = extensions.get_mut::<Recording>() else {
            return;
        };
        recording.take(fields);
        if recording.has_ended() {
            // Spans within it hold it for as long as they last, which may be longer than the answer took.
            let ended = extensions.remove::<Recording>();
            drop(extensions);
            self.keep(ended);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event).filter(is_recorded) else {
            return;
        };
        let mut fields = Fields::default();
        event.record(&mut fields);
        if let Some(recording) = span.extensions_mut().get_mut::<Recording>() {
            recording.note(event.metadata().level().as_str(), fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id);
        self.keep(span.and_then(|span| span.extensions_mut().remove::<Recording>()));
    }
}

fn is_recorded<'s, S: LookupSpan<'s>>(span: &SpanRef<'s, S>) -> bool {
    span.extensions().get::<Recording>().is_some()
}
