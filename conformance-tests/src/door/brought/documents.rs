//! Changes of documents as Eventarc and the Functions host bring them, by `docs/storage-format.md`.

use std::collections::HashMap;

use googleapis_tonic_google_firestore_v1::google::firestore::v1 as proto;
use isobar::document::SortKey;
use isobar::driver::sortable;
use proto::value::ValueType;
use serde_json::{Value, json};

use super::{AT, PATH, Tried, invocation, quoted};
use crate::door::{WireRequest, WireWrite};
use crate::probe::NOTES;
use crate::probe::notes::Note;

/// When everything happens, in seconds.
const AT_SECOND: i64 = 1_796_007_600;
/// From here on doubles may round.
const ROUNDED: u64 = 1 << 53;

/// The name of the probe's collection.
fn table() -> &'static str {
    NOTES.name()
}

/// The event of Firestore that tells of a write, with the document that was there before.
pub(super) fn eventarc(write: &WireWrite, before: Option<&Note>, tried: Tried<'_>) -> WireRequest {
    let mut data = Vec::new();
    if let Some(note) = &write.content {
        prost::encoding::message::encode(1, &document(write, note), &mut data);
    }
    if let Some(note) = before {
        prost::encoding::message::encode(2, &document(write, note), &mut data);
    }
    WireRequest::new("POST", PATH)
        .header("ce-specversion", "1.0")
        .header("ce-type", "google.cloud.firestore.document.v1.written")
        .header(
            "ce-source",
            "//firestore.googleapis.com/projects/p/databases/(default)",
        )
        .header("ce-subject", format!("documents/{}/x", table()))
        .header("ce-id", tried.id)
        .header("ce-time", AT)
        .header("content-type", "application/protobuf")
        .body(data)
}

/// The same event with its data in JSON, as a trigger sends it that does not ask for Protocol Buffers.
pub(super) fn eventarc_in_json(tried: Tried<'_>) -> WireRequest {
    let write = WireWrite {
        owner: "damaged".to_owned(),
        id: 1,
        content: Some(Note::sample("damaged", 1, 1)),
    };
    let mut request = eventarc(&write, None, tried);
    request.headers.retain(|(name, _)| name != "content-type");
    let name = format!("projects/p/databases/(default)/documents/{}/x", table());
    let data = json!({ "value": { "name": name, "fields": {} } });
    request
        .header("content-type", "application/json")
        .body(data.to_string())
}

fn document(write: &WireWrite, note: &Note) -> proto::Document {
    let id = sortable::sort_text(&SortKey::I64(write.id));
    let at = prost_types::Timestamp {
        seconds: AT_SECOND,
        nanos: 0,
    };
    proto::Document {
        name: format!(
            "projects/p/databases/(default)/documents/{}/x#{id}",
            table()
        ),
        fields: fields(note),
        create_time: Some(at),
        update_time: Some(at),
    }
}

fn plain(value: ValueType) -> proto::Value {
    proto::Value {
        value_type: Some(value),
    }
}

fn list(values: impl Iterator<Item = ValueType>) -> ValueType {
    let values = values.map(plain).collect();
    ValueType::ArrayValue(proto::ArrayValue { values })
}

fn fields(note: &Note) -> HashMap<String, proto::Value> {
    let micros = note.at.as_micros();
    let at = prost_types::Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: i32::try_from(micros.rem_euclid(1_000_000) * 1_000).unwrap_or_default(),
    };
    let nested = note.nested.iter().map(|(name, numbers)| {
        let numbers = numbers.iter().copied().map(ValueType::IntegerValue);
        (name.clone(), plain(list(numbers)))
    });
    let nested = proto::MapValue {
        fields: nested.collect(),
    };
    let nothing = match note.nothing {
        Some(flag) => ValueType::BooleanValue(flag),
        None => ValueType::NullValue(0),
    };
    let tags = note.tags.iter().cloned().map(ValueType::StringValue);
    let fields = [
        ("owner", ValueType::StringValue(note.owner.clone())),
        ("id", ValueType::IntegerValue(note.id)),
        ("text", ValueType::StringValue(note.text.clone())),
        ("count", ValueType::IntegerValue(note.count)),
        ("weight", ValueType::DoubleValue(note.weight)),
        ("done", ValueType::BooleanValue(note.done)),
        ("nothing", nothing),
        ("digest", ValueType::BytesValue(note.digest.0.clone())),
        ("at", ValueType::TimestampValue(at)),
        ("tags", list(tags)),
        ("nested", ValueType::MapValue(nested)),
        ("_rev", ValueType::StringValue(format!("r-{}", note.count))),
    ];
    let fields = fields.into_iter();
    fields
        .map(|(name, value)| (name.to_owned(), plain(value)))
        .collect()
}

/// The invocation by a Cosmos DB trigger that tells of a write; there is none of a delete.
pub(super) fn change_feed(write: &WireWrite, _: Option<&Note>, tried: Tried<'_>) -> WireRequest {
    let items: Vec<Value> = write.content.iter().map(|note| item(note, tried)).collect();
    let documents = quoted(&Value::from(items).to_string());
    invocation(table(), "documents", &documents.into(), json!({}))
}

fn whole(number: i64) -> Value {
    if number.unsigned_abs() < ROUNDED {
        return number.into();
    }
    json!({ "_i": sortable::number(number) })
}

fn item(note: &Note, tried: Tried<'_>) -> Value {
    let nested = note.nested.iter().map(|(name, numbers)| {
        let numbers = numbers.iter().copied().map(whole);
        (name.clone(), numbers.collect::<Value>())
    });
    json!({
        "id": sortable::sort_text(&SortKey::I64(note.id)),
        "owner": note.owner,
        "text": note.text,
        "count": whole(note.count),
        "weight": note.weight,
        "done": note.done,
        "nothing": note.nothing,
        "digest": { "_b": sortable::bytes(&note.digest.0) },
        "at": { "_t": sortable::number(note.at.as_micros()) },
        "tags": note.tags,
        "nested": nested.collect::<Value>(),
        "_rev": format!("r-{}", note.count),
        "_v": 1,
        "_rid": "OdxQAJl+Qz8BAAAAAAAAAA==",
        "_self": "dbs/OdxQAA==/colls/OdxQAJl+Qz8=/docs/OdxQAJl+Qz8BAAAAAAAAAA==/",
        "_etag": quoted(tried.id),
        "_attachments": "attachments/",
        "_ts": AT_SECOND,
        "_lsn": 17,
    })
}
