//! Listings: every page size gives the same entries, folded or not.

use isobar::Bucket;
use isobar::blob::{Entry, List};

use super::fresh;

const KEYS: [&str; 12] = [
    "a", "a b", "a+b", "a/", "a/1", "a/2", "a//3", "b", "b-/x", "b/x", "c/d/e", "☺/x",
];

/// What a listing of all keys must be, worked out in memory.
fn expected(prefix: &str, delimiter: Option<&str>) -> Vec<String> {
    let mut entries: Vec<String> = KEYS
        .into_iter()
        .filter_map(|key| {
            let rest = key.strip_prefix(prefix)?;
            let folded = delimiter.and_then(|delimiter| {
                let end = rest.find(delimiter)? + delimiter.len();
                Some(format!("{prefix}{}*", &rest[..end]))
            });
            Some(folded.unwrap_or_else(|| key.to_owned()))
        })
        .collect();
    entries.sort_by(|a, b| a.trim_end_matches('*').cmp(b.trim_end_matches('*')));
    entries.dedup();
    entries
}

fn shown(entry: &Entry) -> String {
    match entry {
        Entry::Blob(meta) => meta.key.as_str().to_owned(),
        Entry::Prefix(prefix) => format!("{prefix}*"),
    }
}

fn list(prefix: &str, delimiter: Option<&str>) -> List {
    let list = List::new().prefix(prefix);
    match delimiter {
        Some(delimiter) => list.delimiter(delimiter),
        None => list,
    }
}

/// All entries, page by page.
async fn all(bucket: &Bucket, mut list: List, limit: u32) -> Vec<String> {
    list = list.limit(limit);
    let mut found = Vec::new();
    loop {
        let page = bucket.list(&list).await.expect("a page");
        assert!(page.entries.len() <= limit as usize);
        found.extend(page.entries.iter().map(shown));
        let Some(next) = page.next else { return found };
        list = list.resume(next);
    }
}

async fn filled() -> Bucket {
    let (bucket, ..) = fresh().await;
    for key in KEYS {
        bucket.put(key, "x").await.expect("it is stored");
    }
    bucket
}

#[tokio::test]
async fn pages_of_any_size_add_up_to_the_same_listing() {
    let bucket = filled().await;
    for (prefix, delimiter) in [
        ("", None),
        ("", Some("/")),
        ("a", Some("/")),
        ("a/", Some("/")),
        ("", Some("-/")),
        ("b", None),
        ("z", Some("/")),
    ] {
        for limit in [1, 2, 3, 1_000] {
            let found = all(&bucket, list(prefix, delimiter), limit).await;
            assert_eq!(
                found,
                expected(prefix, delimiter),
                "{prefix:?} {delimiter:?} {limit}"
            );
        }
    }
}

#[tokio::test]
async fn a_listing_starts_after_any_place() {
    let bucket = filled().await;
    for after in ["", "a", "a/", "a/1", "a/zzz", "b", "☺/x", "zz"] {
        for delimiter in [None, Some("/")] {
            let found = all(&bucket, list("", delimiter).after(after), 1_000).await;
            let mut rest = expected("", delimiter);
            rest.retain(|entry| entry.trim_end_matches('*') > after);
            assert_eq!(found, rest, "after {after:?} with {delimiter:?}");
        }
    }
}
