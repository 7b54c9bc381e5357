//! A process that is killed while it writes: what it acknowledged is there, and sets are whole.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use isobar::blob::{Attributes, BlobCondition, BlobKey, GetBlobOptions, List};
use isobar::document::{IndexSpec, Query, SortType, Update, UpdateOptions, WriteSet};
use isobar::driver::blob::{Finish, Part, PartTag, Upload};
use isobar::{Bucket, Collection, CollectionSpec, ErrorKind};
use isobar_local::{LocalStore, check, clock};
use serde::{Deserialize, Serialize};

use crate::child::{Role, first_said, said};

const ROUNDS: u64 = 500;
/// Rounds on one directory before it starts anew, so that it stays small.
const ROUNDS_PER_DIRECTORY: u64 = 20;
const WRITERS: i64 = 3;
const SET: i64 = 5;

#[derive(Debug, Serialize, Deserialize)]
struct Item {
    group: String,
    id: i64,
    n: i64,
}

const ITEMS: CollectionSpec<Item> = CollectionSpec::new("items")
    .partition("group")
    .sort("id", SortType::I64)
    .change_feed()
    .index(
        IndexSpec::new("by_n")
            .partition("group")
            .sort("n", SortType::I64),
    );

fn parts(store: &LocalStore) -> (Collection<Item>, Bucket) {
    let clock = Arc::new(clock());
    let items = Collection::new(store.documents(), Arc::clone(&clock) as _, &ITEMS, "");
    (items, Bucket::new(store.blobs(), clock, "files"))
}

fn content(n: i64) -> Vec<u8> {
    let length = usize::try_from(n % 5).unwrap() * 20_000 + 10;
    n.to_le_bytes().into_iter().cycle().take(length).collect()
}

/// A bucket that keeps versions.
fn kept(store: &LocalStore) -> Bucket {
    Bucket::new(store.blobs(), Arc::new(clock()), "kept")
}

/// Bytes of each part but the last.
const PART: usize = 30_000;

/// Content in three parts, of which the second comes last.
fn uploaded(n: i64) -> Vec<u8> {
    let whole = n.to_le_bytes().into_iter().cycle();
    whole.take(2 * PART + 10_000).collect()
}

async fn upload(store: &LocalStore, writer: i64, n: i64) {
    let upload = Upload {
        key: BlobKey::new(format!("{writer}/uploaded")).unwrap(),
        attributes: Attributes::default(),
        condition: BlobCondition::None,
        size: None,
        part_bytes: PART as u64,
        planned: false,
        token: None,
    };
    let upload = store.blobs().upload("files", &upload).await.unwrap();
    let whole = Bytes::from(uploaded(n));
    for number in [1, 3, 2_u32] {
        let start = (number as usize - 1) * PART;
        let content = whole.slice(start..whole.len().min(start + PART));
        let part = Part {
            number,
            offset: start as u64,
            crc32c: crc32c::crc32c(&content),
            content,
        };
        upload.part(&part).await.unwrap();
    }
    let finish = Finish {
        parts: Some(vec![PartTag::default(); 3]),
        size: whole.len() as u64,
        crc32c: Some(crc32c::crc32c(&whole)),
    };
    upload.finish(&finish).await.unwrap();
}

/// What one writer does, from the number `first` on, until the process is killed.
async fn keep_writing(store: LocalStore, writer: i64, first: i64) {
    let (items, files) = parts(&store);
    for n in first.. {
        write_one(&store, (&items, &files), writer, n).await;
    }
}

async fn write_one(
    store: &LocalStore,
    (items, files): (&Collection<Item>, &Bucket),
    writer: i64,
    n: i64,
) {
    let item = |group: &str, id| Item {
        group: format!("{group}{writer}"),
        id,
        n,
    };
    items.create(&item("created", n)).await.unwrap();
    say("created", writer, n);
    let set = (0..SET).fold(WriteSet::new(), |set, id| set.upsert(&item("set", id)));
    items.commit(&format!("set{writer}"), set).await.unwrap();
    say("set", writer, n);
    let increment = Update::new().increment("n", 1);
    let create = UpdateOptions::default().with_create_missing();
    let key = (format!("counter{writer}"), 0);
    let counted = items.update_with(key, increment, create).await.unwrap();
    say("counter", writer, counted.value.n);
    files
        .put(format!("{writer}/replaced"), content(n))
        .await
        .unwrap();
    say("replaced", writer, n);
    upload(store, writer, n).await;
    say("uploaded", writer, n);
    kept(store)
        .put(format!("{writer}"), content(n))
        .await
        .unwrap();
    say("kept", writer, n);
    if n % 4 == 0 {
        files
            .put(format!("{writer}/{n}"), content(n))
            .await
            .unwrap();
        say("put", writer, n);
    }
}

fn say(what: &str, writer: i64, n: i64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "said {what} {writer} {n}").unwrap();
    out.flush().unwrap();
}

/// The child: writes until it is killed, from `first` on.
pub(crate) fn write(directory: &Path, first: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = LocalStore::open(directory).unwrap();
        store.keep_versions("kept").await.unwrap();
        say("ready", 0, 0);
        let first = i64::try_from(first).unwrap();
        let tasks: Vec<_> = (0..WRITERS)
            .map(|writer| keep_writing(store.clone(), writer, first))
            .map(tokio::spawn)
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// By what was written and by whom: the last number that was acknowledged.
type Acknowledged = BTreeMap<(String, i64), i64>;

/// Runs the child, kills it once it has said so much, and returns what was acknowledged.
fn run_and_kill(directory: &Path, first: u64, after: usize) -> Acknowledged {
    let (mut child, mut lines) = Role::Writer.start(directory, first);
    assert_eq!(first_said(&mut lines), "ready 0 0");
    let mut acknowledged = Acknowledged::new();
    for (number, line) in lines.split(b'\n').enumerate() {
        if number == after {
            child.kill().unwrap();
        }
        let line = String::from_utf8(line.unwrap()).unwrap();
        let words: Vec<&str> = said(&line).unwrap_or_default().split(' ').collect();
        // The kill may have cut the last line.
        if let [what, writer, n] = words[..]
            && let (Ok(writer), Ok(n)) = (writer.parse(), n.parse())
        {
            acknowledged.insert((what.to_owned(), writer), n);
        }
    }
    child.wait().unwrap();
    acknowledged
}

/// Numbers that a writer may have written when it was killed.
fn check_one(acknowledged: &Acknowledged, what: &str, writer: i64, found: i64) {
    let last = acknowledged.get(&(what.to_owned(), writer));
    if let Some(last) = last {
        let possible = *last..=*last + 1;
        assert!(
            possible.contains(&found),
            "{what} {writer}: {found}, not {possible:?}"
        );
    }
}

async fn check_writer(store: &LocalStore, acknowledged: &Acknowledged, first: i64, writer: i64) {
    let (items, files) = parts(store);
    let last = |what: &str| acknowledged.get(&(what.to_owned(), writer)).copied();
    for n in first..=last("created").unwrap_or(first - 1) {
        let found = items.get((format!("created{writer}"), n)).await.unwrap();
        assert_eq!(found.unwrap().value.n, n);
    }
    let set = Query::partition(format!("set{writer}"));
    let members = items.query(&set).await.unwrap().items;
    let numbers: Vec<_> = members.iter().map(|item| item.value.n).collect();
    if let Some(n) = numbers.first() {
        assert_eq!(numbers, [*n; 5]);
        check_one(acknowledged, "set", writer, *n);
    }
    check_index(&items, writer).await;
    let counter = items.get((format!("counter{writer}"), 0)).await.unwrap();
    check_one(
        acknowledged,
        "counter",
        writer,
        counter.map_or(0, |item| item.value.n),
    );
    if let Some(replaced) = last("replaced") {
        let found = files.get(format!("{writer}/replaced")).await.unwrap();
        let found = found.bytes().await.unwrap();
        assert!(found == content(replaced) || found == content(replaced + 1));
    }
    if let Some(n) = last("uploaded") {
        let found = files.get(format!("{writer}/uploaded")).await.unwrap();
        let found = found.bytes().await.unwrap();
        assert!(found == uploaded(n) || found == uploaded(n + 1));
    }
    let found = versions(&kept(store), &writer.to_string()).await;
    for n in first..=last("kept").unwrap_or(first - 1) {
        assert!(found.contains(&content(n)), "version {n} of {writer}");
    }
    let put = last("put").unwrap_or(first - 1);
    for n in (first..=put).filter(|n| n % 4 == 0) {
        let found = files.get(format!("{writer}/{n}")).await.unwrap();
        assert_eq!(found.bytes().await.unwrap(), content(n));
    }
}

/// The contents of all versions of a blob.
async fn versions(bucket: &Bucket, key: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let list = List::new().prefix(key);
    for version in bucket.list_versions(&list).await.unwrap().versions {
        let options = GetBlobOptions::default().with_version_id(version.id);
        let blob = bucket.get_with(key, options).await.unwrap();
        found.push(blob.bytes().await.unwrap().to_vec());
    }
    found
}

/// The index finds the same documents as the partition, at the numbers that they have now.
async fn check_index(items: &Collection<Item>, writer: i64) {
    for group in ["created", "set", "counter"] {
        let group = format!("{group}{writer}");
        let pages = [Query::partition(&group), Query::index("by_n", &group)];
        let mut found = Vec::new();
        for query in pages.map(|query| query.limit(10_000)) {
            let page = items.query(&query).await.unwrap().items;
            let page: Vec<_> = page
                .iter()
                .map(|item| (item.value.n, item.value.id))
                .collect();
            found.push(page);
        }
        found[0].sort_unstable();
        assert_eq!(found[0], found[1], "{group}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_five_hundred_kills() {
    let mut directory = tempfile::tempdir().unwrap();
    let mut writes = 0;
    for round in 0..ROUNDS {
        if round % ROUNDS_PER_DIRECTORY == 0 {
            directory = tempfile::tempdir().unwrap();
        }
        let first = round * 10_000 + 1;
        let after = usize::try_from(round * 7_919 % 41).unwrap();
        let acknowledged = run_and_kill(directory.path(), first, after);
        let store = LocalStore::open(directory.path()).unwrap();
        for writer in 0..WRITERS {
            let first = i64::try_from(first).unwrap();
            check_writer(&store, &acknowledged, first, writer).await;
        }
        drop(store);
        writes += acknowledged.len();
        if round % ROUNDS_PER_DIRECTORY == ROUNDS_PER_DIRECTORY - 1 {
            let report = check(directory.path()).unwrap();
            assert_eq!(report.problems, Vec::<String>::new());
            assert_eq!(report.unreferenced_files, 0);
            assert!(report.documents > 0 && report.blobs > 0 && report.versions > 0);
            assert_eq!(report.index_entries, report.documents);
        }
    }
    assert!(
        writes > 1_000,
        "the child was always killed before it wrote"
    );
}

#[test]
fn a_directory_is_open_in_one_process_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let (mut child, mut lines) = Role::Writer.start(directory.path(), 1);
    assert_eq!(first_said(&mut lines), "ready 0 0");
    for error in [
        LocalStore::open(directory.path()).unwrap_err(),
        check(directory.path()).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let message = error.to_string();
        assert!(
            message.contains(directory.path().to_str().unwrap()),
            "{message}"
        );
        assert!(message.contains("another process"), "{message}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    LocalStore::open(directory.path()).unwrap();
}
