//! What those who watch a program hear of its operations, and what they never do.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use isobar::document::{BatchWrite, Query, Update, Value, WriteSet};
use isobar::{Collection, ErrorKind};
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber as _;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context as Surroundings, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

use super::sample::{NOTES, note};
use crate::{Case, Context, Failure, expect};

pub(crate) const CASES: &[Case] = &[
    Case::document(
        "D-438",
        "each operation is a span of provider, operation, collection, items and outcome, and \
         neither it nor an event of it holds a key or a value",
        "R19",
        |ctx| Box::pin(spans(ctx)),
    ),
    Case::document(
        "D-439",
        "the span of a read or write of one document, and of a query, tells the units consumed \
         where the store does, else none",
        "R19",
        |ctx| Box::pin(units(ctx, &["create", "get", "update", "query", "delete"])),
    ),
    Case::document(
        "D-440",
        "the span of a batch and of a set tells the units consumed where the store does, else none",
        "R19",
        |ctx| Box::pin(units(ctx, &["get_batch", "write_batch", "commit"])),
    ),
];

/// In every key and every value of the case.
const SECRET: &str = "sesame";
/// Before the fields of the spans of operations.
const SPAN: &str = "isobar.operation ";

async fn spans(ctx: Context) -> Result<(), Failure> {
    let lines = heard(&ctx).await?;
    let leaks: Vec<_> = lines.iter().filter(|line| line.contains(SECRET)).collect();
    expect::equal("what is told of keys and values", &leaks, &Vec::new())?;
    let provider = ctx.provider_name()?;
    let spans = lines.iter().filter_map(|line| line.strip_prefix(SPAN));
    let spans: Vec<String> = spans.map(without_units).collect();
    let expected = [
        ("create", " items=1", "ok"),
        ("create", "", "AlreadyExists"),
        ("get", " items=1", "ok"),
        ("get", " items=0", "ok"),
        ("update", " items=1", "ok"),
        ("write_batch", " items=2", "ok"),
        ("commit", " items=2", "ok"),
        ("get_batch", " items=3", "ok"),
        ("query", " items=5", "ok"),
        ("delete", " items=1", "ok"),
    ];
    for (found, (operation, items, outcome)) in spans.iter().zip(expected) {
        let expected = format!(
            "provider={provider} operation=document.{operation} resource=notes{items} \
             outcome={outcome}"
        );
        expect::equal("the span", found, &expected)?;
    }
    expect::equal("the number of spans", &spans.len(), &expected.len())
}

async fn units(ctx: Context, operations: &[&str]) -> Result<(), Failure> {
    let lines = heard(&ctx).await?;
    for operation in operations {
        let named = format!("operation=document.{operation} ");
        let spans = lines.iter().filter(|line| line.starts_with(SPAN));
        // What a refused write has cost, not every store says.
        let spans = spans.filter(|line| line.contains(&named) && line.ends_with("outcome=ok"));
        let units: Vec<Option<f64>> = spans.map(|line| units_of(line)).collect();
        let all_told = units
            .iter()
            .all(|units| units.is_some() == ctx.names_units());
        // A read that finds nothing may be free.
        let total: f64 = units.iter().flatten().sum();
        let what = format!("the units of {operation} are {units:?}");
        let fits = all_told && !units.is_empty() && (total > 0.0) == ctx.names_units();
        expect::that(fits, &what)?;
    }
    Ok(())
}

/// What is told of one operation of each kind.
async fn heard(ctx: &Context) -> Result<Vec<String>, Failure> {
    let notes = ctx.collection(&NOTES).await?;
    let heard = Heard::default();
    let subscriber = Registry::default().with(heard.clone());
    operations(&notes).with_subscriber(subscriber).await?;
    Ok(heard.lines())
}

async fn operations(notes: &Collection<Value>) -> Result<(), Failure> {
    let secret = |id: &str| note(SECRET, &format!("{SECRET}-{id}"), [("text", SECRET.into())]);
    let key = |id: &str| (SECRET, format!("{SECRET}-{id}"));
    notes.create(&secret("1")).await?;
    let again = notes.create(&secret("1")).await;
    expect::kind("a second create", again, ErrorKind::AlreadyExists)?;
    notes.get(key("1")).await?;
    notes.get(key("2")).await?;
    let update = Update::new().set(format!("{SECRET}-field"), SECRET);
    notes.update(key("1"), update).await?;
    let batch = BatchWrite::new().upsert(&secret("2")).upsert(&secret("3"));
    for written in notes.write_batch(batch).await? {
        written?;
    }
    let set = WriteSet::new().create(&secret("4")).create(&secret("5"));
    notes.commit(SECRET, set).await?;
    notes.get_batch(["1", "2", "3", "9"].map(key)).await?;
    notes.query(&Query::partition(SECRET)).await?;
    notes.delete(key("1")).await?;
    Ok(())
}

fn units_of(line: &str) -> Option<f64> {
    let mut fields = line.split(' ');
    fields.find_map(|field| field.strip_prefix("consumed=")?.parse().ok())
}

fn without_units(fields: &str) -> String {
    let fields = fields.split(' ');
    let kept = fields.filter(|field| !field.starts_with("consumed="));
    kept.collect::<Vec<_>>().join(" ")
}

/// The spans and events of this library, each a line of its name and fields.
#[derive(Debug, Clone, Default)]
struct Heard(Arc<Mutex<Vec<Line>>>);

/// What it is a span of, where it is one, and its text.
type Line = (Option<Id>, String);

impl Heard {
    fn lines(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|(_, line)| line.clone()).collect()
    }

    fn add(&self, id: Option<Id>, name: &str, fields: impl FnOnce(&mut Fields)) {
        let mut line = Fields(name.to_owned());
        fields(&mut line);
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push((id, line.0));
    }
}

fn is_ours(target: &str) -> bool {
    target.starts_with("isobar")
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Heard {
    fn on_new_span(&self, span: &Attributes<'_>, id: &Id, _: Surroundings<'_, S>) {
        let metadata = span.metadata();
        if is_ours(metadata.target()) {
            let id = Some(id.clone());
            self.add(id, metadata.name(), |fields| span.record(fields));
        }
    }

    fn on_record(&self, id: &Id, more: &Record<'_>, _: Surroundings<'_, S>) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = lines.iter_mut().rev();
        if let Some((_, line)) = lines.find(|(of, _)| of.as_ref() == Some(id)) {
            let mut fields = Fields(std::mem::take(line));
            more.record(&mut fields);
            *line = fields.0;
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Surroundings<'_, S>) {
        let metadata = event.metadata();
        if is_ours(metadata.target()) {
            self.add(None, "event", |fields| event.record(fields));
        }
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Text takes whatever is written to it.
        let _ = write!(self.0, " {field}={value:?}");
    }
}
