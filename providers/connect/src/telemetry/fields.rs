//! The fields of spans and events, read before anything is locked: the application's own code writes some of them.

use std::fmt::Debug;

use opentelemetry::{KeyValue, Value};
use tracing::field::{Field, Visit};

/// Longer text is cut: what a request sends must not fill the memory of whoever watches it.
const MOST_BYTES: usize = 4_096;

/// Fields in the order in which they were recorded.
#[derive(Debug, Default)]
pub(super) struct Fields(pub(super) Vec<(&'static str, Fact)>);

/// What a field holds.
#[derive(Debug)]
pub(super) enum Fact {
    Value(Value),
    Number(u64),
    Id(u128),
}

impl Fact {
    /// Numbers that have no place in OTLP's integers become text.
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Value(value) => value,
            Self::Number(number) => {
                i64::try_from(number).map_or_else(|_| number.to_string().into(), Value::from)
            }
            Self::Id(id) => id.to_string().into(),
        }
    }
}

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.push((field.name(), Fact::Value(value.into())));
    }

    /// The message of an event, and the rest as attributes.
    pub(super) fn into_event(self) -> (String, Vec<KeyValue>) {
        let (mut message, mut attributes) = (String::new(), Vec::new());
        for (name, fact) in self.0 {
            let value = fact.into_value();
            if name == "message" {
                message = value.to_string();
            } else {
                attributes.push(KeyValue::new(name, value));
            }
        }
        (message, attributes)
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.push((field.name(), Fact::Number(value)));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.0.push((field.name(), Fact::Id(value)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, short(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, short(&format!("{value:?}")));
    }
}

fn short(text: &str) -> String {
    let mut end = text.len().min(MOST_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}
