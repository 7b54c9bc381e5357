//! The collections and documents that the cases use.

use isobar::document::{CollectionSpec, IndexSpec, Item, Key, Map, SortType, Value};
use isobar::{Collection, Error};

use crate::Failure;
use crate::expect;

/// Partition and text sort key.
pub(crate) const NOTES: CollectionSpec<Value> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str);

/// Only a partition key.
pub(crate) const PLAIN: CollectionSpec<Value> = CollectionSpec::new("plain");

/// Partition and numeric sort key.
pub(crate) const READINGS: CollectionSpec<Value> = CollectionSpec::new("readings")
    .partition("sensor")
    .sort("at", SortType::I64);

/// Partition and binary sort key.
pub(crate) const DIGESTS: CollectionSpec<Value> = CollectionSpec::new("digests")
    .partition("algorithm")
    .sort("digest", SortType::Bytes);

/// Partition, text sort key and two indexes.
pub(crate) const BOOKS: CollectionSpec<Value> = CollectionSpec::new("books")
    .partition("shelf")
    .sort("id", SortType::Str)
    .index(
        IndexSpec::new("by_author")
            .partition("author")
            .sort("year", SortType::I64),
    )
    .index(
        IndexSpec::new("by_title")
            .partition("genre")
            .sort("title", SortType::Str),
    );

/// A document of [`BOOKS`].
pub(crate) fn book(shelf: &str, id: &str, author: &str, year: i64) -> Value {
    document([
        ("shelf", shelf.into()),
        ("id", id.into()),
        ("author", author.into()),
        ("year", year.into()),
    ])
}

/// A document with these fields.
pub(crate) fn document<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Map(
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

/// A document of [`NOTES`].
pub(crate) fn note<const N: usize>(owner: &str, id: &str, fields: [(&str, Value); N]) -> Value {
    let mut all = Map::new();
    all.insert("owner".to_owned(), owner.into());
    all.insert("id".to_owned(), id.into());
    all.extend(
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value)),
    );
    Value::Map(all)
}

/// A map value.
pub(crate) fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
    document(fields)
}

/// A list value.
pub(crate) fn list<const N: usize>(items: [Value; N]) -> Value {
    Value::List(items.into())
}

/// A bytes value.
pub(crate) fn bytes(content: &[u8]) -> Value {
    Value::Bytes(content.to_vec().into())
}

/// The field of a document.
#[track_caller]
pub(crate) fn field<'d>(document: &'d Value, name: &str) -> Result<&'d Value, Failure> {
    let found = match document {
        Value::Map(fields) => fields.get(name),
        _ => None,
    };
    expect::some(&format!("the field {name:?}"), found)
}

/// The document must be there and equal `expected`; returns it with its version.
pub(crate) async fn stored(
    collection: &Collection<Value>,
    key: impl Into<Key>,
    expected: &Value,
) -> Result<Item<Value>, Failure> {
    let item = expect::some("the stored document", collection.get(key).await?)?;
    expect::equal("the stored document", &item.value, expected)?;
    Ok(item)
}

/// The document must not be there.
pub(crate) async fn absent(
    collection: &Collection<Value>,
    key: impl Into<Key>,
) -> Result<(), Failure> {
    let found = collection.get(key).await?.map(|item| item.value);
    expect::equal("the document at the key", &found, &None)
}

/// The values of a page of results.
pub(crate) fn values(items: Vec<Item<Value>>) -> Vec<Value> {
    items.into_iter().map(|item| item.value).collect()
}

/// The text of the field in each document, where it is one.
pub(crate) fn texts(items: &[Item<Value>], name: &str) -> Vec<String> {
    let text = |item: &Item<Value>| match field(&item.value, name) {
        Ok(Value::String(text)) => text.clone(),
        other => format!("{other:?}"),
    };
    items.iter().map(text).collect()
}

/// Each of the results must be `Ok`.
pub(crate) fn all_written(results: Vec<Result<(), Error>>) -> Result<(), Failure> {
    results
        .into_iter()
        .try_for_each(|result| result.map_err(Failure::from))
}
