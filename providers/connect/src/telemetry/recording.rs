//! A span while it lasts.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::trace::{
    Event, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_sdk::trace::{
    IdGenerator as _, RandomIdGenerator, SpanData, SpanEvents, SpanLinks,
};

use super::fields::{Fact, Fields};

/// As `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` and `OTEL_SPAN_EVENT_COUNT_LIMIT` are by default.
const MOST: usize = 128;
/// What one span may keep in memory, about.
const MOST_BYTES: usize = 64 * 1024;
/// What a span takes that tells nothing, and an attribute or event of one beside its text; about, and rather more.
const BARE: usize = 512;
const EACH: usize = 64;

/// What is known of a span so far.
#[derive(Debug)]
pub(super) struct Recording {
    name: Cow<'static, str>,
    trace_id: TraceId,
    span_id: SpanId,
    parent_id: SpanId,
    is_invocation: bool,
    is_below_caller: bool,
    has_ended: bool,
    kind: SpanKind,
    status: Status,
    started: SystemTime,
    attributes: Vec<KeyValue>,
    dropped: u32,
    events: SpanEvents,
    bytes: usize,
}

impl Recording {
    /// The span of an invocation, whose fields tell its ids.
    pub(super) fn of_invocation(name: &'static str) -> Self {
        let unknown = (TraceId::INVALID, SpanId::INVALID);
        Self {
            is_invocation: true,
            ..Self::new(name, unknown, SpanId::INVALID)
        }
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
            is_invocation: false,
            is_below_caller: false,
            has_ended: false,
            kind: SpanKind::Internal,
            status: Status::Unset,
            started: SystemTime::now(),
            attributes: Vec::new(),
            dropped: 0,
            events: SpanEvents::default(),
            bytes: BARE,
        }
    }

    /// What it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether it was told to be over, whoever still holds it.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// What its fields tell.
    pub(super) fn take(&mut self, fields: Fields) {
        for (name, fact) in fields.0 {
            if !(self.is_invocation && self.is_own(name, &fact)) {
                self.set(name, fact.into_value());
            }
        }
    }

    /// Something that happened while it lasted.
    pub(super) fn note(&mut self, level: &'static str, fields: Fields) {
        let (message, mut attributes) = fields.into_event();
        attributes.push(KeyValue::new("level", level));
        let bytes = message.len() + attributes.iter().map(size).sum::<usize>() + EACH;
        if self.events.events.len() >= MOST || !self.has_room(bytes) {
            self.events.dropped_count += 1;
            return;
        }
        let event = Event::new(message, SystemTime::now(), attributes, 0);
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

    /// Takes what only invocations tell: their ids, and their end.
    fn is_own(&mut self, name: &str, fact: &Fact) -> bool {
        match (name, fact) {
            ("trace_id", Fact::Id(id)) => self.trace_id = TraceId::from(*id),
            ("span_id", Fact::Number(id)) => self.span_id = SpanId::from(*id),
            ("parent_id", Fact::Number(id)) => {
                self.parent_id = SpanId::from(*id);
                self.is_below_caller = true;
            }
            ("isobar.ended", _) => self.has_ended = true,
            _ => return false,
        }
        true
    }

    /// An attribute, or what is none: the fields by which spans tell their names, kinds and ends.
    fn set(&mut self, name: &'static str, value: Value) {
        match (name, &value) {
            ("otel.name", Value::String(name)) => {
                self.name = Cow::Owned(name.as_str().to_owned());
            }
            ("otel.kind", Value::String(kind)) => self.kind = kind_of(kind.as_str()),
            ("otel.status_code", Value::String(code)) => {
                self.status = match code.as_str().to_ascii_uppercase().as_str() {
                    "ERROR" => Status::error(""),
                    "OK" => Status::Ok,
                    _ => Status::Unset,
                };
            }
            _ => {
                let attribute = KeyValue::new(name, value);
                if self.attributes.len() < MOST && self.has_room(size(&attribute)) {
                    self.attributes.push(attribute);
                } else {
                    self.dropped += 1;
                }
            }
        }
    }

    fn has_room(&mut self, bytes: usize) -> bool {
        let fits = self.bytes + bytes <= MOST_BYTES;
        if fits {
            self.bytes += bytes;
        }
        fits
    }
}

fn kind_of(name: &str) -> SpanKind {
    match name {
        "server" => SpanKind::Server,
        "client" => SpanKind::Client,
        "consumer" => SpanKind::Consumer,
        "producer" => SpanKind::Producer,
        _ => SpanKind::Internal,
    }
}

fn size(attribute: &KeyValue) -> usize {
    let text = match &attribute.value {
        Value::String(text) => text.as_str().len(),
        _ => 0,
    };
    attribute.key.as_str().len() + text + EACH
}
