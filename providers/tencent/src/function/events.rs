//! What triggers of SCF bring, each told by the marks that it puts there.
//!
//! <https://www.tencentcloud.com/document/product/583/31439> has the events of all triggers. Those of CLS, MPS, MQTT and
//! others are refused as `Unsupported`.

mod ckafka;
mod cmq;
mod cos;
mod timer;

use isobar::{Capability, Result};
use isobar_serve::event::{Delivery, EventFacts, EventForm, EventSource, members};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny};
use serde_json::value::RawValue;

use crate::error::malformed;

/// The events that are decoded.
pub(crate) const EVENTS: EventFacts = EventFacts {
    sources: &[
        EventSource {
            wakes: Capability::Schedules,
            sender: "a timer trigger named `SCHEDULE` or `PREFIX-SCHEDULE`",
            form: EventForm::Request {
                mark: "a member `Type` of `Timer`",
                read: timer::tick,
            },
        },
        EventSource {
            wakes: Capability::BlobEvents,
            sender: "a COS trigger",
            form: EventForm::Items {
                mark: "members `Records`, each with `cos`",
                read: cos::records,
            },
        },
        EventSource {
            wakes: Capability::Messages,
            sender: "a trigger of CMQ topics",
            form: EventForm::Items {
                mark: "members `Records`, each with `CMQ`",
                read: cmq::messages,
            },
        },
        EventSource {
            wakes: Capability::Messages,
            sender: "a CKafka trigger",
            form: EventForm::Items {
                mark: "members `Records`, each with `Ckafka`",
                read: ckafka::messages,
            },
        },
    ],
    ..EventFacts::OWN
};

/// Which trigger has made a list of records: the one member that all of them have.
#[derive(Debug, Deserialize)]
struct Marks {
    #[serde(rename = "Records")]
    records: Vec<Mark>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Mark {
    cos: Option<IgnoredAny>,
    #[serde(rename = "CMQ")]
    cmq: Option<IgnoredAny>,
    #[serde(rename = "Ckafka")]
    ckafka: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct Records<'r> {
    #[serde(borrow, rename = "Records")]
    records: Vec<&'r RawValue>,
}

/// The records of a trigger, where all have its mark; `InvalidArgument` in the place of one that is malformed.
fn records<R: DeserializeOwned>(
    delivery: &Delivery,
    (is_marked, what): (fn(&Mark) -> bool, &str),
) -> Result<Option<Vec<Result<R>>>> {
    let marks = members::<Marks>(&delivery.body);
    let marks = marks.filter(|marks| !marks.records.is_empty());
    if !marks.is_some_and(|marks| marks.records.iter().all(is_marked)) {
        return Ok(None);
    }
    let malformed = |error| malformed(what, error);
    let told: Records<'_> = serde_json::from_slice(&delivery.body).map_err(malformed)?;
    let records = told.records.into_iter();
    let records = records.map(|record| serde_json::from_str(record.get()).map_err(malformed));
    Ok(Some(records.collect()))
}

/// A number or text, as text: the documents show both of the same members.
fn either<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<String, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(match value {
        serde_json::Value::String(text) => text,
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests;
