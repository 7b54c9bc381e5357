//! The names of documents: a collection's path, and ids that keep the order of the keys.

use isobar::document::{CollectionSchema, Key, SortKey};
use isobar::driver::after_prefix;
use isobar::driver::escape::escape;
use isobar::driver::sortable::sort_text;
use isobar::{Error, ErrorKind, Result};

/// Between the two parts of a key; the escape never emits it.
const SEPARATOR: char = '#';
/// What follows every id of a partition: the character after the separator.
const PAST_SEPARATOR: char = '$';
/// Bytes of a document id ("Quotas and limits").
const ID_BYTES: usize = 1_500;

/// A collection with its names as Firestore knows them.
#[derive(Debug)]
pub(super) struct Names<'s> {
    pub(super) schema: &'s CollectionSchema,
    /// The root of all documents, under which the collection lies.
    pub(super) parent: String,
}

impl<'s> Names<'s> {
    /// `InvalidArgument` where Firestore could not have a collection of this name.
    pub(super) fn of(schema: &'s CollectionSchema, database: &str) -> Result<Self> {
        let name = &schema.table;
        let reserved = name.starts_with("__") && name.ends_with("__");
        if name.is_empty()
            || name.contains('/')
            || name == "."
            || name == ".."
            || reserved
            || name.len() > ID_BYTES
        {
            return Err(Error::invalid(format!(
                "{name:?} cannot be the name of a collection in Firestore"
            )));
        }
        Ok(Self {
            schema,
            parent: format!("{database}/documents"),
        })
    }

    /// The full name of a document of this id, or of a place between documents.
    pub(super) fn at(&self, id: &str) -> String {
        format!("{}/{}/{id}", self.parent, self.schema.table)
    }

    /// The full name of the document with this key.
    pub(super) fn document(&self, key: &Key) -> Result<String> {
        let id = id(key);
        if id.len() > ID_BYTES {
            let what = "the size in bytes of a key, escaped for Firestore";
            let (limit, measured) = (ID_BYTES as u64, id.len() as u64);
            let kind = ErrorKind::InvalidArgument;
            return Err(Error::over_limit(kind, what, limit, measured));
        }
        Ok(self.at(&id))
    }

    /// The name from which on the documents of a partition lie, and the one before which they end.
    pub(super) fn partition(&self, partition: &str) -> (String, String) {
        let start = escape(partition);
        if self.schema.sort.is_none() {
            // The one document, and nothing after it.
            return (self.at(&start), self.at(&format!("{start}\u{1}")));
        }
        let end = format!("{start}{PAST_SEPARATOR}");
        (self.at(&format!("{start}{SEPARATOR}")), self.at(&end))
    }

    /// The name of the place of a sort key in a partition.
    pub(super) fn place(&self, partition: &str, sort: &SortKey) -> String {
        self.at(&joined(partition, sort))
    }

    /// The end of the range of the sort keys that start alike; `None` where it is that of the
    /// partition.
    pub(super) fn prefix_end(&self, partition: &str, prefix: &SortKey) -> Option<String> {
        after_prefix(prefix).map(|end| self.place(partition, &end))
    }
}

/// The id of the document with this key.
pub(super) fn id(key: &Key) -> String {
    match &key.sort {
        Some(sort) => joined(&key.partition, sort),
        None => escape(&key.partition),
    }
}

fn joined(partition: &str, sort: &SortKey) -> String {
    format!("{}{SEPARATOR}{}", escape(partition), sort_text(sort))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sort() -> impl Strategy<Value = SortKey> {
        prop_oneof![
            "[a-c/._ !#^]{1,4}".prop_map(SortKey::Str),
            any::<i64>().prop_map(SortKey::I64),
            prop::collection::vec(any::<u8>(), 1..12)
                .prop_map(|bytes| SortKey::Bytes(bytes.into())),
        ]
    }

    proptest! {
        #[test]
        fn ids_of_a_partition_are_in_the_order_of_their_sort_keys(a in sort(), b in sort()) {
            if a.sort_type() == b.sort_type() {
                let (x, y) = (joined("p", &a), joined("p", &b));
                prop_assert_eq!(a.cmp(&b), x.cmp(&y));
            }
        }

        #[test]
        fn ids_of_other_partitions_are_not_between(p in ".{1,4}", q in ".{1,4}", s in sort()) {
            let schema = isobar::document::CollectionSpec::<()>::new("notes")
                .sort("id", s.sort_type()).schema("");
            let names = Names::of(&schema, "db").unwrap();
            let (start, end) = names.partition(&p);
            let name = names.place(&q, &s);
            prop_assert_eq!(start <= name && name < end, p == q);
        }
    }

    #[test]
    fn an_id_shows_plain_keys_as_they_are() {
        assert_eq!(id(&Key::from(("ada", "n1"))), "ada#n1");
        assert_eq!(id(&Key::from("a/b")), "a.1b");
        assert_eq!(id(&Key::from(("ada", -1_i64))), "ada#7fffffffffffffff");
        let bytes = SortKey::Bytes(bytes::Bytes::from_static(&[0, 255]));
        assert_eq!(id(&Key::from(("ada", bytes))), "ada#03vg");
    }
}
