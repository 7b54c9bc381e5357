//! Buckets that keep the versions of their blobs.

use std::fs;
use std::sync::Arc;

use isobar::blob::{
    BlobCondition, CopyOptions, DeleteBlobOptions, GetBlobOptions, List, PutBlobOptions, VersionId,
    VersionState,
};
use isobar::{Bucket, ErrorKind};
use isobar_local::{LocalStore, check};

use crate::fixture::kind;

fn bucket(store: &LocalStore, name: &str) -> Bucket {
    Bucket::new(store.blobs(), Arc::new(isobar_local::clock()), name)
}

async fn keeping(store: &LocalStore) -> Bucket {
    store.keep_versions("files").await.unwrap();
    bucket(store, "files")
}

/// All versions, page by page of `limit`: key, state, and content where there is one.
async fn history(files: &Bucket, limit: u32) -> Vec<(String, VersionState, String)> {
    let (mut found, mut list) = (Vec::new(), List::new().limit(limit));
    loop {
        let page = files.list_versions(&list).await.unwrap();
        assert!(page.versions.len() <= limit as usize);
        for version in page.versions {
            let key = version.meta.key.as_str().to_owned();
            let content = match version.state {
                VersionState::Deletion => String::new(),
                _ => read(files, &key, version.id).await,
            };
            found.push((key, version.state, content));
        }
        match page.next {
            Some(next) => list = list.resume(next),
            None => return found,
        }
    }
}

async fn read(files: &Bucket, key: &str, id: VersionId) -> String {
    let options = GetBlobOptions::default().with_version_id(id);
    let blob = files.get_with(key, options).await.unwrap();
    let bytes = blob.bytes().await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn remove(files: &Bucket, key: &str, id: &VersionId) -> Option<bool> {
    let options = DeleteBlobOptions::default().with_version_id(id.clone());
    files.delete_with(key, options).await.unwrap()
}

fn told(found: &[(String, VersionState, String)]) -> Vec<(&str, VersionState, &str)> {
    let told = found
        .iter()
        .map(|(key, state, content)| (&**key, *state, &**content));
    told.collect()
}

use VersionState::{Deletion, Past, Present};

#[tokio::test]
async fn what_was_replaced_or_deleted_is_kept_in_the_order_of_the_keys_the_latest_first() {
    let store = LocalStore::in_memory().unwrap();
    let files = keeping(&store).await;
    for content in ["1", "2", "3"] {
        files.put("b", content).await.unwrap();
    }
    files.put("a", "a").await.unwrap();
    assert_eq!(files.delete("a").await.unwrap(), Some(true));
    assert_eq!(files.delete("a").await.unwrap(), Some(false));
    files.put("b/1", "x").await.unwrap();
    files.delete("b").await.unwrap();
    files.put("b", "4").await.unwrap();
    let expected = [
        ("a", Deletion, ""),
        ("a", Past, "a"),
        ("b", Present, "4"),
        ("b", Deletion, ""),
        ("b", Past, "3"),
        ("b", Past, "2"),
        ("b", Past, "1"),
        ("b/1", Present, "x"),
    ];
    for limit in [1, 2, 3, 1_000] {
        assert_eq!(told(&history(&files, limit).await), expected);
    }
    let below = files.list_versions(&List::new().prefix("b/")).await;
    assert_eq!(below.unwrap().versions.len(), 1);
    let after = files.list_versions(&List::new().after("b")).await;
    assert_eq!(after.unwrap().versions.len(), 1);
    let present = files.list(&List::new()).await.unwrap();
    assert_eq!(present.keys().collect::<Vec<_>>(), ["b", "b/1"]);
}

#[tokio::test]
async fn a_version_that_is_removed_is_gone_for_good_and_the_latest_left_is_present() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    let files = keeping(&store).await;
    let mut ids = Vec::new();
    for content in ["1", "2", "3"] {
        let put = files.put("a", content).await.unwrap();
        ids.push(put.version_id.unwrap());
    }
    assert_eq!(remove(&files, "a", &ids[1]).await, Some(true));
    assert_eq!(remove(&files, "a", &ids[1]).await, Some(false));
    let gone = files.head_version("a", ids[1].clone()).await;
    assert_eq!(kind(gone), ErrorKind::NotFound);
    assert_eq!(remove(&files, "a", &ids[2]).await, Some(true));
    assert_eq!(told(&history(&files, 10).await), [("a", Present, "1")]);
    files.delete("a").await.unwrap();
    let marks = files.list_versions(&List::new()).await.unwrap().versions;
    assert_eq!(marks[0].state, Deletion);
    let unreadable = files.head_version("a", marks[0].id.clone()).await;
    assert_eq!(kind(unreadable), ErrorKind::NotFound);
    assert_eq!(remove(&files, "a", &marks[0].id).await, Some(true));
    assert_eq!(told(&history(&files, 10).await), [("a", Present, "1")]);
    assert_eq!(remove(&files, "a", &ids[0]).await, Some(true));
    assert_eq!(history(&files, 10).await, []);
    drop((files, store));
    let report = check(directory.path()).unwrap();
    assert_eq!((report.blobs, report.versions), (0, 0));
    assert_eq!(report.unreferenced_files, 0);
}

#[tokio::test]
async fn versions_survive_a_restart_and_are_looked_over() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    let files = bucket(&store, "files");
    let before = files.put("a", "before").await.unwrap();
    assert_eq!(before.version_id, None);
    store.keep_versions("files").await.unwrap();
    files.put("a", "after").await.unwrap();
    files.put("b", "gone").await.unwrap();
    files.delete("b").await.unwrap();
    let other = bucket(&store, "other");
    other.put("a", "1").await.unwrap();
    other.put("a", "2").await.unwrap();
    let found = history(&files, 10).await;
    drop((files, other, store));
    let report = check(directory.path()).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!((report.blobs, report.versions), (2, 3));
    assert_eq!(report.unreferenced_files, 0);
    let store = LocalStore::open(directory.path()).unwrap();
    let files = bucket(&store, "files");
    assert_eq!(history(&files, 10).await, found);
    assert_eq!(told(&history(&bucket(&store, "other"), 10).await).len(), 1);
    let id = VersionId::new(before.version.as_str());
    let options = CopyOptions::default().with_source_version_id(id);
    let brought_back = files.copy_with("a", "a", options).await.unwrap();
    assert!(brought_back.version_id.is_some());
    let content = files.get("a").await.unwrap().bytes().await.unwrap();
    assert_eq!(content, "before");
    assert_eq!(history(&files, 10).await.len(), found.len() + 1);
    drop((files, store));
    let objects = directory.path().join("objects");
    for folder in fs::read_dir(&objects).unwrap() {
        for file in fs::read_dir(folder.unwrap().path()).unwrap() {
            fs::write(file.unwrap().path(), "damaged").unwrap();
        }
    }
    let problems = check(directory.path()).unwrap().problems;
    assert_eq!(problems.len(), 5, "{problems:?}");
}

#[tokio::test]
async fn a_listing_that_goes_on_tells_a_content_once_although_it_became_past() {
    let store = LocalStore::in_memory().unwrap();
    let files = keeping(&store).await;
    for content in ["1", "2"] {
        files.put("a", content).await.unwrap();
    }
    let first = files.list_versions(&List::new().limit(1)).await.unwrap();
    assert_eq!(first.versions[0].state, Present);
    files.put("a", "3").await.unwrap();
    let rest = List::new().resume(first.next.unwrap());
    let rest = files.list_versions(&rest).await.unwrap().versions;
    assert_eq!(rest.len(), 1);
    assert_eq!(read(&files, "a", rest[0].id.clone()).await, "1");
}

#[tokio::test]
async fn conditions_are_about_the_present_content() {
    let store = LocalStore::in_memory().unwrap();
    let files = keeping(&store).await;
    let first = files.put("a", "1").await.unwrap();
    files.delete("a").await.unwrap();
    let put = |condition| PutBlobOptions::default().with_condition(condition);
    let stale = put(BlobCondition::IfVersion(first.version));
    let refused = files.put_with("a", "2", stale).await;
    assert_eq!(kind(refused), ErrorKind::PreconditionFailed);
    let created = files.put_with("a", "2", put(BlobCondition::IfAbsent)).await;
    created.unwrap();
    assert_eq!(history(&files, 10).await.len(), 3);
    let refused = files.put_with("a", "3", put(BlobCondition::IfAbsent)).await;
    assert_eq!(kind(refused), ErrorKind::AlreadyExists);
    assert_eq!(history(&files, 10).await.len(), 3);
}

#[tokio::test]
async fn an_older_version_of_the_library_is_told_that_the_store_is_newer() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    keeping(&store).await;
    drop(store);
    let database = redb::Database::open(directory.path().join("store.redb")).unwrap();
    let transaction = redb::ReadableDatabase::begin_read(&database).unwrap();
    let meta: redb::TableDefinition<'_, &str, u64> = redb::TableDefinition::new("meta");
    let format = transaction.open_table(meta).unwrap();
    assert_eq!(format.get("format").unwrap().unwrap().value(), 3);
}
