//! A document as an entity, with its reserved properties.
//!
//! A field is a property of its own where one can hold it exactly; the others are CBOR, in binary
//! properties. In an adopted table each field must be a property, and keeps the type it has there.

use isobar::document::{CollectionSchema, Map, Timestamp, Value, Version};
use isobar::driver::document::Record;
use isobar::driver::map_order;
use isobar::{Error, ErrorKind, Result};
use serde_json::{Map as JsonMap, Value as Json};

use super::cbor;
use super::key::Address;
use super::property::{self, BINARY_BYTES, Property};

/// The version, text (rule R8).
const REV: &str = "_rev";
/// The expiry (R14): seconds, an `Edm.Int64`.
pub(super) const EXP: &str = "_exp";
/// The order of map entries (R20), bytes in as many properties as they need.
const ORD: &str = "_ord";
/// The format, where a row has packed fields (R24).
const FORMAT: &str = "_v";
/// The packed fields, bytes in as many properties as they need.
const PACKED: &str = "_doc";
/// True where fields are packed that could be properties, because there are too many.
pub(super) const WIDE: &str = "_wide";
/// The newest format this release writes and reads.
const NEWEST: i32 = 1;
/// Fields with a property of their own; the service takes 252 beside its own three.
const MOST_FIELDS: usize = 200;
const MOST_ADOPTED: usize = 252;
/// Properties that the packed fields of an entity can need.
const MOST_CHUNKS: usize = MOST_BYTES.div_ceil(BINARY_BYTES);
/// Bytes of an entity.
const MOST_BYTES: usize = 1 << 20;

pub(super) type Properties = JsonMap<String, Json>;

/// An entity as it was read.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) record: Record,
    /// What a later write can ask for.
    pub(super) etag: String,
    /// The properties as they are, in an adopted table.
    properties: Option<Properties>,
}

/// The properties of the document's entity, in place of what is stored.
pub(super) fn content(
    schema: &CollectionSchema,
    address: &Address,
    record: &Record,
    stored: Option<&Row>,
) -> Result<Properties> {
    let mut properties = keys(address);
    let fields = record.fields.iter();
    let fields = fields.filter(|(name, _)| !schema.is_key_field(name));
    if schema.adopted {
        let stored = stored.and_then(|row| row.properties.as_ref());
        adopted_fields(&mut properties, fields, stored)?;
    } else {
        own_fields(&mut properties, fields)?;
        reserved(schema, &mut properties, record);
    }
    let size = property::size(&properties);
    if size > MOST_BYTES {
        let what = "the size in bytes of the document as an entity of Azure Tables";
        let (limit, measured) = (MOST_BYTES as u64, size as u64);
        return Err(Error::over_limit(
            ErrorKind::TooLarge,
            what,
            limit,
            measured,
        ));
    }
    Ok(properties)
}

/// What is read of every entity, beside its keys.
pub(super) fn reserved_names() -> impl Iterator<Item = String> {
    [REV, EXP].into_iter().map(str::to_owned)
}

/// What is read where any field may be packed.
pub(super) fn packed_names() -> impl Iterator<Item = String> {
    let chunks = (0..MOST_CHUNKS).map(|at| chunk_name(PACKED, at));
    std::iter::once(FORMAT.to_owned()).chain(chunks)
}

/// An entity that stands for nothing: it has always been expired.
pub(super) fn placeholder(address: &Address) -> Properties {
    let mut properties = keys(address);
    let expiry = Property::of(&Value::Int(0));
    if let Some(expiry) = expiry {
        expiry.put(&mut properties, EXP);
    }
    properties
}

fn keys(address: &Address) -> Properties {
    let mut properties = Properties::new();
    properties.insert("PartitionKey".to_owned(), address.partition.clone().into());
    properties.insert("RowKey".to_owned(), address.row.clone().into());
    properties
}

fn own_fields<'f>(
    properties: &mut Properties,
    fields: impl Iterator<Item = (&'f String, &'f Value)>,
) -> Result<()> {
    let (mut packed, mut count, mut is_wide) = (Map::new(), 0, false);
    for (name, value) in fields {
        let is_free = property::is_name(name) && !is_reserved(name);
        let native = is_free.then(|| Property::of(value)).flatten();
        match native {
            Some(native) if count < MOST_FIELDS => {
                native.put(properties, name);
                count += 1;
            }
            found => {
                is_wide |= found.is_some();
                packed.insert(name.clone(), value.clone());
            }
        }
    }
    if packed.is_empty() {
        return Ok(());
    }
    put_chunks(properties, PACKED, &cbor::encode(&packed)?);
    if is_wide {
        properties.insert(WIDE.to_owned(), true.into());
    }
    Property::int32(NEWEST).put(properties, FORMAT);
    Ok(())
}

fn reserved(schema: &CollectionSchema, properties: &mut Properties, record: &Record) {
    if !record.version.is_absent() {
        Property::text(record.version.as_str()).put(properties, REV);
    }
    let seconds = record.expires_at.map(|at| Value::Int(at.as_seconds()));
    if let Some(seconds) = seconds.as_ref().and_then(Property::of) {
        seconds.put(properties, EXP);
    }
    let order = schema
        .preserve_order
        .then(|| map_order::record(&record.fields));
    if let Some(order) = order.flatten() {
        put_chunks(properties, ORD, &order);
    }
}

/// Whether this library keeps something of its own under the name, or under one that begins so.
pub(super) fn is_reserved(name: &str) -> bool {
    name.starts_with(PACKED) || name.starts_with(ORD) || name == WIDE
}

fn put_chunks(properties: &mut Properties, name: &str, bytes: &[u8]) {
    for (at, chunk) in bytes.chunks(BINARY_BYTES).enumerate() {
        Property::binary(chunk).put(properties, &chunk_name(name, at));
    }
}

fn chunk_name(name: &str, at: usize) -> String {
    match at {
        0 => name.to_owned(),
        at => format!("{name}{at}"),
    }
}

fn adopted_fields<'f>(
    properties: &mut Properties,
    fields: impl Iterator<Item = (&'f String, &'f Value)>,
    stored: Option<&Properties>,
) -> Result<()> {
    let mut count = 0;
    for (name, value) in fields {
        let native = property::is_name(name)
            .then(|| Property::of(value))
            .flatten();
        let native = native.ok_or_else(|| {
            let kind = value.kind_name();
            let message = format!(
                "no property of an adopted table can be called {name:?} and hold this {kind} exactly"
            );
            Error::new(ErrorKind::Unsupported, message)
        })?;
        if !put_as_stored(properties, name, value, stored) {
            native.put(properties, name);
        }
        count += 1;
    }
    if count > MOST_ADOPTED {
        let what = "the number of properties of an entity";
        let (limit, measured) = (MOST_ADOPTED as u64, count as u64);
        return Err(Error::over_limit(
            ErrorKind::LimitExceeded,
            what,
            limit,
            measured,
        ));
    }
    Ok(())
}

/// Keeps a property that has not changed as it is, and the width of a number that has; false where
/// neither can be.
fn put_as_stored(
    properties: &mut Properties,
    name: &str,
    value: &Value,
    stored: Option<&Properties>,
) -> bool {
    let Some((stored, json)) = stored.and_then(|stored| Some((stored, stored.get(name)?))) else {
        return false;
    };
    let edm = property::edm(stored, name);
    if property::value(name, json, edm).is_ok_and(|stored| stored == *value) {
        properties.insert(name.to_owned(), json.clone());
        if let Some((annotation, edm)) = stored.get_key_value(&format!("{name}@odata.type")) {
            properties.insert(annotation.clone(), edm.clone());
        }
        return true;
    }
    let is_int32 = matches!(edm, None | Some("Edm.Int32")) && json.is_i64();
    match value {
        Value::Int(number) if is_int32 => match i32::try_from(*number) {
            Ok(number) => {
                Property::int32(number).put(properties, name);
                true
            }
            Err(_) => false,
        },
        _ => false,
    }
}

/// The row that the service gave.
pub(super) fn row(
    schema: &CollectionSchema,
    properties: Properties,
    etag: Option<String>,
) -> Result<Row> {
    let etag = etag.or_else(|| properties.get("odata.etag")?.as_str().map(str::to_owned));
    let etag = etag.unwrap_or_default();
    let key = address(&properties)?.key(schema)?;
    let mut fields = key.fields(schema);
    if schema.adopted {
        for (name, value) in property::fields(&properties) {
            let value = property::value(name, value, property::edm(&properties, name))?;
            fields.entry(name.clone()).or_insert(value);
        }
        let record = Record {
            fields,
            version: Version::absent(),
            expires_at: None,
        };
        return Ok(Row {
            record,
            etag,
            properties: Some(properties),
        });
    }
    let is_packed = is_packed(&properties)?;
    for (name, value) in property::fields(&properties) {
        let is_ours = [REV, EXP, FORMAT].contains(&name.as_str())
            || name.starts_with(ORD)
            || is_packed && is_reserved(name);
        if !is_ours {
            let value = property::value(name, value, property::edm(&properties, name))?;
            fields.entry(name.clone()).or_insert(value);
        }
    }
    if is_packed {
        let packed = chunks(&properties, PACKED)?;
        fields.extend(cbor::decode(&packed).ok_or_else(|| damaged(PACKED))?);
    }
    if schema.preserve_order {
        // The service gives properties in whatever order.
        fields.sort_unstable_keys();
        map_order::restore(&mut fields, &chunks(&properties, ORD)?);
    }
    let record = Record {
        fields,
        version: version(&properties)?,
        expires_at: expiry(&properties)?,
    };
    Ok(Row {
        record,
        etag,
        properties: None,
    })
}

/// The keys of an entity that the service gave.
pub(super) fn address(properties: &Properties) -> Result<Address> {
    let key = |name| match properties.get(name) {
        Some(Json::String(text)) => Ok(text.clone()),
        _ => Err(damaged(name)),
    };
    Ok(Address {
        partition: key("PartitionKey")?,
        row: key("RowKey")?,
    })
}

fn is_packed(properties: &Properties) -> Result<bool> {
    let Some(format) = properties.get(FORMAT).filter(|format| !format.is_null()) else {
        return Ok(false);
    };
    let format = format.as_i64().ok_or_else(|| damaged(FORMAT))?;
    if format > i64::from(NEWEST) {
        let message = format!(
            "the document has format {format}, this release reads up to {NEWEST}: update the program"
        );
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    Ok(true)
}

fn chunks(properties: &Properties, name: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for at in 0.. {
        let name = chunk_name(name, at);
        let Some(chunk) = properties.get(&name).filter(|chunk| !chunk.is_null()) else {
            break;
        };
        match property::value(&name, chunk, property::edm(properties, &name)) {
            Ok(Value::Bytes(chunk)) => bytes.extend(chunk),
            _ => return Err(damaged(&name)),
        }
    }
    Ok(bytes)
}

fn version(properties: &Properties) -> Result<Version> {
    match properties.get(REV) {
        None | Some(Json::Null) => Ok(Version::absent()),
        Some(Json::String(token)) => {
            Version::parse(token.clone()).map_err(|error| damaged(REV).with_source(error))
        }
        Some(_) => Err(damaged(REV)),
    }
}

fn expiry(properties: &Properties) -> Result<Option<Timestamp>> {
    let Some(stored) = properties.get(EXP).filter(|stored| !stored.is_null()) else {
        return Ok(None);
    };
    match property::value(EXP, stored, property::edm(properties, EXP)) {
        Ok(Value::Int(seconds)) => {
            let micros = seconds.saturating_mul(1_000_000);
            Ok(Some(Timestamp::from_micros(micros)))
        }
        _ => Err(damaged(EXP)),
    }
}

fn damaged(property: &str) -> Error {
    let message =
        format!("the reserved property {property} of an entity has a value of another kind");
    Error::new(ErrorKind::Corrupt, message)
}

#[cfg(test)]
mod tests;
