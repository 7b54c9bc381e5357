//! A document of ours as one of Firestore's, with its reserved fields.

use googleapis_tonic_google_firestore_v1::google::firestore::v1 as proto;
use isobar::document::{CollectionSchema, Key, Map, Timestamp, Version};
use isobar::driver::document::Record;
use isobar::driver::map_order;
use isobar::{Error, ErrorKind, Result};
use proto::value::ValueType;

use super::value::{self, Fields, Format, plain};

/// The version, a string (rule R8).
const REV: &str = "_rev";
/// The expiry (R14): a timestamp, for the TTL policy of a collection; seconds where none is so far.
pub(crate) const EXP: &str = "_exp";
/// The order of map entries (R20), bytes.
const ORD: &str = "_ord";
/// The format, where a document uses marks (R24); a list of it and bytes, where fields are apart.
const FORMAT: &str = "_v";
/// The newest format this release writes and reads.
const NEWEST: i64 = 1;

/// A document as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) record: Record,
    /// When it was last written, which a later write can ask for.
    pub(crate) update_time: Option<prost_types::Timestamp>,
}

/// The fields of the document in Firestore.
pub(crate) fn content(schema: &CollectionSchema, record: &Record) -> Result<Fields> {
    if schema.adopted {
        return value::encode(&record.fields, Format::Plain).map(|encoded| encoded.fields);
    }
    let encoded = value::encode(&record.fields, Format::Marked)?;
    let mut fields = encoded.fields;
    let mut reserve = |name: &str, value| fields.insert(name.to_owned(), plain(value));
    if !record.version.is_absent() {
        let token = record.version.as_str().to_owned();
        reserve(REV, ValueType::StringValue(token));
    }
    if let Some(at) = record.expires_at {
        let seconds = ValueType::IntegerValue(at.as_seconds());
        let at = value::instant(at.to_second()).map(ValueType::TimestampValue);
        reserve(EXP, at.unwrap_or(seconds));
    }
    if schema.preserve_order
        && let Some(order) = map_order::record(&record.fields)
    {
        reserve(ORD, ValueType::BytesValue(order));
    }
    if encoded.format == Format::Marked {
        let number = ValueType::IntegerValue(NEWEST);
        let format = match encoded.apart {
            None => number,
            Some(apart) => ValueType::ArrayValue(proto::ArrayValue {
                values: vec![plain(number), plain(ValueType::BytesValue(apart))],
            }),
        };
        reserve(FORMAT, format);
    }
    Ok(fields)
}

/// The document that Firestore gave.
pub(crate) fn row(schema: &CollectionSchema, document: proto::Document) -> Result<Row> {
    let update_time = document.update_time;
    let mut fields = document.fields;
    if schema.adopted {
        let record = Record {
            fields: value::decode(fields, Format::Plain)?,
            version: Version::absent(),
            expires_at: None,
        };
        return Ok(Row {
            record,
            update_time,
        });
    }
    let mut reserved = |name| fields.remove(name).and_then(|value| value.value_type);
    let (rev, exp, ord) = (reserved(REV), reserved(EXP), reserved(ORD));
    let (number, apart) = match reserved(FORMAT) {
        Some(ValueType::ArrayValue(list)) => {
            let mut values = list.values.into_iter().map(|value| value.value_type);
            (values.next().flatten(), values.next().flatten())
        }
        number => (number, None),
    };
    let format = format(number.as_ref())?;
    match apart {
        None => {}
        Some(ValueType::BytesValue(apart)) => fields.extend(value::unpack(apart)?),
        Some(_) => return Err(damaged(FORMAT)),
    }
    let mut fields = value::decode(fields, format)?;
    if let Some(ValueType::BytesValue(order)) = ord {
        map_order::restore(&mut fields, &order);
    }
    let record = Record {
        fields,
        version: version(rev)?,
        expires_at: expiry(exp.as_ref())?,
    };
    Ok(Row {
        record,
        update_time,
    })
}

fn format(stored: Option<&ValueType>) -> Result<Format> {
    match stored {
        None => Ok(Format::Plain),
        Some(ValueType::IntegerValue(format)) if *format <= NEWEST => Ok(Format::Marked),
        Some(ValueType::IntegerValue(newer)) => {
            let message = format!(
                "the document has format {newer}, this release reads up to {NEWEST}: update the \
                 program"
            );
            Err(Error::new(ErrorKind::Unsupported, message))
        }
        Some(_) => Err(damaged(FORMAT)),
    }
}

fn version(stored: Option<ValueType>) -> Result<Version> {
    match stored {
        None => Ok(Version::absent()),
        Some(ValueType::StringValue(token)) => {
            Version::parse(token).map_err(|error| damaged(REV).with_source(error))
        }
        Some(_) => Err(damaged(REV)),
    }
}

fn expiry(stored: Option<&ValueType>) -> Result<Option<Timestamp>> {
    match stored {
        None | Some(ValueType::NullValue(_)) => Ok(None),
        Some(ValueType::TimestampValue(at)) => Ok(Some(value::timestamp(at))),
        Some(ValueType::IntegerValue(seconds)) => {
            let micros = seconds.saturating_mul(1_000_000);
            Ok(Some(Timestamp::from_micros(micros)))
        }
        Some(_) => Err(damaged(EXP)),
    }
}

fn damaged(field: &str) -> Error {
    let message = format!("the reserved field {field} of a document has a value of another kind");
    Error::new(ErrorKind::Corrupt, message)
}

/// The key that the fields of a document say.
pub(crate) fn key(schema: &CollectionSchema, fields: &Map) -> Result<Key> {
    Key::of(fields, schema).map_err(|error| {
        let message = "a document of the collection has no key in its fields, other code wrote it";
        Error::new(ErrorKind::Corrupt, message).with_source(error)
    })
}
