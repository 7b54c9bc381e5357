//! From an event to its line.

use std::io::{self, Write as _};
use std::time::SystemTime;

use isobar::driver::function::INVOCATION;
use isobar::function::Context as Invocation;
use serde_json::{Map, Value};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::fields::Fields;
use super::line::Line;
use super::shape::Shape;

/// Writes a line for each event, with the ids of the invocation in which it happens.
#[derive(Debug)]
pub(super) struct LogLayer {
    shape: Shape,
}

impl LogLayer {
    pub(super) fn new(shape: Shape) -> Self {
        Self { shape }
    }

    /// Nobody is left to tell where a stream is closed, and an application goes on without its logs.
    fn write(&self, line: Line) {
        let is_for_output = self.shape.is_for_output(line.level);
        let text = self.shape.text_of(line);
        let bytes = text.as_bytes();
        let written = if is_for_output {
            let mut output = io::stdout().lock();
            output.write_all(bytes).and_then(|()| output.flush())
        } else {
            io::stderr().lock().write_all(bytes)
        };
        drop(written);
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for LogLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        // Every line tells the ids of its invocation anyway.
        if attributes.metadata().target() == INVOCATION {
            return;
        }
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if span.extensions().get::<Fields>().is_none() {
            return;
        }
        // What the application writes of its values may log, and panic: nothing is locked meanwhile.
        let mut told = Fields::default();
        values.record(&mut told);
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            fields.others.append(&mut told.others);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let around = context.event_scope(event);
        let spans = around.into_iter().flat_map(Scope::from_root);
        let spans = spans.filter(|span| span.metadata().target() != INVOCATION);
        let spans = spans.map(|span| {
            let mut shown = Map::new();
            shown.insert("name".to_owned(), span.name().into());
            if let Some(fields) = span.extensions().get::<Fields>() {
                let fields = fields.others.iter();
                shown.extend(fields.map(|(name, value)| match name.as_str() {
                    "name" => ("fields.name".to_owned(), value.clone()),
                    _ => (name.clone(), value.clone()),
                }));
            }
            Value::Object(shown)
        });
        let metadata = event.metadata();
        self.write(Line {
            time: SystemTime::now(),
            level: *metadata.level(),
            target: metadata.target().to_owned(),
            message: fields.message,
            fields: fields.others,
            spans: spans.collect(),
            invocation: Invocation::current(),
        });
    }
}
