//! Documents of Isobar beside the bare AWS SDK with serde_dynamo, on one emulator; and the codecs alone.
//!
//! `cargo bench -p isobar-aws` prints medians and, for each pair, `ratio: name = value`. The emulator is the one that
//! `./test` installs. The bare side stores what ours does, a version included; beside items without one, which `beside_plain`
//! in a name says, the ratio has what a version costs the emulator too.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be taken ends with the reason, and prints its figures"
)]

#[path = "../tests/it/emulator.rs"]
#[expect(dead_code, reason = "the tests put a proxy before it too")]
mod emulator;

use std::alloc::System;
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use isobar::document::{Query, SortType, Value, Version};
use isobar::driver::Clock;
use isobar::driver::document::DocumentDriver;
use isobar::{Collection, CollectionSpec};
use isobar_aws::DynamoStore;
use serde::{Deserialize, Serialize};
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, from_items, to_item};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region as Allocations, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Documents of a partition that a query reads, and keys of a batch.
const MANY: u32 = 100;
const POINT_ROUNDS: usize = 400;
const MANY_ROUNDS: usize = 60;
const CODEC_ROUNDS: u32 = 50_000;
/// The items that the bare side reads and writes have a version as ours do, which it neither checks nor reads.
const TABLE: &str = "bench-notes";
/// These have none.
const PLAIN: &str = "plain-notes";
const NOTES: CollectionSpec<Note> = CollectionSpec::new("notes")
    .partition("owner")
    .sort("id", SortType::Str);

/// Twenty fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    owner: String,
    id: String,
    title: String,
    text: String,
    tags: Vec<String>,
    edits: i64,
    stars: f64,
    archived: bool,
    parent: Option<String>,
    created: i64,
    changed: i64,
    author: Author,
    language: String,
    format: String,
    color: String,
    reads: i64,
    priority: i64,
    ratio: f64,
    pinned: bool,
    source: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Author {
    name: String,
    mail: String,
}

fn note(number: u32) -> Note {
    Note {
        owner: "owner".to_owned(),
        id: format!("{number:08}"),
        title: "a title of some words".to_owned(),
        text: "a note of some length, as people write them ".repeat(4),
        tags: vec!["home".to_owned(), "later".to_owned()],
        edits: 3,
        stars: 4.5,
        archived: false,
        parent: None,
        created: 1_796_000_000,
        changed: 1_796_000_123,
        author: Author {
            name: "Ada".to_owned(),
            mail: "ada@example.org".to_owned(),
        },
        language: "en".to_owned(),
        format: "markdown".to_owned(),
        color: "#ffcc00".to_owned(),
        reads: 12_345,
        priority: 2,
        ratio: 0.25,
        pinned: true,
        source: "mobile".to_owned(),
    }
}

/// The two sides; each has a table of its own with the same notes, the bare one a second.
struct Sides {
    client: Client,
    notes: Collection<Note>,
}

impl Sides {
    async fn fill() -> Self {
        let client = client(emulator::endpoint());
        let store: Arc<dyn DocumentDriver> = Arc::new(DynamoStore::new(client.clone()));
        let clock: Arc<dyn Clock> = Arc::new(isobar_aws::function::clock());
        let bare = Collection::new(Arc::clone(&store), Arc::clone(&clock), &NOTES, "bench-");
        bare.ensure().await.unwrap();
        let plain = Collection::new(Arc::clone(&store), Arc::clone(&clock), &NOTES, "plain-");
        plain.ensure().await.unwrap();
        let notes = Collection::new(store, clock, &NOTES, "ours-");
        notes.ensure().await.unwrap();
        let sides = Self { client, notes };
        for number in 0..MANY {
            sides.bare_put(TABLE, number).await;
            sides.bare_put(PLAIN, number).await;
            sides.put(number).await;
        }
        sides
    }

    async fn put(&self, number: u32) {
        self.notes.upsert(&note(number)).await.unwrap();
    }

    async fn bare_put(&self, table: &str, number: u32) {
        let request = self.client.put_item().table_name(table);
        let mut item: HashMap<String, AttributeValue> = to_item(note(number)).unwrap();
        if table == TABLE {
            let version = AttributeValue::S(Version::generate().as_str().to_owned());
            item.insert("_rev".to_owned(), version);
        }
        request.set_item(Some(item)).send().await.unwrap();
    }

    async fn get(&self, number: u32) {
        let found = self.notes.get(("owner", format!("{number:08}"))).await;
        black_box(found.unwrap().unwrap().value);
    }

    async fn bare_get(&self, number: u32) {
        let request = self.client.get_item().table_name(TABLE);
        let request = request.set_key(Some(key(number))).consistent_read(true);
        let found = request.send().await.unwrap().item.unwrap();
        black_box(from_item::<Note>(found).unwrap());
    }

    async fn query(&self, _: u32) {
        let query = Query::partition("owner").limit(MANY);
        let page = self.notes.query(&query).await.unwrap();
        assert_eq!(page.items.len(), MANY as usize);
        black_box(page.items);
    }

    async fn bare_query(&self, table: &str) {
        let request = self.client.query().table_name(table).consistent_read(true);
        let request = request
            .key_condition_expression("#owner = :owner")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", AttributeValue::S("owner".to_owned()))
            .limit(MANY.cast_signed());
        let found = request.send().await.unwrap().items.unwrap();
        let found: Vec<Note> = from_items(found).unwrap();
        assert_eq!(found.len(), MANY as usize);
        black_box(found);
    }

    async fn batch(&self, _: u32) {
        let keys = (0..MANY).map(|number| ("owner", format!("{number:08}")));
        let found = self.notes.get_batch(keys).await.unwrap();
        assert!(found.iter().all(Option::is_some));
        black_box(found);
    }

    /// The answers of DynamoDB have no order, so the caller brings them into that of the keys.
    async fn bare_batch(&self, table: &str) {
        let keys = (0..MANY).map(key).collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys));
        let keys = keys.consistent_read(true).build().unwrap();
        let request = self.client.batch_get_item().request_items(table, keys);
        let found = request.send().await.unwrap().responses.unwrap();
        let found = found.into_values().flatten().collect::<Vec<_>>();
        let found: Vec<Note> = from_items(found).unwrap();
        let mut by_id: HashMap<String, Note> = found
            .into_iter()
            .map(|note| (note.id.clone(), note))
            .collect();
        let found: Vec<_> = (0..MANY)
            .map(|number| by_id.remove(&format!("{number:08}")))
            .collect();
        assert!(found.iter().all(Option::is_some));
        black_box(found);
    }
}

fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "bench"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

fn key(number: u32) -> HashMap<String, AttributeValue> {
    let owner = AttributeValue::S("owner".to_owned());
    let id = AttributeValue::S(format!("{number:08}"));
    HashMap::from([("owner".to_owned(), owner), ("id".to_owned(), id)])
}

/// Calls both sides in turns, so that a busy moment of the machine meets both; prints medians and allocations.
async fn compare(name: &str, rounds: usize, ours: impl AsyncFn(u32), bare: impl AsyncFn(u32)) {
    let mut spans = [Vec::new(), Vec::new()];
    let mut allocations = [0, 0];
    for round in 0..rounds {
        let number = u32::try_from(round).unwrap() % MANY;
        for side in [round % 2, 1 - round % 2] {
            let (begin, region) = (Instant::now(), Allocations::new(ALLOCATOR));
            match side {
                0 => ours(number).await,
                _ => bare(number).await,
            }
            spans[side].push(begin.elapsed());
            allocations[side] += region.change().allocations;
        }
    }
    let [ours, bare] = spans.map(median);
    println!(
        "{name}: isobar {:.3} ms, {} allocations; bare SDK {:.3} ms, {} allocations",
        ours * 1e3,
        allocations[0] / rounds,
        bare * 1e3,
        allocations[1] / rounds
    );
    println!("ratio: dynamodb_{name}_time = {:.3}", ours / bare);
    println!(
        "ratio: dynamodb_{name}_allocations = {:.3}",
        count(allocations[0]) / count(allocations[1])
    );
}

fn count(allocations: usize) -> f64 {
    f64::from(u32::try_from(allocations).unwrap_or(u32::MAX))
}

fn median(mut spans: Vec<Duration>) -> f64 {
    spans.sort();
    spans[spans.len() / 2].as_secs_f64()
}

/// Nanoseconds of one document, there and back.
fn codec<T>(write: impl Fn(&Note) -> T, read: impl Fn(T) -> Note) -> f64 {
    let document = note(7);
    assert_eq!(read(write(&document)), document);
    let begin = Instant::now();
    for _ in 0..CODEC_ROUNDS {
        black_box(read(black_box(write(&document))));
    }
    begin.elapsed().as_secs_f64() * 1e9 / f64::from(CODEC_ROUNDS)
}

fn compare_codecs() {
    let ours = codec(
        |note| Value::encode(note).unwrap(),
        |value| value.decode().unwrap(),
    );
    let dynamo = codec(
        |note| to_item(note).unwrap(),
        |item: HashMap<String, AttributeValue>| from_item(item).unwrap(),
    );
    let json = codec(
        |note| serde_json::to_value(note).unwrap(),
        |value| serde_json::from_value(value).unwrap(),
    );
    println!(
        "a document of 20 fields to a tree of values and back: isobar {ours:.0} ns, \
         serde_dynamo {dynamo:.0} ns, serde_json::Value {json:.0} ns"
    );
    println!(
        "ratio: codec_isobar_over_serde_dynamo = {:.3}",
        ours / dynamo
    );
    println!("ratio: codec_isobar_over_serde_json = {:.3}", ours / json);
}

async fn measure() {
    let sides = Sides::fill().await;
    let both = &sides;
    compare(
        "get",
        POINT_ROUNDS,
        async |number| both.get(number).await,
        async |number| both.bare_get(number).await,
    )
    .await;
    compare(
        "put",
        POINT_ROUNDS,
        async |number| both.put(number).await,
        async |number| both.bare_put(TABLE, number).await,
    )
    .await;
    compare(
        "query_of_100",
        MANY_ROUNDS,
        async |number| both.query(number).await,
        async |_| both.bare_query(TABLE).await,
    )
    .await;
    compare(
        "batch_of_100",
        MANY_ROUNDS,
        async |number| both.batch(number).await,
        async |_| both.bare_batch(TABLE).await,
    )
    .await;
    compare(
        "put_beside_plain",
        POINT_ROUNDS,
        async |number| both.put(number).await,
        async |number| both.bare_put(PLAIN, number).await,
    )
    .await;
    compare(
        "query_of_100_beside_plain",
        MANY_ROUNDS,
        async |number| both.query(number).await,
        async |_| both.bare_query(PLAIN).await,
    )
    .await;
    compare(
        "batch_of_100_beside_plain",
        MANY_ROUNDS,
        async |number| both.batch(number).await,
        async |_| both.bare_batch(PLAIN).await,
    )
    .await;
}

fn main() {
    compare_codecs();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure());
}
