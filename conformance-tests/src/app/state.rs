//! What an application has left in its stores, read through them and compared.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use futures_util::TryStreamExt as _;
use isobar::blob::{Entry, List};
use isobar::document::{CollectionSpec, Query, Value as Stored};
use serde_json::Value;

use super::declared::Declared;
use super::differences::{Difference, of_json};
use super::place::{Open, Place};
use super::scenario::StateEntry;
use super::values::{Naming, take_away};

/// All of it, by the names of collections and buckets.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) resources: BTreeMap<String, Resource>,
}

/// The content of a collection or a bucket.
#[derive(Debug)]
pub(super) struct Resource {
    /// The fields that are a document's key; none of a blob.
    key: Vec<String>,
    /// Documents without their versions, or blobs by what they hold.
    items: Vec<Value>,
}

/// Reads all that is declared and not left out.
pub(super) async fn read(place: &Place, declared: &Declared, entry: &StateEntry) -> Result<State> {
    let open = place.open().await.context("the stores cannot be read")?;
    let mut state = State::default();
    for spec in &declared.collections {
        if entry.leave_out.iter().any(|name| name == spec.name()) {
            continue;
        }
        let resource = documents(&open, spec, entry).await;
        let resource = resource.with_context(|| format!("cannot read {}", spec.name()))?;
        state
            .resources
            .insert(format!("collection {}", spec.name()), resource);
    }
    for name in &declared.buckets {
        if entry.leave_out.contains(name) {
            continue;
        }
        let resource = blobs(&open, name).await;
        let resource = resource.with_context(|| format!("cannot read {name}"))?;
        state.resources.insert(format!("bucket {name}"), resource);
    }
    Ok(state)
}

async fn documents(
    open: &Open,
    spec: &CollectionSpec<Stored>,
    entry: &StateEntry,
) -> Result<Resource> {
    let collection = open.collection(spec);
    let query = Query::all().allow_scan().limit(100);
    let found: Vec<_> = collection.stream(&query)?.try_collect().await?;
    let schema = spec.schema("");
    let sort = schema.sort.map(|(field, _)| field);
    let mut items = Vec::new();
    for item in found {
        let mut document = serde_json::to_value(&item.value)?;
        take_away(&mut document, &entry.fields);
        items.push(document);
    }
    Ok(Resource {
        key: [schema.partition].into_iter().chain(sort).collect(),
        items,
    })
}

async fn blobs(open: &Open, name: &str) -> Result<Resource> {
    let bucket = open.bucket(name);
    let mut items = Vec::new();
    let found: Vec<Entry> = match bucket.entries(List::new()).try_collect().await {
        Ok(found) => found,
        // A local bucket that nothing was ever stored in is not there.
        Err(error) if error.kind() == isobar::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    for entry in found {
        let Entry::Blob(listed) = entry else {
            continue;
        };
        let blob = bucket.get(listed.key.clone()).await?;
        let attributes = blob.meta.attributes.clone();
        let content = blob.bytes().await?;
        items.push(serde_json::json!({
            "key": listed.key.as_str(),
            "size": content.len(),
            "crc32c": format!("{:08x}", crc32c::crc32c(&content)),
            "contentType": attributes.content_type,
            "contentEncoding": attributes.content_encoding,
            "metadata": attributes.metadata,
        }));
    }
    Ok(Resource {
        key: vec!["key".to_owned()],
        items,
    })
}

impl Resource {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// What is there, with saved values named, by its key.
    fn named(&self, naming: &Naming) -> BTreeMap<String, Value> {
        let items = self.items.iter().map(|item| naming.json(item));
        let keyed = items.map(|item| {
            let parts = self.key.iter();
            let parts = parts.map(|field| item.get(field).map_or(String::new(), Value::to_string));
            (parts.collect::<Vec<_>>().join(" "), item)
        });
        keyed.collect()
    }
}

/// Where the content differs from the reference's.
pub(super) fn compare(
    (wanted, wanted_names): (&Resource, &Naming),
    (found, found_names): (&Resource, &Naming),
) -> Vec<Difference> {
    let wanted = wanted.named(wanted_names);
    let found = found.named(found_names);
    let keys: BTreeSet<&String> = wanted.keys().chain(found.keys()).collect();
    let mut differences = Vec::new();
    for key in keys {
        match (wanted.get(key), found.get(key)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => differences.extend(of_json(&format!("{key} "), a, b)),
            (a, b) => {
                let told = |value: Option<&Value>| value.map_or("nothing".into(), Value::to_string);
                differences.push(Difference::new(key.clone(), &told(a), &told(b)));
            }
        }
    }
    differences
}
