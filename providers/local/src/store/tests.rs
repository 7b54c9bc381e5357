//! The store on a disk that loses power, fills up, and fails.

mod disk;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use isobar::document::{Query, SortType, Update, UpdateOptions, WriteSet};
use isobar::{Collection, CollectionSpec, ErrorKind};
use serde_json::{Value, json};

use super::LocalStore;
use crate::blob::objects::Objects;
use crate::config::LocalConfig;
use disk::{Disk, Operation};

const ITEMS: CollectionSpec<Value> = CollectionSpec::new("items")
    .partition("group")
    .sort("id", SortType::I64)
    .change_feed();
/// Documents that a set writes together.
const SET: i64 = 5;

fn open(disk: &Disk) -> isobar::Result<LocalStore> {
    let config = LocalConfig::in_memory().with_cache_bytes(1 << 20);
    LocalStore::start(disk.clone(), Objects::temporary(), &config, None)
        .map_err(|fault| fault.error(&"the test"))
}

fn items(store: &LocalStore) -> Collection<Value> {
    Collection::new(store.documents(), Arc::new(crate::clock()), &ITEMS, "")
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work)
}

/// What was acknowledged, and what was tried and may be there.
#[derive(Debug, Default)]
struct Expected {
    single: BTreeMap<i64, Tried>,
    /// Each set writes one number into all its documents.
    sets: BTreeMap<i64, Tried>,
    counter: Tried,
}

/// The number that must be there at least, and the one that may be.
#[derive(Debug, Default, Clone, Copy)]
struct Tried {
    acknowledged: i64,
    tried: i64,
}

impl Tried {
    fn next(&mut self) -> i64 {
        self.tried += 1;
        self.tried
    }

    fn settle(&mut self, done: bool) {
        if done {
            self.acknowledged = self.tried;
        }
    }

    fn check(&mut self, found: i64) {
        assert!(
            (self.acknowledged..=self.tried).contains(&found),
            "{self:?} {found}"
        );
        // What was found once must stay.
        *self = Self {
            acknowledged: found,
            tried: found,
        };
    }
}

impl Expected {
    /// Writes at once: two documents, two sets and a counter, so that they share commits.
    async fn write(&mut self, items: &Collection<Value>, step: i64) {
        let (id, group) = (step % 7, step % 3);
        let single = self.single.entry(id).or_default();
        let set = self.sets.entry(group).or_default();
        let (document, number) = (single.next(), set.next());
        self.counter.next();
        let document = json!({"group": "single", "id": id, "n": document, "pad": "x".repeat(900)});
        let members = (0..SET).fold(WriteSet::new(), |set, id| {
            set.upsert(&json!({"group": format!("set{group}"), "id": id, "n": number}))
        });
        let partition = format!("set{group}");
        let increment = Update::new().increment("n", 1);
        let create = UpdateOptions::default().with_create_missing();
        let (a, b, c) = tokio::join!(
            items.upsert(&document),
            items.commit(&partition, members),
            items.update_with(("counter", 0), increment, create),
        );
        single.settle(a.is_ok());
        set.settle(b.is_ok());
        self.counter.settle(c.is_ok());
    }

    async fn check(&mut self, items: &Collection<Value>) {
        let number = |item: Option<isobar::document::Item<Value>>| {
            item.map_or(0, |item| item.value["n"].as_i64().unwrap())
        };
        for (id, tried) in &mut self.single {
            tried.check(number(items.get(("single", *id)).await.unwrap()));
        }
        for (group, tried) in &mut self.sets {
            let partition = Query::partition(format!("set{group}"));
            let members = items.query(&partition).await.unwrap().items;
            let numbers: Vec<_> = members.into_iter().map(|item| number(Some(item))).collect();
            let first = numbers.first().copied().unwrap_or(0);
            assert!(numbers.is_empty() || numbers == [first; 5], "{numbers:?}");
            tried.check(first);
        }
        self.counter
            .check(number(items.get(("counter", 0)).await.unwrap()));
    }
}

async fn write_until_the_power_goes(disk: &Disk, expected: &mut Expected) {
    let Ok(store) = open(disk) else {
        return;
    };
    let items = items(&store);
    expected.check(&items).await;
    for step in 0.. {
        if !disk.has_power() {
            return;
        }
        expected.write(&items, step).await;
    }
}

#[test]
fn a_thousand_power_losses_lose_nothing_that_was_acknowledged() {
    let mut acknowledged = 0;
    for run in 0..50 {
        let disk = Disk::new(run);
        let mut expected = Expected::default();
        for round in 0..20 {
            let case = run * 20 + round;
            disk.lose_power_after(case * 7 % 61);
            block_on(write_until_the_power_goes(&disk, &mut expected));
            disk.restart();
        }
        block_on(async {
            let store = open(&disk).unwrap();
            expected.check(&items(&store)).await;
        });
        acknowledged += expected.counter.acknowledged;
    }
    assert!(
        acknowledged > 500,
        "{acknowledged} writes were acknowledged"
    );
}

async fn put(items: &Collection<Value>, id: i64, bytes: usize) -> isobar::Result<()> {
    let document = json!({"group": "g", "id": id, "n": id, "pad": "x".repeat(bytes)});
    items.upsert(&document).await.map(drop)
}

async fn ids(items: &Collection<Value>) -> Vec<i64> {
    let all = Query::partition("g").limit(Query::MAX_LIMIT);
    let found = items.query(&all).await.unwrap().items;
    found
        .into_iter()
        .map(|item| item.value["id"].as_i64().unwrap())
        .collect()
}

#[test]
fn on_a_full_disk_reads_go_on_and_writes_recover_when_there_is_room() {
    block_on(async {
        let disk = Disk::new(3);
        let store = open(&disk).unwrap();
        let items = items(&store);
        let mut acknowledged = Vec::new();
        let mut ids_to_write = 0..;
        for round in 0..8 {
            disk.limit_room(Some(round * 3));
            let error = loop {
                let id = ids_to_write.next().unwrap();
                match put(&items, id, 4_000).await {
                    Ok(()) => acknowledged.push(id),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert!(error.to_string().contains("is full"), "{error}");
            assert!(error.retryable());
            for _ in 0..3 {
                put(&items, -1, 4_000).await.unwrap_err();
                assert_eq!(ids(&items).await, acknowledged);
            }
            disk.limit_room(None);
            let id = ids_to_write.next().unwrap();
            put(&items, id, 4_000).await.unwrap();
            acknowledged.push(id);
        }
        drop((items, store));
        let store = open(&disk).unwrap();
        assert_eq!(ids(&super::tests::items(&store)).await, acknowledged);
    });
}

#[test]
fn after_a_failed_operation_the_store_goes_on_and_nothing_acknowledged_is_lost() {
    block_on(async {
        let disk = Disk::new(5);
        let store = open(&disk).unwrap();
        let items = items(&store);
        let mut acknowledged = Vec::new();
        for round in 0..40 {
            let operation = if round % 2 == 0 {
                Operation::Write
            } else {
                Operation::Flush
            };
            disk.fail_next(operation, io::ErrorKind::Other);
            let failed = put(&items, 2 * round, 500).await;
            let error = failed.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert!(error.outcome_unknown(), "it failed while it was committed");
            put(&items, 2 * round + 1, 500).await.unwrap();
            acknowledged.push(2 * round + 1);
            let found = ids(&items).await;
            assert!(acknowledged.iter().all(|id| found.contains(id)));
        }
    });
}

#[test]
fn a_read_that_fails_once_is_answered_from_a_new_opening() {
    block_on(async {
        let disk = Disk::new(7);
        let store = open(&disk).unwrap();
        put(&items(&store), 1, 500).await.unwrap();
        drop(store);
        // The file in the cache of nobody, so that reading it means reading the disk.
        let store = open(&disk).unwrap();
        disk.fail_next(Operation::Read, io::ErrorKind::Other);
        assert_eq!(ids(&items(&store)).await, [1]);
    });
}

#[test]
fn a_set_that_fails_late_is_all_there_or_not_at_all() {
    block_on(async {
        let disk = Disk::new(9);
        let mut expected = Expected::default();
        let store = open(&disk).unwrap();
        let items = items(&store);
        for step in 0..60 {
            if step % 3 == 0 {
                disk.fail_next(Operation::Flush, io::ErrorKind::Other);
            }
            expected.write(&items, step).await;
            expected.check(&items).await;
        }
    });
}
