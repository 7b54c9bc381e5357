//! The events that Lambda makes of the records of a stream of DynamoDB, with items in the format of
//! `docs/storage-format.md`.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html>

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::WireWrite;
use super::damage::NO_BASE64;
use crate::probe::{self, notes::Note};

/// A record that the stream still has.
#[derive(Debug)]
pub(super) struct StreamRecord {
    sequence: String,
    json: Value,
}

impl StreamRecord {
    /// Whether an answer names it.
    pub(super) fn is_one_of(&self, sequences: &[String]) -> bool {
        sequences.contains(&self.sequence)
    }
}

/// The event of a batch.
pub(super) fn event(records: &[StreamRecord]) -> Value {
    let records: Vec<_> = records.iter().map(|record| &record.json).collect();
    json!({ "Records": records })
}

/// The event of a change of a document whose bytes are no Base64.
pub(super) fn damaged() -> Value {
    let write = WireWrite {
        owner: "damaged".to_owned(),
        id: 1,
        content: Some(Note::sample("damaged", 1, 1)),
    };
    let mut event = event(&records(&[write]));
    event["Records"][0]["dynamodb"]["NewImage"]["digest"]["B"] = NO_BASE64.into();
    event
}

/// The records that the table's stream has of these writes, in their order.
pub(super) fn records(writes: &[WireWrite]) -> Vec<StreamRecord> {
    let mut stored = HashMap::new();
    let each = writes
        .iter()
        .zip(4_421_584_500_000_000_017_450_439_091_u128..);
    each.filter_map(|(write, number)| {
        let key = (&*write.owner, write.id);
        let new = write.content.as_ref().map(item);
        let old = match &new {
            Some(new) => stored.insert(key, new.clone()),
            // Of what was not there DynamoDB has no record.
            None => Some(stored.remove(&key)?),
        };
        let sequence = number.to_string();
        let json = record(write, &sequence, (new, old));
        Some(StreamRecord { sequence, json })
    })
    .collect()
}

fn record(write: &WireWrite, sequence: &str, (new, old): (Option<Value>, Option<Value>)) -> Value {
    let name = match (&new, &old) {
        (Some(_), None) => "INSERT",
        (Some(_), Some(_)) => "MODIFY",
        (None, _) => "REMOVE",
    };
    let mut told = json!({
        "ApproximateCreationDateTime": 1_796_083_200,
        "Keys": { "owner": { "S": write.owner }, "id": { "N": write.id.to_string() } },
        "SequenceNumber": sequence,
        "SizeBytes": 26,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    for (image, item) in [("NewImage", new), ("OldImage", old)] {
        if let Some(item) = item {
            told[image] = item;
        }
    }
    let table = probe::NOTES.name();
    json!({
        "eventID": format!("{:032x}", fastrand::u128(..)),
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": told,
        "eventSourceARN":
            format!("arn:aws:dynamodb:us-east-1:123456789012:table/{table}/stream/2026-11-30T00:00:00.000"),
    })
}

/// The item of a document.
fn item(note: &Note) -> Value {
    let number = |number: i64| json!({ "N": number.to_string() });
    let nested = note.nested.iter().map(|(name, numbers)| {
        let numbers: Vec<_> = numbers.iter().copied().map(number).collect();
        (name.clone(), json!({ "L": numbers }))
    });
    let nested: Map<String, Value> = nested.collect();
    let tags = note.tags.iter().map(|tag| json!({ "S": tag }));
    let nothing = match note.nothing {
        Some(flag) => json!({ "BOOL": flag }),
        None => json!({ "NULL": true }),
    };
    json!({
        "owner": { "S": note.owner },
        "id": number(note.id),
        "text": { "S": note.text },
        "count": number(note.count),
        "weight": { "N": note.weight.to_string() },
        "done": { "BOOL": note.done },
        "nothing": nothing,
        "digest": { "B": STANDARD.encode(&note.digest.0) },
        "at": { "M": { "$ts": number(note.at.as_micros()) } },
        "tags": { "L": tags.collect::<Vec<_>>() },
        "nested": { "M": nested },
        "_rev": { "S": format!("{:032x}", fastrand::u128(..)) },
        "_v": number(1),
    })
}
