//! Items as documents: a document's own fields under their own names, and the reserved ones.

use isobar::document::{CollectionSchema, Key, Map, SortKey, SortType, Timestamp, Version};
use isobar::driver::document::Record;
use isobar::driver::map_order as order;
use isobar::{Error, ErrorKind, Result};

use super::attribute::{Attribute, Attributes};
use super::value::{self, corrupt};

/// The version, a string (rule R8).
pub(crate) const REV: &str = "_rev";
/// The expiry, a number of seconds since the epoch, which DynamoDB's own TTL understands (R14).
pub(crate) const EXP: &str = "_exp";
/// The order of map entries, as [`map_order`](isobar::driver::map_order) records it (R20).
pub(crate) const ORD: &str = "_ord";
/// The format of the row, where it uses more than plain attributes (R24).
pub(crate) const FORMAT: &str = "_v";
/// The newest format this release writes and reads.
pub(crate) const NEWEST: i64 = 1;

/// The document of an item; its reserved fields are its own in an adopted table.
pub(crate) fn record<A: Attribute>(
    schema: &CollectionSchema,
    mut item: Attributes<A>,
) -> Result<Record> {
    let mut record = Record {
        fields: Map::new(),
        version: Version::absent(),
        expires_at: None,
    };
    let mut order = None;
    if !schema.adopted {
        if let Some(format) = item.remove(FORMAT) {
            check_format(&format)?;
        }
        record.version = stored_version(item.remove(REV).as_ref())?;
        record.expires_at = expiry(item.remove(EXP).as_ref())?;
        order = item.remove(ORD);
    }
    record.fields.reserve(item.len());
    for (name, value) in item {
        record.fields.insert(name, value::decode(value)?);
    }
    record.fields.sort_unstable_keys();
    if let Some(order) = order.as_ref().and_then(A::bytes) {
        order::restore(&mut record.fields, order);
    }
    Ok(record)
}

/// The document of an item that exists at `now` (rule R14).
pub(crate) fn live<A: Attribute>(
    schema: &CollectionSchema,
    now: Timestamp,
    item: Option<Attributes<A>>,
) -> Result<Option<Record>> {
    let record = item.map(|item| record(schema, item)).transpose()?;
    Ok(record.filter(|record| record.is_live(now)))
}

fn check_format<A: Attribute>(format: &A) -> Result<()> {
    let Some(text) = format.number() else {
        return Err(corrupt("the format field _v of a row is not a number"));
    };
    match text.parse::<i64>() {
        Ok(format) if format <= NEWEST => Ok(()),
        _ => Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "the row has format {text}, this release reads up to {NEWEST}: update the program"
            ),
        )),
    }
}

fn stored_version<A: Attribute>(stored: Option<&A>) -> Result<Version> {
    let Some(stored) = stored else {
        return Ok(Version::absent());
    };
    let token = stored.text();
    let token = token.ok_or_else(|| corrupt("the version field _rev of a row is not a string"))?;
    Version::parse(token).map_err(|_| corrupt("the version field _rev of a row is damaged"))
}

/// What the expiry attribute of an item says.
pub(crate) fn expiry<A: Attribute>(stored: Option<&A>) -> Result<Option<Timestamp>> {
    let Some(stored) = stored else {
        return Ok(None);
    };
    let digits = stored.number();
    let digits = digits.ok_or_else(|| corrupt("the expiry field _exp of a row is not a number"))?;
    let second = digits.parse::<i64>();
    let second =
        second.map_err(|_| corrupt("the expiry field _exp of a row is not whole seconds"))?;
    let micros = second.saturating_mul(1_000_000);
    Ok(Some(Timestamp::from_micros(micros)))
}

/// The key that the key attributes of an item name.
pub(crate) fn key_of<A: Attribute>(schema: &CollectionSchema, item: &Attributes<A>) -> Result<Key> {
    let partition = item.get(&schema.partition).and_then(A::text);
    let partition =
        partition.ok_or_else(|| corrupt("an item has no partition key of type string"))?;
    let sort = match &schema.sort {
        None => None,
        Some((name, sort_type)) => Some(sort_key(item.get(name), *sort_type)?),
    };
    Ok(Key {
        partition: partition.to_owned(),
        sort,
    })
}

/// The sort key that an attribute is.
pub(crate) fn sort_key<A: Attribute>(
    attribute: Option<&A>,
    sort_type: SortType,
) -> Result<SortKey> {
    let found = attribute.and_then(|attribute| match sort_type {
        SortType::Str => attribute.text().map(|text| SortKey::Str(text.to_owned())),
        SortType::I64 => attribute.number()?.parse().ok().map(SortKey::I64),
        SortType::Bytes => {
            let bytes = attribute.bytes()?;
            Some(SortKey::Bytes(bytes.to_vec().into()))
        }
    });
    found.ok_or_else(|| corrupt("an item has no sort key of the declared type"))
}
