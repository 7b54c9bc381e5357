//! Listings against a listing in memory, for random keys, prefixes and delimiters.

use std::collections::BTreeSet;
use std::sync::Arc;

use isobar::Bucket;
use isobar::blob::{Entry, List};
use isobar_local::LocalStore;
use proptest::prelude::*;

/// All entries that a listing should have.
fn expected(keys: &BTreeSet<String>, list: &Asked) -> Vec<String> {
    let entries: BTreeSet<String> = keys
        .iter()
        .filter(|key| key.starts_with(&list.prefix))
        .map(|key| {
            let folded = list.delimiter.as_ref().and_then(|delimiter| {
                let at = key[list.prefix.len()..].find(delimiter)?;
                Some(key[..list.prefix.len() + at + delimiter.len()].to_owned())
            });
            folded.unwrap_or_else(|| key.clone())
        })
        .collect();
    let after = list.after.as_deref();
    entries
        .into_iter()
        .filter(|entry| after.is_none_or(|after| entry.as_str() > after))
        .collect()
}

#[derive(Debug)]
struct Asked {
    prefix: String,
    delimiter: Option<String>,
    after: Option<String>,
    limit: u32,
}

async fn listed(bucket: &Bucket, asked: &Asked) -> Vec<String> {
    let mut list = List::new().prefix(&asked.prefix).limit(asked.limit);
    if let Some(delimiter) = &asked.delimiter {
        list = list.delimiter(delimiter);
    }
    if let Some(after) = &asked.after {
        list = list.after(after);
    }
    let mut all = Vec::new();
    loop {
        let page = bucket.list(&list).await.unwrap();
        assert!(page.entries.len() <= asked.limit as usize);
        assert!(!page.entries.is_empty() || page.next.is_none());
        all.extend(page.entries.into_iter().map(|entry| match entry {
            Entry::Blob(meta) => meta.key.as_str().to_owned(),
            Entry::Prefix(prefix) => prefix,
        }));
        match page.next {
            Some(next) => list = list.resume(next),
            None => return all,
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => Just("a"), 3 => Just("b"), 4 => Just("/"), 1 => Just("."), 1 => Just("é"),
        1 => Just("\u{10ffff}"), 1 => Just("\0"), 1 => Just("\u{7f}"), 1 => Just("\u{80}"),
        1 => Just("--"),
    ];
    prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
}

fn asked() -> impl Strategy<Value = Asked> {
    let delimiter = prop_oneof![
        2 => Just(None),
        3 => Just(Some("/")),
        1 => Just(Some("--")),
        1 => Just(Some("\u{10ffff}")),
        1 => Just(Some("a")),
    ];
    (text(), delimiter, prop::option::of(text()), 1_u32..6).prop_map(
        |(prefix, delimiter, after, limit)| Asked {
            prefix: prefix.chars().take(3).collect(),
            delimiter: delimiter.map(str::to_owned),
            after,
            limit,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_listing_equals_the_listing_in_memory(
        keys in prop::collection::btree_set(text().prop_filter("empty", |key| !key.is_empty()), 0..24),
        all_asked in prop::collection::vec(asked(), 12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = LocalStore::in_memory().unwrap();
            let clock = Arc::new(isobar_local::clock());
            let bucket = Bucket::new(store.blobs(), Arc::clone(&clock) as _, "files");
            // Neighbours, whose keys must not be listed.
            for other in ["file", "filesa", "g"] {
                let other = Bucket::new(store.blobs(), Arc::clone(&clock) as _, other);
                other.put("a/b", "").await.unwrap();
            }
            for key in &keys {
                bucket.put(key, "").await.unwrap();
            }
            for asked in &all_asked {
                assert_eq!(listed(&bucket, asked).await, expected(&keys, asked), "{asked:?}");
            }
        });
    }
}
