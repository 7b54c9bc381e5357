//! A document of ours as an item of Cosmos DB, with its reserved properties.

use isobar::document::{CollectionSchema, Key, Map, SortType, Timestamp, Value, Version};
use isobar::driver::document::Record;
use isobar::driver::{map_order, sortable};
use isobar::{Error, ErrorKind, Result};
use serde_json::{Map as Object, Value as Json};

use super::name::{ID, Names};
use super::value::{self, Encoder, Format};

/// The version, text (rule R8).
const REV: &str = "_rev";
/// The expiry in seconds since 1970 (R14).
pub(crate) const EXP: &str = "_exp";
/// The order of map entries (R20), bytes in base32hex.
const ORD: &str = "_ord";
/// The format, where an item uses marks (R24).
pub(crate) const FORMAT: &str = "_v";
/// The newest format this release writes and reads.
const NEWEST: i64 = 1;
/// Cosmos DB's own property by which it removes an item, in seconds from its last write on.
const TTL: &str = "ttl";
/// How long an expired item stays, so that clocks that differ take no document away early.
const GRACE: i64 = 3_600;
/// The most seconds that `ttl` may be.
const LONGEST: i64 = 2_147_483_647;
/// The property that tells one state of an item from the next.
const ETAG: &str = "_etag";

/// A document as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) record: Record,
    /// Which state it was read in; a later write can ask for it.
    pub(crate) etag: String,
}

/// The item of a document.
pub(crate) fn item(
    names: &Names<'_>,
    key: &Key,
    record: &Record,
    now: Timestamp,
) -> Result<Object<String, Json>> {
    let schema = names.schema;
    let allowed = if schema.adopted {
        Format::Plain
    } else {
        Format::Marked
    };
    check_indexed(names, &record.fields)?;
    let mut encoder = Encoder::new(allowed);
    let mut fields = record.fields.clone();
    if names.is_carried(names.carrier().0) {
        fields.shift_remove(ID);
    } else if schema.adopted && fields.contains_key(ID) {
        let message = "the id of an item in Cosmos DB is its key: a document of an adopted \
                       container has no other field \"id\"";
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    let mut item = encoder.fields(&fields)?;
    item.insert(ID.to_owned(), names.id(key)?.into());
    if !schema.adopted {
        reserve(&mut item, schema, record, now);
        if encoder.used == Format::Marked {
            item.insert(FORMAT.to_owned(), NEWEST.into());
        }
    }
    Ok(item)
}

/// Refuses whole numbers that an index could not hold in their order.
fn check_indexed(names: &Names<'_>, fields: &Map) -> Result<()> {
    let schema = names.schema;
    for (field, sort_type) in schema
        .indexes
        .iter()
        .filter_map(|index| index.sort.as_ref())
    {
        if let Some(Value::Int(whole)) = fields.get(field)
            && *sort_type == SortType::I64
            && whole.unsigned_abs() >= value::ROUNDED
            && !names.is_carried(field)
        {
            return Err(Error::invalid(format!(
                "the field {field:?} is declared in an index, and Cosmos DB orders whole numbers \
                 below 2^53 only: {whole} is beyond"
            )));
        }
    }
    Ok(())
}

fn reserve(
    item: &mut Object<String, Json>,
    schema: &CollectionSchema,
    record: &Record,
    now: Timestamp,
) {
    if !record.version.is_absent() {
        item.insert(REV.to_owned(), record.version.as_str().into());
    }
    if let Some(at) = record.expires_at {
        let seconds = at.as_seconds();
        item.insert(EXP.to_owned(), seconds.into());
        let left = (seconds - now.as_seconds()).max(0) + GRACE;
        if left <= LONGEST {
            item.insert(TTL.to_owned(), left.into());
        }
    }
    if schema.preserve_order
        && let Some(order) = map_order::record(&record.fields)
    {
        item.insert(ORD.to_owned(), sortable::bytes(&order).into());
    }
}

/// The document of an item.
pub(crate) fn row(names: &Names<'_>, mut item: Object<String, Json>) -> Result<Row> {
    let schema = names.schema;
    let etag = match item.remove(ETAG) {
        Some(Json::String(etag)) => etag,
        _ => String::new(),
    };
    item.retain(|name, _| !value::is_system(name));
    let Some(Json::String(id)) = item.remove(ID) else {
        return Err(damaged(ID));
    };
    let record = if schema.adopted {
        let mut fields = value::decode(item, Format::Plain)?;
        let (carrier, _) = names.carrier();
        if names.is_carried(carrier) {
            fields.insert(ID.to_owned(), names.read_id(&id).to_value());
            fields.sort_unstable_keys();
        }
        Record {
            fields,
            version: Version::absent(),
            expires_at: None,
        }
    } else {
        own_record(names, &id, item)?
    };
    Ok(Row { record, etag })
}

fn own_record(names: &Names<'_>, id: &str, mut item: Object<String, Json>) -> Result<Record> {
    item.remove(TTL);
    let (rev, exp) = (item.remove(REV), item.remove(EXP));
    let (order, format) = (item.remove(ORD), item.remove(FORMAT));
    let mut fields = value::decode(item, read_format(format.as_ref())?)?;
    let (carrier, _) = names.carrier();
    if names.is_carried(carrier) || !fields.contains_key(carrier) {
        fields.insert(carrier.to_owned(), names.read_id(id).to_value());
    }
    fields.sort_unstable_keys();
    let order = order.as_ref().and_then(Json::as_str);
    if let Some(order) = order.and_then(sortable::read_bytes) {
        map_order::restore(&mut fields, &order);
    }
    Ok(Record {
        fields,
        version: version(rev)?,
        expires_at: expiry(exp.as_ref())?,
    })
}

fn read_format(stored: Option<&Json>) -> Result<Format> {
    match stored.map(Json::as_f64) {
        None => Ok(Format::Plain),
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        Some(Some(format)) if format <= NEWEST as f64 => Ok(Format::Marked),
        Some(Some(newer)) => {
            let message = format!(
                "the document has format {newer}, this release reads up to {NEWEST}: update the \
                 program"
            );
            Err(Error::new(ErrorKind::Unsupported, message))
        }
        Some(None) => Err(damaged(FORMAT)),
    }
}

fn version(stored: Option<Json>) -> Result<Version> {
    match stored {
        None => Ok(Version::absent()),
        Some(Json::String(token)) => {
            Version::parse(token).map_err(|error| damaged(REV).with_source(error))
        }
        Some(_) => Err(damaged(REV)),
    }
}

fn expiry(stored: Option<&Json>) -> Result<Option<Timestamp>> {
    let seconds = match stored {
        None | Some(Json::Null) => return Ok(None),
        Some(stored) => stored.as_f64().ok_or_else(|| damaged(EXP))?,
    };
    #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
    let seconds = seconds as i64;
    Ok(Some(Timestamp::from_micros(
        seconds.saturating_mul(1_000_000),
    )))
}

fn damaged(property: &str) -> Error {
    let message = format!("the property {property} of an item has a value of another kind");
    Error::new(ErrorKind::Corrupt, message)
}

/// The key that the fields of a document say.
pub(crate) fn key(schema: &CollectionSchema, fields: &Map) -> Result<Key> {
    Key::of(fields, schema).map_err(|error| {
        let message = "a document of the collection has no key in its fields, other code wrote it";
        Error::new(ErrorKind::Corrupt, message).with_source(error)
    })
}
