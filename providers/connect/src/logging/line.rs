//! One event with all that its line tells.

use std::time::SystemTime;

use isobar::function::Context;
use serde_json::{Map, Value};
use tracing::Level;

/// What a shape makes a line of.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) time: SystemTime,
    pub(super) level: Level,
    pub(super) target: String,
    pub(super) message: String,
    pub(super) fields: Map<String, Value>,
    /// The spans around it, the outermost first, each with its name and fields.
    pub(super) spans: Vec<Value>,
    /// The invocation in which it happened.
    pub(super) invocation: Option<Context>,
}

impl Line {
    /// The same with so much of the message, and without what else may be long.
    pub(super) fn cut(&self, most: usize) -> Self {
        let mut end = most.min(self.message.len());
        while !self.message.is_char_boundary(end) {
            end -= 1;
        }
        let message = self.message.get(..end).unwrap_or_default();
        let mut fields = Map::new();
        fields.insert("truncated".to_owned(), Value::Bool(true));
        Self {
            message: message.to_owned(),
            target: self.target.chars().take(128).collect(),
            fields,
            spans: Vec::new(),
            invocation: self.invocation.clone(),
            ..*self
        }
    }

    /// The time with so many digits of a second, in UTC, as RFC 3339 has it.
    pub(super) fn time(&self, digits: usize) -> String {
        jiff::Timestamp::try_from(self.time)
            .map_or_else(|_| String::new(), |time| format!("{time:.digits$}"))
    }
}
