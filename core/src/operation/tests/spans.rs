//! What a subscriber sees of the operations.

use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The spans of our own while `work` runs, in order, each as the values of its fields.
pub(super) fn of(work: impl Future<Output = ()>) -> Vec<String> {
    let seen = Seen::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    tracing::subscriber::with_default(seen.clone(), || runtime.unwrap().block_on(work));
    let spans = seen.0.lock().unwrap();
    spans.clone()
}

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn add(&self, span: &Id, fields: impl FnOnce(&mut Values<'_>)) {
        let at = usize::try_from(span.into_u64() - 1).unwrap();
        fields(&mut Values(&mut self.0.lock().unwrap()[at]));
    }
}

impl Subscriber for Seen {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target() == "isobar"
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        assert_eq!(attributes.metadata().name(), "isobar.operation");
        let id = {
            let mut spans = self.0.lock().unwrap();
            spans.push(String::new());
            Id::from_u64(spans.len() as u64)
        };
        self.add(&id, |values| attributes.record(values));
        id
    }

    fn record(&self, span: &Id, fields: &Record<'_>) {
        self.add(span, |values| fields.record(values));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Values<'s>(&'s mut String);

impl Visit for Values<'_> {
    fn record_str(&mut self, _: &Field, value: &str) {
        self.record(value);
    }

    fn record_debug(&mut self, _: &Field, value: &dyn fmt::Debug) {
        self.record(&format!("{value:?}"));
    }
}

impl Values<'_> {
    fn record(&mut self, value: &str) {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        self.0.push_str(value);
    }
}
