//! The local store beside the bare engine below it: durable writes at 1 and 16 writers, and reads.
//!
//! `cargo bench -p isobar-local` prints rates and, for each pair, `ratio: name = value`; the names
//! `puts`, `gets`, `queries` and `blobs` after `--` choose among them. The name `million` fills a
//! store with a million documents instead, and prints memory, reopening and latencies.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be taken ends with the reason, and prints its figures"
)]

mod million;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use isobar::document::{Query, SortType, Version};
use isobar::{Bucket, Collection, CollectionSpec};
use isobar_local::{LocalStore, clock};
use redb::{Database, ReadableDatabase as _, TableDefinition};
use serde::{Deserialize, Serialize};

/// How long each side works before the other has its turn.
const SPAN: Duration = Duration::from_millis(250);
/// Turns of each side, so that both meet the same moods of the disk.
const TURNS: u32 = 10;
const KEYS: u64 = 10_000;
/// Bytes of a version that this library makes.
const VERSION_BYTES: usize = 32;
/// Documents of one partition that are read in order.
const RANGE: u32 = 1_000;
/// The rows of the range with a version each, as a program has them that checks for other writers.
const VERSIONED: TableDefinition<'_, (&str, &str, &[u8]), &[u8]> =
    TableDefinition::new("versioned");
const ROWS: TableDefinition<'_, (&str, &str, &[u8]), &[u8]> = TableDefinition::new("rows");

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    owner: String,
    id: String,
    text: String,
    edits: i64,
}

const NOTES: CollectionSpec<Note> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str);

fn note(number: u64) -> Note {
    Note {
        owner: format!("owner{}", number % 100),
        id: format!("{number:08}"),
        text: "a note of about two hundred bytes, as the figures of the design were taken "
            .repeat(2),
        edits: 1,
    }
}

/// Runs `work` with a running number until the time is up; returns the rate in a second.
async fn rate(work: impl AsyncFn(u64)) -> f64 {
    let started = Instant::now();
    let mut done = 0_u32;
    while started.elapsed() < SPAN {
        work(u64::from(done)).await;
        done += 1;
    }
    f64::from(done) / started.elapsed().as_secs_f64()
}

async fn put(notes: &Collection<Note>, number: u64) {
    notes.upsert(&note(number)).await.unwrap();
}

/// One of `writers`, each with documents of its own.
async fn keep_putting(notes: Collection<Note>, writer: u64, writers: u64) -> f64 {
    let started = Instant::now();
    let mut done = 0_u32;
    while started.elapsed() < SPAN {
        put(&notes, (u64::from(done) * writers + writer) % KEYS).await;
        done += 1;
    }
    f64::from(done) / started.elapsed().as_secs_f64()
}

async fn put_rate(notes: &Collection<Note>, writers: u64) -> f64 {
    let tasks: Vec<_> = (0..writers)
        .map(|writer| tokio::spawn(keep_putting(notes.clone(), writer, writers)))
        .collect();
    let mut all = 0.0;
    for task in tasks {
        all += task.await.unwrap();
    }
    all
}

async fn get_rate(notes: &Collection<Note>) -> f64 {
    rate(async |number| {
        let number = number * 7_919 % KEYS;
        let key = (format!("owner{}", number % 100), format!("{number:08}"));
        let found = notes.get(key).await.unwrap();
        black_box(found.unwrap().value);
    })
    .await
}

fn bare_put(database: &Database, number: u64) {
    let document = serde_json::to_vec(&note(number % KEYS)).unwrap();
    let transaction = database.begin_write().unwrap();
    let key = format!("{:08}", number % KEYS);
    let mut rows = transaction.open_table(ROWS).unwrap();
    rows.insert(("notes", "owner", key.as_bytes()), &*document)
        .unwrap();
    drop(rows);
    transaction.commit().unwrap();
}

fn bare_get(database: &Database, number: u64) {
    let transaction = database.begin_read().unwrap();
    let rows = transaction.open_table(ROWS).unwrap();
    let key = format!("{:08}", number * 7_919 % KEYS);
    let row = rows.get(("notes", "owner", key.as_bytes())).unwrap();
    let found: Note = serde_json::from_slice(row.unwrap().value()).unwrap();
    black_box(found);
}

fn fill_bare(database: &Database) {
    let transaction = database.begin_write().unwrap();
    let mut rows = transaction.open_table(ROWS).unwrap();
    for number in 0..KEYS {
        let document = serde_json::to_vec(&note(number)).unwrap();
        let key = format!("{number:08}");
        rows.insert(("notes", "owner", key.as_bytes()), &*document)
            .unwrap();
    }
    drop(rows);
    transaction.commit().unwrap();
}

async fn fill(notes: &Collection<Note>) {
    let puts = (0..KEYS).map(|number| {
        let notes = notes.clone();
        tokio::spawn(async move { put(&notes, number).await })
    });
    for put in puts.collect::<Vec<_>>() {
        put.await.unwrap();
    }
}

/// Notes of one owner.
fn owned(number: u32) -> Note {
    Note {
        owner: "everything".to_owned(),
        ..note(u64::from(number))
    }
}

/// The documents that are read in order, on both sides.
async fn fill_range(database: &Database, notes: &Collection<Note>) {
    let puts = (0..RANGE).map(|number| {
        let notes = notes.clone();
        tokio::spawn(async move { notes.upsert(&owned(number)).await.map(drop) })
    });
    for put in puts.collect::<Vec<_>>() {
        put.await.unwrap().unwrap();
    }
    let transaction = database.begin_write().unwrap();
    let mut rows = transaction.open_table(ROWS).unwrap();
    let mut versioned = transaction.open_table(VERSIONED).unwrap();
    for number in 0..RANGE {
        let document = serde_json::to_vec(&owned(number)).unwrap();
        let key = format!("{number:08}");
        let key = ("notes", "everything", key.as_bytes());
        rows.insert(key, &*document).unwrap();
        let version = Version::generate();
        let document = [version.as_str().as_bytes(), &document].concat();
        versioned.insert(key, &*document).unwrap();
    }
    drop((rows, versioned));
    transaction.commit().unwrap();
}

async fn query_rate(notes: &Collection<Note>) -> f64 {
    let query = Query::partition("everything").limit(RANGE);
    rate(async |_| {
        let page = notes.query(&query).await.unwrap();
        assert_eq!(page.items.len(), RANGE as usize);
        black_box(page.items);
    })
    .await
}

async fn bare_query_rate(database: &Database) -> f64 {
    rate(async |_| {
        let transaction = database.begin_read().unwrap();
        let rows = transaction.open_table(ROWS).unwrap();
        let start = ("notes", "everything", &b""[..]);
        let found = rows.range(start..).unwrap().map(|row| {
            let (_, document) = row.unwrap();
            serde_json::from_slice::<Note>(document.value()).unwrap()
        });
        let found: Vec<_> = found
            .take_while(|note| note.owner == "everything")
            .collect();
        assert_eq!(found.len(), RANGE as usize);
        black_box(found);
    })
    .await
}

/// The same, of rows with versions, which the caller gets as well.
async fn versioned_query_rate(database: &Database) -> f64 {
    rate(async |_| {
        let transaction = database.begin_read().unwrap();
        let rows = transaction.open_table(VERSIONED).unwrap();
        let start = ("notes", "everything", &b""[..]);
        let found = rows.range(start..).unwrap().map(|row| {
            let (_, row) = row.unwrap();
            let (version, document) = row.value().split_at(VERSION_BYTES);
            let note: Note = serde_json::from_slice(document).unwrap();
            (note, std::str::from_utf8(version).unwrap().to_owned())
        });
        let found: Vec<_> = found
            .take_while(|(note, _)| note.owner == "everything")
            .collect();
        assert_eq!(found.len(), RANGE as usize);
        black_box(found);
    })
    .await
}

async fn blob_rate(store: &LocalStore, bytes: usize) -> f64 {
    let bucket = Bucket::new(store.blobs(), Arc::new(clock()), "files");
    let content = bytes::Bytes::from(vec![7; bytes]);
    rate(async |number| {
        let key = format!("{}", number % 100);
        bucket.put(key, content.clone()).await.unwrap();
    })
    .await
}

/// Prints what a measurement is called, both rates and their ratio.
fn report(what: &str, (bare, store): (f64, f64)) {
    println!("{what}/s: bare engine {bare:.0}, store {store:.0}");
    println!("ratio: local {what} to bare redb = {:.3}", store / bare);
}

/// The mean rates of both sides, which take turns.
async fn in_turns(bare: impl AsyncFn() -> f64, store: impl AsyncFn() -> f64) -> (f64, f64) {
    let mut sums = (0.0, 0.0);
    for _ in 0..TURNS {
        sums.0 += bare().await;
        sums.1 += store().await;
    }
    (sums.0 / f64::from(TURNS), sums.1 / f64::from(TURNS))
}

async fn measure(wanted: impl Fn(&str) -> bool, directory: &Path) {
    let database = Database::create(directory.join("bare.redb")).unwrap();
    fill_bare(&database);
    let store = LocalStore::open(directory.join("store")).unwrap();
    let notes = Collection::new(store.documents(), Arc::new(clock()), &NOTES, "");
    fill(&notes).await;
    if wanted("puts") {
        for (writers, what) in [
            (1, "durable puts, 1 writer"),
            (16, "durable puts, 16 writers"),
        ] {
            let bare = async || rate(async |number| bare_put(&database, number)).await;
            let rates = in_turns(bare, async || put_rate(&notes, writers).await).await;
            report(what, rates);
        }
    }
    if wanted("gets") {
        let bare = async || rate(async |number| bare_get(&database, number)).await;
        report(
            "gets",
            in_turns(bare, async || get_rate(&notes).await).await,
        );
    }
    if wanted("queries") {
        fill_range(&database, &notes).await;
        let bare = async || bare_query_rate(&database).await;
        let rates = in_turns(bare, async || query_rate(&notes).await).await;
        report(&format!("queries of {RANGE}"), rates);
        let versioned = async || versioned_query_rate(&database).await;
        let rates = in_turns(versioned, async || query_rate(&notes).await).await;
        report(&format!("queries of {RANGE} with versions"), rates);
    }
    if wanted("blobs") {
        let small = blob_rate(&store, 1_000).await;
        let large = blob_rate(&store, 1 << 20).await;
        println!("durable blob puts/s: 1 kB {small:.0}, 1 MiB {large:.0}");
    }
}

fn main() {
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|name| !name.starts_with('-'))
        .collect();
    let wanted = |what: &str| named.is_empty() || named.iter().any(|name| name == what);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    if named.iter().any(|name| name == "million") {
        runtime.block_on(million::measure(directory.path()));
        return;
    }
    runtime.block_on(measure(wanted, directory.path()));
}
