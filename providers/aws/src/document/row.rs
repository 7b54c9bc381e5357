//! A document as a DynamoDB item: its own fields under their own names, and the reserved ones.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use isobar::Result;
use isobar::document::{CollectionSchema, Key, Map, SortKey, SortType, Timestamp, Version};
use isobar::driver::document::Call;
use isobar::driver::map_order as order;

use super::value::{self, Encoding};
use crate::stored::row::expiry;
pub(super) use crate::stored::row::{
    EXP, FORMAT, NEWEST, ORD, REV, key_of, live, record, sort_key,
};

pub(super) type Item = HashMap<String, AttributeValue>;

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

/// The item where its document exists at the instant of the call (rule R14).
pub(super) fn if_live(call: &Call<'_>, item: Item) -> Result<Option<Item>> {
    if call.schema.adopted {
        return Ok(Some(item));
    }
    let expires_at = expiry(item.get(EXP))?;
    Ok(expires_at.is_none_or(|at| at > call.now).then_some(item))
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
