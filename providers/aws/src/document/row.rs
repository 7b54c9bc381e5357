//! A document as a DynamoDB item: its own fields under their own names, and the reserved ones.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use isobar::document::{CollectionSchema, Key, Map, SortKey, SortType, Timestamp, Version};
use isobar::driver::document::{Call, Record};
use isobar::driver::map_order as order;
use isobar::{Error, ErrorKind, Result};

use super::value::{self, Encoding, corrupt};

pub(super) type Item = HashMap<String, AttributeValue>;

/// The version, a string (rule R8).
pub(super) const REV: &str = "_rev";
/// The expiry, a number of seconds since the epoch, which DynamoDB's own TTL understands (R14).
pub(super) const EXP: &str = "_exp";
/// The order of map entries, as [`map_order`](isobar::driver::map_order) records it (R20).
pub(super) const ORD: &str = "_ord";
/// The format of the row, where it uses more than plain attributes (R24).
pub(super) const FORMAT: &str = "_v";
/// The newest format this release writes and reads.
pub(super) const NEWEST: i64 = 1;

/// A document and what a put stores beside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Content<'w> {
    pub(super) fields: &'w Map,
    pub(super) version: &'w Version,
    pub(super) expires_at: Option<Timestamp>,
}

/// The whole item of a document.
pub(super) fn item(schema: &CollectionSchema, content: Content<'_>) -> Result<Item> {
    let mut encoding = Encoding::default();
    let mut item = content
        .fields
        .iter()
        .map(|(name, value)| Ok((name.clone(), value::encode(value, &mut encoding)?)))
        .collect::<Result<Item>>()?;
    if schema.adopted {
        return Ok(item);
    }
    item.insert(REV.to_owned(), version(content.version));
    if let Some(at) = content.expires_at {
        item.insert(EXP.to_owned(), seconds(at));
    }
    if let Some(order) = order_of(schema, content.fields) {
        item.insert(ORD.to_owned(), order);
    }
    if encoding == Encoding::Marked {
        item.insert(FORMAT.to_owned(), number(NEWEST));
    }
    Ok(item)
}

/// What is stored of the order of map entries, where the collection asks for it.
pub(super) fn order_of(schema: &CollectionSchema, fields: &Map) -> Option<AttributeValue> {
    let order = schema.preserve_order.then(|| order::record(fields))??;
    Some(AttributeValue::B(Blob::new(order)))
}

/// The document of an item; its reserved fields are its own in an adopted table.
pub(super) fn record(schema: &CollectionSchema, mut item: Item) -> Result<Record> {
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
        record.version = stored_version(item.remove(REV))?;
        record.expires_at = expiry(item.remove(EXP).as_ref())?;
        order = item.remove(ORD);
    }
    record.fields.reserve(item.len());
    for (name, value) in item {
        record.fields.insert(name, value::decode(value)?);
    }
    record.fields.sort_unstable_keys();
    if let Some(AttributeValue::B(order)) = order {
        order::restore(&mut record.fields, order.as_ref());
    }
    Ok(record)
}

/// The document of an item that exists at `now` (rule R14).
pub(super) fn live(
    schema: &CollectionSchema,
    now: Timestamp,
    item: Option<Item>,
) -> Result<Option<Record>> {
    let record = item.map(|item| record(schema, item)).transpose()?;
    Ok(record.filter(|record| record.is_live(now)))
}

/// The item where its document exists at the instant of the call (rule R14).
pub(super) fn if_live(call: &Call<'_>, item: Item) -> Result<Option<Item>> {
    if call.schema.adopted {
        return Ok(Some(item));
    }
    let expires_at = expiry(item.get(EXP))?;
    Ok(expires_at.is_none_or(|at| at > call.now).then_some(item))
}

fn check_format(format: &AttributeValue) -> Result<()> {
    let AttributeValue::N(text) = format else {
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

fn stored_version(stored: Option<AttributeValue>) -> Result<Version> {
    match stored {
        None => Ok(Version::absent()),
        Some(AttributeValue::S(token)) => {
            Version::parse(token).map_err(|_| corrupt("the version field _rev of a row is damaged"))
        }
        Some(_) => Err(corrupt("the version field _rev of a row is not a string")),
    }
}

fn expiry(stored: Option<&AttributeValue>) -> Result<Option<Timestamp>> {
    match stored {
        None => Ok(None),
        Some(AttributeValue::N(text)) => match text.parse::<i64>() {
            Ok(second) => Ok(Some(Timestamp::from_micros(
                second.saturating_mul(1_000_000),
            ))),
            Err(_) => Err(corrupt(
                "the expiry field _exp of a row is not whole seconds",
            )),
        },
        Some(_) => Err(corrupt("the expiry field _exp of a row is not a number")),
    }
}

/// The key attributes of a document.
pub(super) fn key_item(schema: &CollectionSchema, key: &Key) -> Item {
    let partition = AttributeValue::S(key.partition.clone());
    let mut item = Item::from([(schema.partition.clone(), partition)]);
    if let (Some((name, _)), Some(sort)) = (&schema.sort, &key.sort) {
        item.insert(name.clone(), sort_attribute(sort));
    }
    item
}

/// The key that the key attributes of an item name.
pub(super) fn key_of(schema: &CollectionSchema, item: &Item) -> Result<Key> {
    let Some(AttributeValue::S(partition)) = item.get(&schema.partition) else {
        return Err(corrupt("an item has no partition key of type string"));
    };
    let sort = match &schema.sort {
        None => None,
        Some((name, sort_type)) => Some(sort_key(item.get(name), *sort_type)?),
    };
    Ok(Key {
        partition: partition.clone(),
        sort,
    })
}

pub(super) fn sort_key(attribute: Option<&AttributeValue>, sort_type: SortType) -> Result<SortKey> {
    let found = match (attribute, sort_type) {
        (Some(AttributeValue::S(text)), SortType::Str) => Some(SortKey::Str(text.clone())),
        (Some(AttributeValue::N(text)), SortType::I64) => text.parse().ok().map(SortKey::I64),
        (Some(AttributeValue::B(blob)), SortType::Bytes) => {
            Some(SortKey::Bytes(blob.as_ref().to_vec().into()))
        }
        _ => None,
    };
    found.ok_or_else(|| corrupt("an item has no sort key of the declared type"))
}

/// A key by reference, so that items are found by it without a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct KeyRef<'k> {
    partition: &'k str,
    sort: Option<SortRef<'k>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum SortRef<'k> {
    Str(&'k str),
    I64(i64),
    Bytes(&'k [u8]),
}

impl<'k> KeyRef<'k> {
    pub(super) fn of(key: &'k Key) -> Self {
        let sort = key.sort.as_ref().map(|sort| match sort {
            SortKey::Str(text) => SortRef::Str(text),
            SortKey::I64(number) => SortRef::I64(*number),
            SortKey::Bytes(bytes) => SortRef::Bytes(bytes),
        });
        Self {
            partition: &key.partition,
            sort,
        }
    }

    /// That of an item; nothing where its key attributes have other types than declared.
    pub(super) fn of_item(schema: &CollectionSchema, item: &'k Item) -> Option<Self> {
        let AttributeValue::S(partition) = item.get(&schema.partition)? else {
            return None;
        };
        let sort = match &schema.sort {
            None => None,
            Some((name, sort_type)) => Some(match (item.get(name)?, sort_type) {
                (AttributeValue::S(text), SortType::Str) => SortRef::Str(text),
                (AttributeValue::N(text), SortType::I64) => SortRef::I64(text.parse().ok()?),
                (AttributeValue::B(blob), SortType::Bytes) => SortRef::Bytes(blob.as_ref()),
                _ => return None,
            }),
        };
        Some(Self { partition, sort })
    }
}

pub(super) fn sort_attribute(sort: &SortKey) -> AttributeValue {
    match sort {
        SortKey::Str(text) => AttributeValue::S(text.clone()),
        SortKey::I64(number) => AttributeValue::N(number.to_string()),
        SortKey::Bytes(bytes) => AttributeValue::B(Blob::new(bytes.to_vec())),
    }
}

pub(super) fn version(version: &Version) -> AttributeValue {
    AttributeValue::S(version.as_str().to_owned())
}

pub(super) fn seconds(at: Timestamp) -> AttributeValue {
    number(at.as_seconds())
}

pub(super) fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// Whether the item carries this version, so that the write that made it is ours.
pub(super) fn has_version(item: &Item, version: &Version) -> bool {
    matches!(item.get(REV), Some(AttributeValue::S(token)) if token == version.as_str())
}
