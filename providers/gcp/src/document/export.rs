//! Composite indexes and TTL policies as `firebase deploy` takes them ("Cloud Firestore Index
//! Definition Reference").

use std::collections::BTreeSet;

use isobar::document::CollectionSchema;
use isobar::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use super::filter::quoted;
use super::name::Names;
use super::row::EXP;

const ASCENDING: &str = "ASCENDING";
const DESCENDING: &str = "DESCENDING";

/// What these collections need beyond the indexes that Firestore keeps of each field, as a
/// `firestore.indexes.json`: a composite index for each declared index that has two fields, one for
/// queries of a partition in descending order, and a TTL policy where documents may expire.
///
/// An adopted collection gets no policy: its documents have no expiry.
///
/// ```
/// use isobar::document::{CollectionSpec, IndexSpec, SortType};
///
/// const NOTES: CollectionSpec<()> = CollectionSpec::new("notes")
///     .partition("owner")
///     .sort("id", SortType::Str)
///     .index(IndexSpec::new("by_author").partition("author").sort("year", SortType::I64));
/// let file = isobar_gcp::document::index_file(&[NOTES.schema("production-")])?;
/// assert!(file.contains("\"collectionGroup\": \"production-notes\""));
/// # Ok::<(), isobar::Error>(())
/// ```
pub fn index_file(collections: &[CollectionSchema]) -> Result<String> {
    let (mut indexes, mut overrides) = (Vec::new(), Vec::new());
    for schema in collections {
        Names::of(schema, "")?;
        indexes.extend(composites(schema).into_iter().map(|fields| {
            let fields = fields
                .iter()
                .map(|(path, order)| json!({ "fieldPath": path, "order": order }));
            json!({
                "collectionGroup": schema.table,
                "queryScope": "COLLECTION",
                "fields": fields.collect::<Vec<Value>>(),
            })
        }));
        if !schema.adopted {
            // No query asks for it, and an index of instants that only grow is a hot spot.
            overrides.push(json!({
                "collectionGroup": schema.table,
                "fieldPath": EXP,
                "ttl": true,
                "indexes": [],
            }));
        }
    }
    let file = json!({ "indexes": indexes, "fieldOverrides": overrides });
    let text = serde_json::to_string_pretty(&file).map_err(|error| {
        Error::new(ErrorKind::Internal, "the indexes cannot be written").with_source(error)
    })?;
    Ok(text + "\n")
}

type Fields = Vec<(String, &'static str)>;

/// The fields of each composite index, each once.
fn composites(schema: &CollectionSchema) -> BTreeSet<Fields> {
    let mut composites = BTreeSet::new();
    if let Some((sort, _)) = &schema.sort {
        composites.insert(fields(&schema.partition, sort, DESCENDING));
    }
    for index in &schema.indexes {
        if let (Some(partition), Some((sort, _))) = (&index.partition, &index.sort) {
            composites.insert(fields(partition, sort, ASCENDING));
            composites.insert(fields(partition, sort, DESCENDING));
        }
    }
    composites
}

/// An index by the equality of one field and in the order of another.
fn fields(equal: &str, sorted: &str, order: &'static str) -> Fields {
    vec![(path(equal), ASCENDING), (path(sorted), order)]
}

/// The path to a field, quoted where it is no plain name.
fn path(name: &str) -> String {
    let quoted = quoted(name);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_plain = name.bytes().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit());
    match quoted.trim_matches('`') {
        stored if stored == name && is_plain => name.to_owned(),
        _ => quoted,
    }
}

#[cfg(test)]
mod tests {
    use isobar::document::{CollectionSpec, IndexSpec, SortType};

    use super::*;

    const NOTES: CollectionSpec<()> = CollectionSpec::new("notes")
        .partition("owner")
        .sort("id", SortType::Str)
        .index(
            IndexSpec::new("by_author")
                .partition("author")
                .sort("year", SortType::I64),
        )
        .index(IndexSpec::new("by_year").sort("year", SortType::I64))
        .index(IndexSpec::new("by_place").partition("the place"));

    fn file(spec: &CollectionSpec<()>) -> Value {
        let text = index_file(&[spec.schema("t-")]).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn index(equal: &str, sorted: &str, order: &str) -> Value {
        json!({
            "collectionGroup": "t-notes",
            "queryScope": "COLLECTION",
            "fields": [
                { "fieldPath": equal, "order": "ASCENDING" },
                { "fieldPath": sorted, "order": order },
            ],
        })
    }

    #[test]
    fn two_fields_need_a_composite_index_for_each_direction_and_one_needs_none() {
        let expected = json!([
            index("author", "year", "ASCENDING"),
            index("author", "year", "DESCENDING"),
            index("owner", "id", "DESCENDING"),
        ]);
        assert_eq!(file(&NOTES)["indexes"], expected);
    }

    #[test]
    fn documents_expire_by_a_policy_unless_the_collection_is_adopted() {
        let policy = json!([{
            "collectionGroup": "t-notes",
            "fieldPath": "_exp",
            "ttl": true,
            "indexes": [],
        }]);
        assert_eq!(file(&NOTES)["fieldOverrides"], policy);
        assert_eq!(file(&NOTES.adopt())["fieldOverrides"], json!([]));
    }

    #[test]
    fn a_path_is_quoted_where_it_is_no_plain_name() {
        let paths = ["year", "the place", "1st", "a.b", "__x__"].map(path);
        let quoted = ["year", "`the place`", "`1st`", "`a.b`", "`$__x__`"];
        assert_eq!(paths, quoted);
    }
}
