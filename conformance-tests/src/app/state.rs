//! What an application has left in its stores, read through them and compared.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use futures_util::TryStreamExt as _;
use isobar::blob::{Entry, List};
use isobar::document::{CollectionSpec, Query, Timestamp, Value as Stored};
use serde_json::Value;

use super::declared::Declared;
use super::differences::{Difference, of_json};
use super::place::{Open, Place};
use super::scenario::{FieldPointer, StateEntry};
use super::values::{Naming, take_away};

/// All of it, by the names of collections and buckets.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) resources: BTreeMap<String, Resource>,
}

/// The content of a collection or a bucket.
#[derive(Debug)]
pub(super) struct Resource {
    items: Vec<Item>,
}

/// A document without its version, or a blob by what it holds.
#[derive(Debug, Clone, PartialEq)]
struct Item {
    /// The values of the fields that are its key. Of one whose key may differ there is none: it is compared with all
    /// others of those.
    key: Vec<Value>,
    content: Value,
    expiry: Option<Expiry>,
}

/// When a document ceases to exist.
#[derive(Debug, Clone, Copy)]
struct Expiry {
    /// Microseconds since the epoch.
    at: i64,
    /// Microseconds since the scenario began at this provider.
    after: i64,
}

/// How much sooner or later, in microseconds, a document may expire that is given a time to live: one provider is slower
/// than another.
const EXPIRY_TOLERANCE: u64 = 60_000_000;
const NOTHING: &str = "nothing";

/// Reads all that is declared and not left out.
///
/// `begun` is when the scenario began at this provider.
pub(super) async fn read(
    place: &Place,
    declared: &Declared,
    (entry, begun): (&StateEntry, Timestamp),
) -> Result<State> {
    let open = place.open().await.context("the stores cannot be read")?;
    let mut state = State::default();
    for spec in &declared.collections {
        if entry.leave_out.iter().any(|name| name == spec.name()) {
            continue;
        }
        let resource = documents(&open, spec, (entry, begun)).await;
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
    (entry, begun): (&StateEntry, Timestamp),
) -> Result<Resource> {
    let collection = open.collection(spec);
    let query = Query::all().allow_scan().limit(100);
    let found: Vec<_> = collection.stream(&query)?.try_collect().await?;
    let schema = spec.schema("");
    let sort = schema.sort.map(|(field, _)| field);
    let key: Vec<String> = [schema.partition].into_iter().chain(sort).collect();
    let mut items = Vec::new();
    for item in found {
        let document = serde_json::to_value(&item.value)?;
        let expiry = item.expires_at.map(|at| Expiry {
            at: at.as_micros(),
            after: at.as_micros().saturating_sub(begun.as_micros()),
        });
        items.push(Item::of(document, (&key, &entry.fields), expiry));
    }
    Ok(Resource { items })
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
        let content = serde_json::json!({
            "key": listed.key.as_str(),
            "size": content.len(),
            "crc32c": format!("{:08x}", crc32c::crc32c(&content)),
            "contentType": attributes.content_type,
            "contentEncoding": attributes.content_encoding,
            "contentDisposition": attributes.content_disposition,
            "contentLanguage": attributes.content_language,
            "cacheControl": attributes.cache_control,
            "metadata": attributes.metadata,
        });
        items.push(Item::of(content, (&["key".to_owned()], &[]), None));
    }
    Ok(Resource { items })
}

impl Item {
    /// The key is that of the whole document: what may differ is taken away after it.
    fn of(
        mut content: Value,
        (key, ignored): (&[String], &[FieldPointer]),
        expiry: Option<Expiry>,
    ) -> Self {
        let fields = |content: &Value| -> Vec<Value> {
            let values = key.iter().map(|field| content.get(field).cloned());
            values.map(Option::unwrap_or_default).collect()
        };
        let whole = fields(&content);
        take_away(&mut content, ignored);
        let may_differ = fields(&content) != whole;
        Self {
            key: if may_differ { Vec::new() } else { whole },
            content,
            expiry,
        }
    }

    fn named(&self, naming: &Naming) -> Self {
        Self {
            key: self.key.iter().map(|part| naming.json(part)).collect(),
            content: naming.json(&self.content),
            expiry: self.expiry,
        }
    }

    /// Where it is not as another of the same key.
    fn differences(&self, found: &Self, key: &str) -> Vec<Difference> {
        let mut differences = Vec::new();
        if self.content != found.content {
            differences = of_json(&format!("{key} "), &self.content, &found.content);
        }
        if self.expiry != found.expiry {
            let told = |item: &Self| item.expiry.map_or("never".to_owned(), Expiry::told);
            let at = format!("{key} expires");
            differences.push(Difference::new(at.trim_start(), &told(self), &told(found)));
        }
        differences
    }
}

impl Expiry {
    fn told(self) -> String {
        format!("{} s after the begin", self.after / 1_000_000)
    }
}

/// At the same instant, or as long after the begin.
impl PartialEq for Expiry {
    fn eq(&self, other: &Self) -> bool {
        let apart = self.after.abs_diff(other.after);
        self.at == other.at || apart <= EXPIRY_TOLERANCE
    }
}

impl Resource {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// What is there, with saved values named, by its key.
    fn named(&self, naming: &Naming) -> BTreeMap<String, Vec<Item>> {
        let mut named: BTreeMap<String, Vec<Item>> = BTreeMap::new();
        for item in &self.items {
            let item = item.named(naming);
            let parts: Vec<String> = item.key.iter().map(Value::to_string).collect();
            named.entry(parts.join(" ")).or_default().push(item);
        }
        named
    }
}

/// Where the content differs from the reference's.
pub(super) fn compare(
    (wanted, wanted_names): (&Resource, &Naming),
    (found, found_names): (&Resource, &Naming),
) -> Vec<Difference> {
    let mut differences = Vec::new();
    if wanted.len() != found.len() {
        let (wanted, found) = (wanted.len().to_string(), found.len().to_string());
        differences.push(Difference::new("how many", &wanted, &found));
    }
    let wanted = wanted.named(wanted_names);
    let mut found = found.named(found_names);
    for (key, wanted) in wanted {
        let found = found.remove(&key).unwrap_or_default();
        differences.extend(of_key(&key, wanted, found));
    }
    let more = found.into_iter();
    differences.extend(more.flat_map(|(key, found)| of_key(&key, Vec::new(), found)));
    differences
}

/// Where all that has one key differs. It is one document at most on each side, unless the key may differ or two keys have
/// become one by the names of saved values; each of several has to have its like.
fn of_key(key: &str, wanted: Vec<Item>, mut found: Vec<Item>) -> Vec<Difference> {
    let mut missing = Vec::new();
    for item in wanted {
        match found.iter().position(|found| *found == item) {
            Some(like) => drop(found.swap_remove(like)),
            None => missing.push(item),
        }
    }
    if let ([wanted], [found]) = (missing.as_slice(), found.as_slice()) {
        return wanted.differences(found, key);
    }
    let gone = missing
        .iter()
        .map(|item| (item.content.to_string(), NOTHING.to_owned()));
    let new = found
        .iter()
        .map(|item| (NOTHING.to_owned(), item.content.to_string()));
    let all = gone.chain(new);
    all.map(|(wanted, found)| Difference::new(key, &wanted, &found))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A collection keyed by `id`, and one line a difference.
    fn check(ignored: &[&str], wanted: &[Value], found: &[Value], expected: &[&str]) {
        let ignored: Vec<FieldPointer> = ignored
            .iter()
            .map(|text| FieldPointer::try_from((*text).to_owned()).unwrap())
            .collect();
        let resource = |documents: &[Value]| Resource {
            items: documents
                .iter()
                .map(|document| Item::of(document.clone(), (&["id".to_owned()], &ignored), None))
                .collect(),
        };
        let (wanted, found) = (resource(wanted), resource(found));
        let none = Naming::default();
        let lines: Vec<String> = compare((&wanted, &none), (&found, &none))
            .iter()
            .map(|found| format!("{}: {} | {}", found.at, found.wanted, found.found))
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn documents_whose_key_may_differ_are_all_compared() {
        let wanted = [json!({ "id": 1, "n": 1 }), json!({ "id": 2, "n": 2 })];
        let alike = [json!({ "id": 7, "n": 2 }), json!({ "id": 8, "n": 1 })];
        let other = [json!({ "id": 7, "n": 3 }), json!({ "id": 8, "n": 2 })];
        check(&["/id"], &wanted, &alike, &[]);
        check(&["/id"], &wanted, &other, &[" /n: 1 | 3"]);
        let one = &alike[..1];
        let gone = r#": {"n":1} | nothing"#;
        check(&["/id"], &wanted, one, &["how many: 2 | 1", gone]);
        check(
            &["/*"],
            &wanted,
            one,
            &["how many: 2 | 1", ": {} | nothing"],
        );
    }

    #[test]
    fn what_one_side_has_alone_is_told_by_its_key() {
        let wanted = [json!({ "id": 1, "n": 1 }), json!({ "id": 2, "n": 2 })];
        let found = [json!({ "id": 2, "n": 3 }), json!({ "id": 3, "n": 1 })];
        let missing = r#"1: {"id":1,"n":1} | nothing"#;
        let more = r#"3: nothing | {"id":3,"n":1}"#;
        check(&[], &wanted, &found, &[missing, "2 /n: 2 | 3", more]);
        check(&["/n"], &wanted, &wanted, &[]);
    }

    #[test]
    fn what_expires_elsewhen_or_only_here_is_told() {
        let expiring = |expiry| Resource {
            items: vec![Item::of(
                json!({ "id": 1 }),
                (&["id".to_owned()], &[]),
                expiry,
            )],
        };
        let told = |wanted, found| {
            let (wanted, found) = (expiring(wanted), expiring(found));
            let none = Naming::default();
            compare((&wanted, &none), (&found, &none)).len()
        };
        let at = |at, after| Some(Expiry { at, after });
        assert_eq!(told(None, None), 0);
        assert_eq!(told(at(5_000_000, 1_000_000), None), 1);
        assert_eq!(told(at(5_000_000, 1_000_000), at(9_000_000, 2_000_000)), 0);
        assert_eq!(told(at(5_000_000, 0), at(5_000_000, 900_000_000)), 0);
        assert_eq!(told(at(5_000_000, 0), at(6_000_000, 900_000_000)), 1);
    }
}
