//! A span while it lasts.

use std::borrow::Cow;
use std::fmt::Debug;
use std::time::SystemTime;

use opentelemetry::trace::{
    Event, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::{
    IdGenerator as _, RandomIdGenerator, SpanData, SpanEvents, SpanLinks,
};
use tracing::field::{Field, Visit};

/// As `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` and `OTEL_SPAN_EVENT_COUNT_LIMIT` are by default.
const MOST: usize = 128;
/// Longer text is cut: what a request sends must not fill the memory of whoever watches it.
const MOST_BYTES: usize = 4_096;

/// What is known of a span so far.
#[derive(Debug)]
pub(super) struct Recording {
    name: Cow<'static, str>,
    trace_id: TraceId,
    span_id: SpanId,
    parent_id: SpanId,
    is_below_caller: bool,
    kind: SpanKind,
    status: Status,
    started: SystemTime,
    attributes: Vec<KeyValue>,
    dropped: u32,
    events: SpanEvents,
}

impl Recording {
    /// The span of an invocation, whose fields tell its ids.
    pub(super) fn of_invocation(name: &'static str) -> Self {
        let unknown = (TraceId::INVALID, SpanId::INVALID);
        Self::new(name, unknown, SpanId::INVALID)
    }

    /// A span within this one.
    pub(super) fn child(&self, name: &'static str) -> Self {
        let span_id = RandomIdGenerator::default().new_span_id();
        Self::new(name, (self.trace_id, span_id), self.span_id)
    }

    fn new(name: &'static str, (trace_id, span_id): (TraceId, SpanId), parent_id: SpanId) -> Self {
        Self {
            name: Cow::Borrowed(name),
            trace_id,
            span_id,
            parent_id,
            is_below_caller: false,
            kind: SpanKind::Internal,
            status: Status::Unset,
            started: SystemTime::now(),
            attributes: Vec::new(),
            dropped: 0,
            events: SpanEvents::default(),
        }
    }

    /// Something that happened while it lasted.
    pub(super) fn note(&mut self, event: &tracing::Event<'_>) {
        if self.events.events.len() >= MOST {
            self.events.dropped_count += 1;
            return;
        }
        let mut noted = Noted::default();
        event.record(&mut noted);
        let level = event.metadata().level().as_str();
        noted.attributes.push(KeyValue::new("level", level));
        let now = SystemTime::now();
        let event = Event::new(noted.message, now, noted.attributes, 0);
        self.events.events.push(event);
    }

    /// The span, which ends now.
    pub(super) fn ended(self, scope: &InstrumentationScope) -> SpanData {
        let (trace_id, span_id) = (self.trace_id, self.span_id);
        let flags = TraceFlags::SAMPLED;
        SpanData {
            span_context: SpanContext::new(trace_id, span_id, flags, false, TraceState::NONE),
            parent_span_id: self.parent_id,
            parent_span_is_remote: self.is_below_caller,
            span_kind: self.kind,
            name: self.name,
            start_time: self.started,
            end_time: SystemTime::now(),
            attributes: self.attributes,
            dropped_attributes_count: self.dropped,
            events: self.events,
            links: SpanLinks::default(),
            status: self.status,
            instrumentation_scope: scope.clone(),
        }
    }

    /// An attribute, or what is none: the fields by which spans tell their names, kinds and ends.
    fn set(&mut self, field: &Field, value: Value) {
        match (field.name(), &value) {
            ("otel.name", Value::String(name)) => {
                self.name = Cow::Owned(name.as_str().to_owned());
            }
            ("otel.kind", Value::String(kind)) => {
                self.kind = match kind.as_str() {
                    "server" => SpanKind::Server,
                    "client" => SpanKind::Client,
                    "consumer" => SpanKind::Consumer,
                    "producer" => SpanKind::Producer,
                    _ => SpanKind::Internal,
                };
            }
            ("otel.status_code", _) => self.status = Status::error(""),
            _ if self.attributes.len() >= MOST => self.dropped += 1,
            (name, _) => self.attributes.push(KeyValue::new(name, value)),
        }
    }
}

impl Visit for Recording {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "span_id" => self.span_id = SpanId::from(value),
            "parent_id" => {
                self.parent_id = SpanId::from(value);
                self.is_below_caller = true;
            }
            _ => self.set(field, number(value)),
        }
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        if field.name() == "trace_id" {
            self.trace_id = TraceId::from(value);
        } else {
            self.set(field, value.to_string().into());
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, short(value.to_owned()).into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, short(format!("{value:?}")).into());
    }
}

/// The fields of an event.
#[derive(Debug, Default)]
struct Noted {
    message: String,
    attributes: Vec<KeyValue>,
}

impl Visit for Noted {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.attributes.push(KeyValue::new(field.name(), value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attributes.push(KeyValue::new(field.name(), value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.attributes.push(KeyValue::new(field.name(), value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.attributes
            .push(KeyValue::new(field.name(), number(value)));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let text = short(value.to_owned());
        self.attributes.push(KeyValue::new(field.name(), text));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = short(format!("{value:?}"));
        if field.name() == "message" {
            self.message = text;
        } else {
            self.attributes.push(KeyValue::new(field.name(), text));
        }
    }
}

/// Those that have no place in OTLP's integers become text.
fn number(value: u64) -> Value {
    i64::try_from(value).map_or_else(|_| value.to_string().into(), Value::from)
}

fn short(mut text: String) -> String {
    if text.len() > MOST_BYTES {
        let mut end = MOST_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    text
}
