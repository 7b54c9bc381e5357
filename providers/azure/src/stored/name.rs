//! The names of things: containers, items, and the paths of their fields in definitions and in SQL.

use isobar::document::{CollectionSchema, Key, SortKey, SortType};
use isobar::driver::sortable::{self, read_sort_text, sort_text};
use isobar::driver::utf16::{narrow, widen};
use isobar::{Error, ErrorKind, Result};
use serde_json::Value as Json;

use super::value::{BYTES, stored_field, stored_nested};

/// The property that every item is known by in its partition.
pub(crate) const ID: &str = "id";
/// Bytes of an id ("Azure Cosmos DB service quotas").
const ID_BYTES: usize = 1_023;
/// Characters of a container's name (the same).
const CONTAINER_CHARACTERS: usize = 255;
/// What neither a container's name nor an id may have (the same).
const FORBIDDEN: [char; 4] = ['/', '\\', '#', '?'];

/// Words of the query language, which no field can be named by without quotes.
const KEYWORDS: [&str; 44] = [
    "and", "array", "as", "asc", "between", "by", "case", "cast", "convert", "cross", "desc",
    "distinct", "else", "end", "escape", "exists", "false", "for", "from", "group", "having", "in",
    "inner", "insert", "into", "is", "join", "left", "like", "limit", "not", "null", "offset",
    "on", "or", "order", "outer", "over", "rank", "right", "select", "set", "then", "top",
];
const MORE_KEYWORDS: [&str; 9] = [
    "true",
    "udf",
    "undefined",
    "update",
    "value",
    "when",
    "where",
    "with",
    "root",
];

/// A collection with its names as Cosmos DB knows them.
#[derive(Debug)]
pub(crate) struct Names<'s> {
    pub(crate) schema: &'s CollectionSchema,
}

impl<'s> Names<'s> {
    /// `InvalidArgument` where Cosmos DB could not have such a container, `Unsupported` where items
    /// of other code could not be found by such a key.
    pub(crate) fn of(schema: &'s CollectionSchema) -> Result<Self> {
        let name = &schema.table;
        let long = name.chars().count() > CONTAINER_CHARACTERS;
        if name.is_empty() || long || name.contains(FORBIDDEN) || name.ends_with(' ') {
            return Err(Error::invalid(format!(
                "{name:?} cannot be the name of a container in Cosmos DB"
            )));
        }
        let names = Self { schema };
        let (_, key_type) = names.carrier();
        if schema.adopted && key_type != SortType::Str {
            let message = "the id of an item is text: an adopted container has no sort keys of \
                           another type";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        names.partition_path()?;
        Ok(names)
    }

    /// The key field whose value is an item's id: the sort field, or else the partition field.
    pub(crate) fn carrier(&self) -> (&'s str, SortType) {
        match &self.schema.sort {
            Some((field, sort_type)) => (field, *sort_type),
            None => (&self.schema.partition, SortType::Str),
        }
    }

    /// Whether the id is all there is of a key field.
    pub(crate) fn is_carried(&self, field: &str) -> bool {
        field == ID && self.carrier().0 == ID
    }

    /// The id of the item with this key.
    pub(crate) fn id(&self, key: &Key) -> Result<String> {
        let id = match &key.sort {
            Some(sort) => self.sort_id(sort),
            None => self.sort_id(&SortKey::Str(key.partition.clone())),
        };
        if id.len() > ID_BYTES {
            let what = "the size in bytes of a key, escaped for Cosmos DB";
            let (limit, measured) = (ID_BYTES as u64, id.len() as u64);
            let kind = ErrorKind::InvalidArgument;
            return Err(Error::over_limit(kind, what, limit, measured));
        }
        if self.schema.adopted && id.contains(FORBIDDEN) {
            let message = "the id of an item in Cosmos DB has none of / \\ # ?";
            return Err(Error::invalid(message));
        }
        Ok(id)
    }

    /// The id that a key has whose last part is this; ids are in the order of keys.
    pub(crate) fn sort_id(&self, sort: &SortKey) -> String {
        match sort {
            SortKey::Str(text) if self.schema.adopted => text.clone(),
            sort => widen(&sort_text(sort)),
        }
    }

    /// The key part that an item of this id has.
    pub(crate) fn read_id(&self, id: &str) -> SortKey {
        let read = if self.schema.adopted {
            None
        } else {
            narrow(id).and_then(|text| read_sort_text(&text, self.carrier().1))
        };
        // Items of other code are known by their ids as these are.
        read.unwrap_or_else(|| SortKey::Str(id.to_owned()))
    }

    /// The text that a field of text has in its property.
    pub(crate) fn text_value(&self, field: &str, text: &str) -> String {
        if self.is_carried(field) {
            return self.sort_id(&SortKey::Str(text.to_owned()));
        }
        text.to_owned()
    }

    /// The value of the partition key property in the items of a partition.
    pub(crate) fn partition_value(&self, partition: &str) -> String {
        self.text_value(&self.schema.partition, partition)
    }

    /// The value by which a field of an index is ordered.
    pub(crate) fn sort_value(&self, field: &str, key: &SortKey) -> Json {
        match key {
            key if self.is_carried(field) => self.sort_id(key).into(),
            SortKey::Str(text) => text.as_str().into(),
            SortKey::I64(number) => (*number).into(),
            SortKey::Bytes(bytes) => sortable::bytes(bytes).into(),
        }
    }

    /// The properties on the way to what orders an index by a field.
    pub(crate) fn sort_properties(&self, field: &str, sort_type: SortType) -> Vec<String> {
        let mut properties = vec![self.property(field)];
        if sort_type == SortType::Bytes && !self.is_carried(field) {
            properties.push(BYTES.to_owned());
        }
        properties
    }

    /// The property that holds a field at the top of a document.
    pub(crate) fn property(&self, field: &str) -> String {
        if self.schema.adopted || self.is_carried(field) {
            field.to_owned()
        } else {
            stored_field(field)
        }
    }

    /// The path of the partition key in the container's definition.
    pub(crate) fn partition_path(&self) -> Result<String> {
        path(&[self.property(&self.schema.partition)])
    }

    /// The path of a field in SQL, if it can be said.
    pub(crate) fn sql_path(&self, names: &[String]) -> Option<String> {
        let (first, rest) = names.split_first()?;
        let mut sql = "c".to_owned();
        push_member(&mut sql, &self.property(first))?;
        for name in rest {
            let stored = if self.schema.adopted {
                name.clone()
            } else {
                stored_nested(name)
            };
            push_member(&mut sql, &stored)?;
        }
        Some(sql)
    }

    /// The path in SQL of a field at the top.
    pub(crate) fn field_sql(&self, field: &str) -> Result<String> {
        let path = self.sql_path(std::slice::from_ref(&field.to_owned()));
        path.ok_or_else(|| unsayable(field))
    }

    /// The path in SQL of what orders an index by a field.
    pub(crate) fn sort_sql(&self, field: &str, sort_type: SortType) -> Result<String> {
        let mut sql = "c".to_owned();
        for property in self.sort_properties(field, sort_type) {
            push_member(&mut sql, &property).ok_or_else(|| unsayable(field))?;
        }
        Ok(sql)
    }
}

/// A member in SQL: text escapes differ between dialects, so that what needs one is not said.
fn push_member(sql: &mut String, name: &str) -> Option<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let lower = name.to_ascii_lowercase();
    let is_word = KEYWORDS.contains(&lower.as_str()) || MORE_KEYWORDS.contains(&lower.as_str());
    let is_identifier = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if is_identifier && !is_word && name.chars().all(plain) {
        sql.push('.');
        sql.push_str(name);
        return Some(());
    }
    if name.contains(['\'', '\\']) || name.contains(char::is_control) {
        return None;
    }
    sql.push_str("['");
    sql.push_str(name);
    sql.push_str("']");
    Some(())
}

/// A path in the definition of a container.
pub(crate) fn path(properties: &[String]) -> Result<String> {
    let mut path = String::new();
    for property in properties {
        path.push('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if property.chars().all(plain) {
            path.push_str(property);
            continue;
        }
        if property.contains(['"', '\\']) {
            return Err(unsayable(property));
        }
        path.push('"');
        path.push_str(property);
        path.push('"');
    }
    Ok(path)
}

fn unsayable(field: &str) -> Error {
    Error::invalid(format!(
        "the field {field:?} cannot be a key or part of an index in Cosmos DB: its name has quotes, \
         backslashes or control characters"
    ))
}

#[cfg(test)]
mod tests {
    use isobar::CollectionSpec;

    use super::*;

    fn owned() -> CollectionSchema {
        let spec = CollectionSpec::<()>::new("notes").partition("owner");
        spec.sort("id", SortType::Str).schema("")
    }

    #[test]
    fn an_id_shows_plain_keys_as_they_are() {
        let schema = owned();
        let names = Names::of(&schema).unwrap();
        assert_eq!(names.id(&Key::from(("ada", "n1"))).unwrap(), "n1");
        assert_eq!(names.id(&Key::from(("ada", "a/b"))).unwrap(), "a.1b");
        assert_eq!(names.read_id("a.1b"), SortKey::from("a/b"));
        assert_eq!(names.partition_path().unwrap(), "/owner");
        let alone = CollectionSpec::<()>::new("notes").schema("");
        let names = Names::of(&alone).unwrap();
        assert_eq!(names.partition_path().unwrap(), "/id");
        assert_eq!(names.partition_value("a/b"), "a.1b");
    }

    #[test]
    fn fields_are_named_in_sql_with_quotes_where_they_need_them() {
        let schema = owned();
        let names = Names::of(&schema).unwrap();
        let sql = |names_of: &[&str]| {
            let path: Vec<String> = names_of.iter().map(|name| (*name).to_owned()).collect();
            names.sql_path(&path)
        };
        assert_eq!(sql(&["author", "name"]).unwrap(), "c.author.name");
        assert_eq!(sql(&["a.b"]).unwrap(), "c['a.b']");
        assert_eq!(sql(&["Order"]).unwrap(), "c['Order']");
        assert_eq!(sql(&["ttl", "_t"]).unwrap(), "c._ttl.__t");
        assert_eq!(sql(&["id"]).unwrap(), "c.id");
        assert_eq!(sql(&["it's"]), None);
    }

    #[test]
    fn what_cosmos_db_could_not_hold_is_refused() {
        let mut schema = owned();
        schema.table = "a/b".to_owned();
        let error = Names::of(&schema).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        let schema = owned();
        let names = Names::of(&schema).unwrap();
        let error = names
            .id(&Key::from(("p", "/".repeat(512).as_str())))
            .unwrap_err();
        assert_eq!(error.limit(), Some(1_023));
        let adopted = CollectionSpec::<()>::new("notes")
            .adopt()
            .sort("at", SortType::I64);
        let adopted = adopted.schema("");
        let error = Names::of(&adopted).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
