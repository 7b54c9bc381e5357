//! The declaration of a collection, as data that is bound to a store later.

use std::fmt;
use std::marker::PhantomData;

use super::{FieldPath, IndexSchema, IndexSpec, Map, SortType, check};
use crate::capability::{Capabilities, Capability, Limits};
use crate::error::{Error, Result};

/// Declares a collection of `T`: its name and the fields that are its key.
///
/// ```
/// use isobar::document::{CollectionSpec, SortType};
///
/// struct Note;
/// const NOTES: CollectionSpec<Note> =
///     CollectionSpec::new("notes").partition("owner").sort("id", SortType::Str);
/// assert_eq!(NOTES.name(), "notes");
/// ```
pub struct CollectionSpec<T> {
    name: &'static str,
    table: Option<&'static str>,
    partition: &'static str,
    sort: Option<(&'static str, SortType)>,
    adopted: bool,
    preserve_order: bool,
    native_limits: bool,
    change_feed: ChangeFeed,
    indexes: [Option<IndexSpec>; MAX_INDEXES],
    item: PhantomData<fn() -> T>,
}

/// The most indexes of a collection: DynamoDB's quota of global secondary indexes for a table.
const MAX_INDEXES: usize = 20;

impl<T> CollectionSpec<T> {
    /// A collection called `name`, whose partition key is the field `id` until told otherwise.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            table: None,
            partition: "id",
            sort: None,
            adopted: false,
            preserve_order: false,
            native_limits: false,
            change_feed: ChangeFeed::Undeclared,
            indexes: [None; MAX_INDEXES],
            item: PhantomData,
        }
    }

    /// The field that holds the partition key, a string.
    #[must_use]
    pub const fn partition(mut self, field: &'static str) -> Self {
        self.partition = field;
        self
    }

    /// The field that holds the sort key.
    #[must_use]
    pub const fn sort(mut self, field: &'static str, sort_type: SortType) -> Self {
        self.sort = Some((field, sort_type));
        self
    }

    /// The name of the table in the store, used as it is, where it is not the collection's name.
    #[must_use]
    pub const fn table(mut self, table: &'static str) -> Self {
        self.table = Some(table);
        self
    }

    /// Uses a table that other code reads and writes: no reserved fields are stored.
    ///
    /// Versions and expiry then cannot hold and are refused as `Unsupported` (rule R8).
    #[must_use]
    pub const fn adopt(mut self) -> Self {
        self.adopted = true;
        self
    }

    /// Keeps the order of map entries even in stores that lose it (rule R20).
    #[must_use]
    pub const fn preserve_order(mut self) -> Self {
        self.preserve_order = true;
        self
    }

    /// Allows what this store allows, even where other stores could not hold it (rule R23).
    #[must_use]
    pub const fn native_limits(mut self) -> Self {
        self.native_limits = true;
        self
    }

    /// Declares an index, at most 20; queries name it, and [`Collection::ensure`] creates it for
    /// development and tests.
    ///
    /// # Panics
    ///
    /// With the 21st, which is an error of the compiler where the collection is a constant.
    ///
    /// [`Collection::ensure`]: crate::Collection::ensure
    #[must_use]
    pub const fn index(mut self, index: IndexSpec) -> Self {
        let mut at = 0;
        while at < MAX_INDEXES && self.indexes[at].is_some() {
            at += 1;
        }
        assert!(at < MAX_INDEXES, "a collection has at most 20 indexes");
        self.indexes[at] = Some(index);
        self
    }

    /// Declares that changes of the collection are read, so that the store keeps them.
    #[must_use]
    pub const fn change_feed(mut self) -> Self {
        self.change_feed = ChangeFeed::Declared;
        self
    }

    /// The name that handlers and settings know.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The declaration without its type; `prefix` goes before the table's name.
    pub fn schema(&self, prefix: &str) -> CollectionSchema {
        let table = match self.table {
            Some(table) => table.to_owned(),
            None => format!("{prefix}{}", self.name),
        };
        CollectionSchema {
            name: self.name,
            table,
            named: self.table.is_some(),
            partition: self.partition.to_owned(),
            sort: self
                .sort
                .map(|(field, sort_type)| (field.to_owned(), sort_type)),
            adopted: self.adopted,
            preserve_order: self.preserve_order,
            native_limits: self.native_limits,
            change_feed: self.change_feed,
            indexes: self
                .indexes
                .iter()
                .flatten()
                .map(IndexSpec::schema)
                .collect(),
        }
    }
}

impl<T> fmt::Debug for CollectionSpec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.schema("").fmt(f)
    }
}

/// Whether changes of a collection are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChangeFeed {
    /// They are not.
    #[default]
    Undeclared,
    /// They are: the store must keep them.
    Declared,
}

/// What a driver knows of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is declared for itself, and all go together"
)]
pub struct CollectionSchema {
    /// The name that handlers know.
    pub name: &'static str,
    /// The name of the table in the store.
    pub table: String,
    /// The table has a name of its own, before which no prefix goes.
    pub named: bool,
    /// The field that holds the partition key.
    pub partition: String,
    /// The field that holds the sort key, and its type.
    pub sort: Option<(String, SortType)>,
    /// Other code owns the table: nothing but the document's own fields may be stored.
    pub adopted: bool,
    /// The order of map entries must survive.
    pub preserve_order: bool,
    /// The portable limits are lifted.
    pub native_limits: bool,
    /// Whether changes are read.
    pub change_feed: ChangeFeed,
    /// The declared indexes.
    pub indexes: Vec<IndexSchema>,
}

/// Names that a store may use beside a document's own fields (rules R8, R14, R20, R24).
pub(crate) const RESERVED: [&str; 4] = ["_rev", "_exp", "_ord", "_v"];

impl CollectionSchema {
    /// What an adopted table cannot have.
    pub const WITHDRAWN_BY_ADOPTION: Capabilities =
        Capabilities::of(&[Capability::DocumentVersions, Capability::DocumentExpiry]);

    /// The same with `prefix` before the table's name, unless the table has a name of its own.
    #[must_use]
    pub fn with_prefix(&self, prefix: &str) -> Self {
        let mut schema = self.clone();
        if !schema.named {
            schema.table = format!("{prefix}{}", schema.name);
        }
        schema
    }

    /// What this collection cannot have on any store.
    pub fn withdrawn(&self) -> Capabilities {
        if self.adopted {
            Self::WITHDRAWN_BY_ADOPTION
        } else {
            Capabilities::default()
        }
    }

    /// Whether `field` is part of the key.
    pub fn is_key_field(&self, field: &str) -> bool {
        self.partition == field || self.sort.as_ref().is_some_and(|(sort, _)| sort == field)
    }

    /// The index of this name; `InvalidArgument` where none is declared.
    pub fn index(&self, name: &str) -> Result<&IndexSchema> {
        let mut indexes = self.indexes.iter();
        let found = indexes.find(|index| index.name == name);
        found.ok_or_else(|| {
            let names: Vec<_> = self.indexes.iter().map(|index| &index.name).collect();
            Error::invalid(format!(
                "the collection {:?} declares no index {name:?}, it has {names:?}",
                self.name
            ))
        })
    }

    /// Refuses indexes that no store could have.
    pub(super) fn check_indexes(&self) -> Result<()> {
        for (at, index) in self.indexes.iter().enumerate() {
            index.check()?;
            let mut earlier = self.indexes[..at].iter();
            if earlier.any(|other| other.name == index.name) {
                let message = format!("the index {:?} is declared twice", index.name);
                return Err(Error::invalid(message));
            }
        }
        Ok(())
    }

    /// The type that the indexes declare for a field; it is the same in all of them, or a write
    /// of the field is refused.
    pub(super) fn indexed_types(&self, field: &str) -> impl Iterator<Item = SortType> {
        self.indexes
            .iter()
            .filter_map(move |index| index.field_type(field))
    }

    /// The limits that hold for the collection in a store that itself has those of `native`.
    ///
    /// The portable limits hold on every store (rule R23); batch sizes are the store's own.
    pub fn limits(&self, native: Limits) -> Limits {
        if self.native_limits {
            return native;
        }
        Limits {
            batch_get_keys: native.batch_get_keys,
            batch_write_operations: native.batch_write_operations,
            ..Limits::PORTABLE
        }
    }

    /// Refuses fields that are outside the collection's limits.
    ///
    /// A driver that applies an [`Update`](super::Update) itself must call this on the result,
    /// inside its transaction: `TooLarge` or `LimitExceeded`, and nothing is written.
    pub fn check_fields(&self, fields: &Map, native: Limits) -> Result<()> {
        check::document(fields, self, &self.limits(native))
    }

    /// Refuses a top-level field name that a store needs for itself.
    pub(crate) fn check_field_name(&self, name: &str) -> Result<()> {
        if name.is_empty() {
            return Err(Error::invalid("a field name is empty"));
        }
        if !self.adopted && RESERVED.contains(&name) {
            return Err(Error::invalid(format!(
                "the field name {name:?} is reserved"
            )));
        }
        Ok(())
    }

    pub(crate) fn check_changeable(&self, path: &FieldPath) -> Result<()> {
        let top = path.names().first().map_or("", String::as_str);
        if self.is_key_field(top) {
            return Err(Error::invalid(format!(
                "the key field {top:?} cannot be changed"
            )));
        }
        self.check_field_name(top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTES: CollectionSpec<()> = CollectionSpec::new("notes");

    #[test]
    fn no_prefix_goes_before_a_name_of_its_own_even_where_that_is_the_collections() {
        for (spec, table) in [
            (NOTES.table("notes"), "notes"),
            (NOTES.table("letters"), "letters"),
            (NOTES, "dev-notes"),
        ] {
            let prefixed = spec.schema("").with_prefix("dev-");
            assert_eq!(prefixed.table, table);
            assert_eq!(prefixed, spec.schema("dev-"));
        }
    }
}
