//! What is kept of a collection's declaration, in stores that would not know of another one.

use std::collections::BTreeMap;

use crate::document::CollectionSchema;
use crate::error::{Error, Result};

/// Under which name the key is kept.
const KEY: &str = "key";

/// What is kept together with what is declared, by name; `InvalidArgument` where they differ.
pub fn merged(
    schema: &CollectionSchema,
    mut kept: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>> {
    let key = format!("{:?} {:?}", schema.partition, schema.sort);
    let indexes = schema.indexes.iter();
    let indexes = indexes.map(|index| (format!("index {}", index.name), index.to_string()));
    for (name, declared) in std::iter::once((KEY.to_owned(), key)).chain(indexes) {
        let kept = kept.entry(name.clone()).or_insert_with(|| declared.clone());
        if *kept != declared {
            return Err(Error::invalid(format!(
                "the collection {:?} exists with another {name} than is declared",
                schema.table
            )));
        }
    }
    Ok(kept)
}
