//! Declared indexes: kept in the transaction of each write, whoever writes.
//!
//! The store itself remembers which indexes a collection has. A program that declares fewer, or
//! none, keeps them all the same, so that an entry always agrees with its document.

use isobar::document::{CollectionSchema, IndexSchema, Map, SortType};
use isobar::{Error, ErrorKind};
use redb::ReadableTable as _;

use super::address::{Address, sort_bytes, tag};
use super::record::Row;
use crate::committer::Group;
use crate::engine::Wrote;
use crate::engine::format;
use crate::engine::tables::IndexKey;
use crate::error::{Fault, Stop};
use crate::wire::{Malformed, Reader, put_bytes, put_option, seal, unseal};

/// Where a document lies in one index of its collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) index: String,
    /// Empty where the index has no partition field, which no value of one is.
    pub(crate) partition: String,
    /// In memcomparable form.
    pub(crate) value: Vec<u8>,
}

impl Place {
    /// The place of a document with these fields; `None` where it is not in the index.
    pub(crate) fn of(index: &IndexSchema, fields: &Map) -> Option<Self> {
        let entry = index.entry(fields)?;
        Some(Self {
            index: index.name.clone(),
            partition: entry.partition.unwrap_or_default(),
            value: sort_bytes(entry.sort.as_ref()),
        })
    }

    pub(crate) fn key<'k>(&'k self, address: &'k Address) -> IndexKey<'k> {
        (
            &address.collection,
            &self.index,
            &self.partition,
            &self.value,
            &address.partition,
            &address.sort,
        )
    }
}

/// The places of a document in all indexes.
pub(crate) fn places(indexes: &[IndexSchema], fields: &Map) -> Vec<Place> {
    let places = indexes.iter();
    places
        .filter_map(|index| Place::of(index, fields))
        .collect()
}

/// Moves the entries of a document.
pub(crate) fn replace(
    group: &mut Group<'_>,
    address: &Address,
    (old, new): (&[Place], &[Place]),
) -> Result<(), Fault> {
    for place in old.iter().filter(|place| !new.contains(place)) {
        group.tables.index.open()?.remove(place.key(address))?;
    }
    for place in new.iter().filter(|place| !old.contains(place)) {
        group.tables.index.open()?.insert(place.key(address), ())?;
    }
    Ok(())
}

/// The indexes that the store keeps for a collection.
pub(crate) fn stored(group: &mut Group<'_>, collection: &str) -> Result<Vec<IndexSchema>, Fault> {
    let end = format!("{collection}\0");
    let indexes = group.tables.indexes.open()?;
    let stored = indexes.range((collection, "")..(end.as_str(), ""))?;
    stored
        .map(|entry| {
            let (key, definition) = entry?;
            decode(key.value(), definition.value())
        })
        .collect()
}

/// Remembers the declared indexes, and fills those that are new with the documents there are.
pub(crate) fn register(group: &mut Group<'_>, schema: &CollectionSchema) -> Result<(), Stop> {
    let known = group.declared(&schema.table)?;
    let known = &known.indexes;
    let mut added = Vec::new();
    for index in &schema.indexes {
        match known.iter().find(|known| known.name == index.name) {
            None => added.push(index.clone()),
            Some(known) if known == index => {}
            Some(known) => return Err(another(schema, known).into()),
        }
    }
    if added.is_empty() {
        return Ok(());
    }
    fill(group, &schema.table, &added)?;
    for index in &added {
        let name = index.name.as_str();
        let definition = seal(&[schema.table.as_bytes(), name.as_bytes()], &encode(index));
        let key = (schema.table.as_str(), name);
        group.tables.indexes.open()?.insert(key, &*definition)?;
    }
    // What writes without knowing of indexes must not touch the store from now on.
    format::raise(group.tables.meta.open()?, format::INDEXED)?;
    group.forget(&schema.table);
    group.wrote = Wrote::Something;
    Ok(())
}

fn fill(group: &mut Group<'_>, collection: &str, added: &[IndexSchema]) -> Result<(), Stop> {
    let end = format!("{collection}\0");
    let from = (collection, "", &[][..]);
    let rows = group
        .tables
        .documents
        .open()?
        .range(from..(end.as_str(), "", &[][..]))?;
    for row in rows {
        let (key, value) = row?;
        let (collection, partition, sort) = key.value();
        let fields = Row::read(key.value(), value.value())?.fields()?;
        let address = Address {
            collection: collection.to_owned(),
            partition: partition.to_owned(),
            sort: sort.to_vec(),
        };
        for place in places(added, &fields) {
            let index = group.tables.index.open()?;
            index.insert(place.key(&address), ())?;
        }
    }
    Ok(())
}

fn another(schema: &CollectionSchema, known: &IndexSchema) -> Error {
    let (name, collection) = (&known.name, schema.name);
    Error::invalid(format!(
        "the index {name:?} of {collection:?} is there as {known}: give the new one another name"
    ))
}

fn encode(index: &IndexSchema) -> Vec<u8> {
    let mut body = Vec::new();
    put_option(&mut body, index.partition.as_ref(), |out, field| {
        put_bytes(out, field.as_bytes());
    });
    put_option(&mut body, index.sort.as_ref(), |out, (field, sort_type)| {
        out.push(tag(Some(*sort_type)));
        put_bytes(out, field.as_bytes());
    });
    body
}

/// A definition as [`register`] stored it.
pub(crate) fn decode(
    (collection, name): (&str, &str),
    sealed: &[u8],
) -> Result<IndexSchema, Fault> {
    parse((collection, name), sealed).map_err(|Malformed| {
        Fault::damaged(format!(
            "the definition of the index {name:?} of {collection:?}"
        ))
    })
}

fn parse((collection, name): (&str, &str), sealed: &[u8]) -> Result<IndexSchema, Malformed> {
    let body = unseal(&[collection.as_bytes(), name.as_bytes()], sealed)?;
    let mut reader = Reader::new(body);
    let partition = reader.option(|reader| reader.text().map(str::to_owned))?;
    let sort = reader.option(|reader| {
        let tagged = reader.byte()?;
        let mut types = [SortType::Str, SortType::I64, SortType::Bytes].into_iter();
        let sort_type = types.find(|sort_type| tag(Some(*sort_type)) == tagged);
        Ok((reader.text()?.to_owned(), sort_type.ok_or(Malformed)?))
    })?;
    reader.end()?;
    Ok(IndexSchema {
        name: name.to_owned(),
        partition,
        sort,
    })
}

/// An index that is asked for before it is there.
pub(crate) fn missing(name: &str) -> Error {
    let message = format!("the index {name:?} is not there: call ensure() on the collection");
    Error::new(ErrorKind::Internal, message)
}
