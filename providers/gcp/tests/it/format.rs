//! What lies in Firestore, and that what others put there is read (docs/storage-format.md).

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use googleapis_tonic_google_firestore_v1::google::firestore::v1 as proto;
use isobar::document::{
    CollectionSpec, Condition, Map, PutOptions, Query, SortType, Timestamp, Update, Value,
};
use isobar::driver::SystemClock;
use isobar::{Collection, ErrorKind};
use isobar_gcp::FirestoreStore;
use isobar_gcp::config::Place;
use proto::value::ValueType;

use crate::emulator;

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str);

/// A database of its own.
struct Database {
    name: String,
    store: FirestoreStore,
    notes: Collection<Map>,
}

impl Database {
    fn fresh(project: &str) -> Self {
        let port = emulator::port();
        let url = format!("firestore://{project}?endpoint=http://127.0.0.1:{port}");
        let store = Place::parse(&url)
            .expect("it works")
            .open()
            .expect("it works");
        let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
        let driver = Arc::new(store.clone());
        let notes = Collection::new(driver, Arc::new(clock), &NOTES, "");
        let name = format!("projects/{project}/databases/(default)/documents");
        Self { name, store, notes }
    }

    /// Writes a document of the collection as any other program does.
    async fn put(&self, id: &str, fields: Vec<(&str, ValueType)>) {
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), plain(value)));
        let document = proto::Document {
            name: format!("{}/notes/{id}", self.name),
            fields: fields.collect(),
            ..proto::Document::default()
        };
        let request = proto::UpdateDocumentRequest {
            document: Some(document),
            ..proto::UpdateDocumentRequest::default()
        };
        self.store
            .client()
            .update_document(request)
            .await
            .expect("it works");
    }

    /// Reads one so.
    async fn fields(&self, id: &str) -> HashMap<String, Option<ValueType>> {
        let request = proto::GetDocumentRequest {
            name: format!("{}/notes/{id}", self.name),
            ..proto::GetDocumentRequest::default()
        };
        let found = self
            .store
            .client()
            .get_document(request)
            .await
            .expect("it works");
        let fields = found.into_inner().fields.into_iter();
        fields
            .map(|(name, value)| (name, value.value_type))
            .collect()
    }
}

fn plain(value: ValueType) -> proto::Value {
    let value_type = Some(value);
    proto::Value { value_type }
}

fn text(text: &str) -> ValueType {
    ValueType::StringValue(text.to_owned())
}

fn array(values: Vec<ValueType>) -> ValueType {
    let values = values.into_iter().map(plain).collect();
    ValueType::ArrayValue(proto::ArrayValue { values })
}

fn object(fields: Vec<(&str, ValueType)>) -> ValueType {
    let fields = fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), plain(value)));
    let fields = fields.collect();
    ValueType::MapValue(proto::MapValue { fields })
}

fn seconds(seconds: i64) -> ValueType {
    ValueType::TimestampValue(prost_types::Timestamp { seconds, nanos: 0 })
}

fn map(fields: &[(&str, Value)]) -> Map {
    let fields = fields.iter();
    let fields = fields.map(|(name, value)| ((*name).to_owned(), value.clone()));
    fields.collect()
}

/// One field of each kind that both sides know.
fn sample() -> (Map, Vec<(&'static str, ValueType)>) {
    let exact = (1 << 53) + 1;
    let ours = map(&[
        ("owner", "ann".into()),
        ("id", "1".into()),
        ("null", Value::Null),
        ("yes", true.into()),
        ("int", exact.into()),
        ("half", 0.5.into()),
        ("empty", "".into()),
        ("raw", Value::Bytes(Bytes::from_static(&[0, 255]))),
        ("at", Value::Timestamp(Timestamp::from_micros(5_000_000))),
        ("list", Value::List(vec![1.into(), "x".into()])),
        ("map", Value::Map(map(&[("a.b", 2.into())]))),
    ]);
    let theirs = vec![
        ("owner", text("ann")),
        ("id", text("1")),
        ("null", ValueType::NullValue(0)),
        ("yes", ValueType::BooleanValue(true)),
        ("int", ValueType::IntegerValue(exact)),
        ("half", ValueType::DoubleValue(0.5)),
        ("empty", text("")),
        ("raw", ValueType::BytesValue(vec![0, 255])),
        ("at", seconds(5)),
        ("list", array(vec![ValueType::IntegerValue(1), text("x")])),
        ("map", object(vec![("a.b", ValueType::IntegerValue(2))])),
    ];
    (ours, theirs)
}

#[tokio::test]
async fn other_code_reads_ours_as_native_fields() {
    let database = Database::fresh("ours");
    let (note, theirs) = sample();
    let at = Timestamp::from_micros(4_000_000_000_000_000);
    let options = PutOptions::default().with_expires_at(at);
    let version = database
        .notes
        .upsert_with(&note, options)
        .await
        .expect("it works");
    let mut found = database.fields("ann#1").await;
    assert_eq!(found.remove("_rev"), Some(Some(text(version.as_str()))));
    assert_eq!(found.remove("_exp"), Some(Some(seconds(4_000_000_000))));
    let expected = theirs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Some(value)));
    assert_eq!(
        found,
        expected.collect(),
        "and no format, since all is plain"
    );
}

#[tokio::test]
async fn a_document_that_other_code_wrote_is_read_and_has_no_version_until_we_write_it() {
    let database = Database::fresh("theirs");
    let (expected, theirs) = sample();
    database.put("ann#1", theirs).await;
    let notes = &database.notes;
    let item = notes.fetch(("ann", "1")).await.expect("it works");
    assert_eq!(item.value, expected);
    assert!(item.version.is_absent() && item.expires_at.is_none());
    let page = notes
        .query(&Query::partition("ann"))
        .await
        .expect("it works");
    assert_eq!(page.items[0].value, expected);
    let condition = Condition::version(&item.version);
    let options = PutOptions::default().with_condition(condition);
    let version = notes
        .replace_with(&expected, options.clone())
        .await
        .expect("it works");
    assert_eq!(
        notes.fetch(("ann", "1")).await.expect("it works").version,
        version
    );
    let error = notes.replace_with(&expected, options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
}

#[tokio::test]
async fn what_firestore_cannot_hold_is_marked_and_told_by_the_format() {
    let database = Database::fresh("marks");
    let nested = Value::List(vec![Value::List(vec![1.into()])]);
    let note = map(&[("owner", "ann".into()), ("id", "1".into()), ("n", nested)]);
    database.notes.create(&note).await.expect("it works");
    let found = database.fields("ann#1").await;
    assert_eq!(found["_v"], Some(ValueType::IntegerValue(1)));
    let inner = array(vec![ValueType::IntegerValue(1)]);
    let marked = array(vec![object(vec![("$l", inner)])]);
    assert_eq!(found["n"], Some(marked));
    assert_eq!(
        database
            .notes
            .fetch(("ann", "1"))
            .await
            .expect("it works")
            .value,
        note
    );
}

#[tokio::test]
async fn a_document_of_a_newer_format_is_neither_read_nor_changed() {
    let database = Database::fresh("newer");
    let fields = || {
        let format = ValueType::IntegerValue(2);
        vec![
            ("owner", text("ann")),
            ("id", text("1")),
            ("n", text("?")),
            ("_v", format),
        ]
    };
    database.put("ann#1", fields()).await;
    let notes = &database.notes;
    let update = notes.update(("ann", "1"), Update::new().set("n", 1)).await;
    for error in [
        notes.fetch(("ann", "1")).await.map(drop).unwrap_err(),
        notes
            .query(&Query::partition("ann"))
            .await
            .map(drop)
            .unwrap_err(),
        update.map(drop).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.to_string().contains("format 2"), "{error}");
    }
    let left = fields()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Some(value)));
    assert_eq!(database.fields("ann#1").await, left.collect());
}
