//! Changes of documents as a trigger: declared, refused at start, and typed for their handler.

use std::future::ready;
use std::sync::Mutex;
use std::time::SystemTime;

use serde::Deserialize;

use super::*;
use crate::capability::Capabilities;
use crate::document::{
    ChangeKind, DeleteCause, DocumentChange, Key, Map, Timestamp, Value, Version,
};
use crate::driver::SystemClock;
use crate::driver::document::{Record, RecordChange};
use crate::driver::function::FunctionDescription;
use crate::function::{Context, RequestId};

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Note {
    owner: String,
    stars: i64,
}

const NOTES: CollectionSpec<Note> = CollectionSpec::new("notes")
    .partition("owner")
    .change_feed();
const SILENT: CollectionSpec<Note> = CollectionSpec::new("silent").partition("owner");

type Heard = Arc<Mutex<Vec<(String, ChangeEvent<Note>)>>>;

fn app() -> App<Heard> {
    App::new("test", |_| Ok(Heard::default())).collection(&NOTES)
}

fn hear(heard: &Heard, event: Event<ChangeEvent<Note>>) -> Outcome {
    heard.lock().unwrap().push((event.event_type, event.data));
    Outcome::Ack
}

fn built(app: App<Heard>, capabilities: &[Capability]) -> Result<AppService> {
    let platform = FunctionDescription {
        provider: "test",
        capabilities: Capabilities::of(capabilities),
    };
    let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
    let environment = Environment::builder(platform, Arc::new(clock)).document_prefix("test-");
    app.build(&environment.build())
}

fn change(table: &str, kind: ChangeKind, stars: impl Into<Value>) -> DocumentChange {
    let fields: Map = [("owner", Value::from("ann")), ("stars", stars.into())]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let record = Record {
        fields,
        version: Version::parse("v1").unwrap(),
        expires_at: None,
    };
    let change = RecordChange {
        id: "7".to_owned(),
        key: Key::partition("ann"),
        kind,
        new: (kind == ChangeKind::Upsert).then_some(record),
        old: None,
        at: Timestamp::from_micros(5),
    };
    DocumentChange::new(table, change)
}

fn event(change: DocumentChange) -> Event {
    let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
    let context = Context::new(RequestId::from_platform("id"), None, Arc::new(clock));
    Event::new(change, context)
}

#[tokio::test]
async fn a_change_reaches_the_handler_of_its_table_as_the_type_of_its_collection() {
    let heard = Heard::default();
    let state = Arc::clone(&heard);
    let app = App::new("test", move |_| Ok(state));
    let app = app.on_change(&NOTES, |heard, event| ready(Ok(hear(&heard, event))));
    let app = built(app, &[Capability::ChangeEvents]).unwrap();
    let tables: Vec<_> = app
        .watched_collections()
        .map(|schema| schema.table)
        .collect();
    assert_eq!(tables, ["test-notes"]);
    assert_eq!(app.watched_collection("prod-notes").unwrap().name, "notes");
    let stored = event(change("test-notes", ChangeKind::Upsert, 5));
    assert_eq!(stored.source, "collection/test-notes");
    assert_eq!(stored.time, SystemTime::from(Timestamp::from_micros(5)));
    assert_eq!(app.handle(stored).await.unwrap(), Outcome::Ack);
    let expired = ChangeKind::Delete(DeleteCause::Expired);
    let expired = event(change("prod-notes", expired, 5));
    assert_eq!(app.handle(expired).await.unwrap(), Outcome::Ack);
    let heard = std::mem::take(&mut *heard.lock().unwrap());
    let new: Vec<_> = heard
        .iter()
        .map(|(_, change)| change.new.as_ref())
        .collect();
    let note = Note {
        owner: "ann".to_owned(),
        stars: 5,
    };
    assert_eq!(new[0].map(|item| &item.value), Some(&note));
    assert_eq!(new[0].map(|item| item.version.as_str()), Some("v1"));
    assert_eq!(new[1], None);
    let types: Vec<_> = heard.iter().map(|(event_type, _)| &**event_type).collect();
    assert_eq!(types, ["isobar.document.stored", "isobar.document.deleted"]);
    let other = event(change("test-letters", ChangeKind::Upsert, 5));
    let error = app.handle(other).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("\"test-letters\""), "{error}");
}

#[tokio::test]
async fn a_document_that_is_not_of_the_type_is_an_error_and_no_call() {
    let app = app().on_change(&NOTES, |_, _| async { panic!("it is called") });
    let app = built(app, &[Capability::ChangeEvents]).unwrap();
    let wrong = event(change("test-notes", ChangeKind::Upsert, "many"));
    let error = app.handle(wrong).await.unwrap_err();
    assert_ne!(error.kind(), ErrorKind::Internal);
    assert!(!error.to_string().contains("it is called"), "{error}");
}

#[test]
fn an_application_is_refused_where_nobody_could_wake_it() {
    let watching = |spec| app().on_change(spec, |heard, event| ready(Ok(hear(&heard, event))));
    let error = built(watching(&NOTES), &[Capability::BlobEvents]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("change-events"), "{error}");
    let refused = |app| {
        built(app, &[Capability::ChangeEvents])
            .unwrap_err()
            .to_string()
    };
    let silent = refused(watching(&SILENT));
    assert!(
        silent.contains("\"silent\"") && silent.contains(".change_feed()"),
        "{silent}"
    );
    let twice = watching(&NOTES).on_change(&NOTES, |heard, event| ready(Ok(hear(&heard, event))));
    let twice = refused(twice);
    assert!(
        twice.contains("second handler for the changes of \"notes\""),
        "{twice}"
    );
}

#[test]
fn what_wakes_an_application_is_described() {
    let app = app().on_change(&NOTES, |heard, event| ready(Ok(hear(&heard, event))));
    let description = serde_json::to_value(app.describe()).unwrap();
    assert_eq!(description["changeTriggers"], serde_json::json!(["notes"]));
}

#[test]
fn a_table_with_a_name_of_its_own_is_watched_under_that_name() {
    const OWN: CollectionSpec<Note> = CollectionSpec::new("notes").table("notes").change_feed();
    let app = app().on_change(&OWN, |heard, event| ready(Ok(hear(&heard, event))));
    let app = built(app, &[Capability::ChangeEvents]).unwrap();
    let tables: Vec<_> = app
        .watched_collections()
        .map(|schema| schema.table)
        .collect();
    assert_eq!(tables, ["notes"]);
    assert_eq!(app.watched_collection("notes").unwrap().name, "notes");
    let described = self::app().collection(&OWN).describe();
    let described = serde_json::to_value(described).unwrap();
    let collections = &described["collections"];
    assert_eq!(collections[0]["named"], false);
    assert_eq!(collections[1]["named"], true);
}

#[test]
fn the_very_name_of_a_table_goes_before_a_longer_one_that_it_ends_with() {
    const PREFIXED: CollectionSpec<Note> = CollectionSpec::new("test-notes").change_feed();
    let app = app()
        .on_change(&NOTES, |heard, event| ready(Ok(hear(&heard, event))))
        .on_change(&PREFIXED, |heard, event| ready(Ok(hear(&heard, event))));
    let app = built(app, &[Capability::ChangeEvents]).unwrap();
    let of = |table: &str| app.watched_collection(table).unwrap().name;
    assert_eq!(
        (of("test-notes"), of("test-test-notes")),
        ("notes", "test-notes")
    );
    assert_eq!(
        (of("prod-notes"), of("prod-test-notes")),
        ("notes", "test-notes")
    );
}
