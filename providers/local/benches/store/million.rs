//! A store of a million documents: its memory while it is read, its reopening, its latencies.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use isobar::document::BatchWrite;
use isobar::{Collection, ErrorKind};
use isobar_local::{LocalStore, clock};

use crate::{NOTES, Note, note};

const DOCUMENTS: u64 = 1_000_000;
/// Documents that are written together while the store is filled.
const BATCH: u64 = 1_000;
/// Reads between two looks at the memory.
const READS: u64 = 200_000;
const LOOKS: u64 = 5;
const PUTS: u64 = 5_000;

pub(crate) async fn measure(directory: &Path) {
    let place = directory.join("million");
    let started = Instant::now();
    let (store, notes) = open(&place);
    fill(&notes).await;
    println!(
        "{DOCUMENTS} documents filled in {:.1} s",
        started.elapsed().as_secs_f64()
    );
    let bytes = std::fs::metadata(place.join("store.redb")).unwrap().len();
    println!(
        "file: {} MB, resident memory: {} MB",
        bytes >> 20,
        resident() >> 20
    );
    drop((store, notes));

    let started = Instant::now();
    let (store, notes) = open(&place);
    notes.get(key(DOCUMENTS / 2)).await.unwrap().unwrap();
    println!(
        "reopened and first read in {:.1} ms",
        1e3 * started.elapsed().as_secs_f64()
    );

    let mut numbers = Numbers(1);
    for look in 1..=LOOKS {
        for _ in 0..READS {
            let key = key(numbers.next() % DOCUMENTS);
            black_box(notes.get(key).await.unwrap().unwrap());
        }
        let reads = look * READS;
        println!(
            "after {reads} reads at random: resident memory {} MB",
            resident() >> 20
        );
    }
    let mut gets = Vec::new();
    for _ in 0..READS {
        let key = key(numbers.next() % DOCUMENTS);
        let started = Instant::now();
        black_box(notes.get(key).await.unwrap().unwrap());
        gets.push(started.elapsed());
    }
    tell("get", gets);
    let mut puts = Vec::new();
    for _ in 0..PUTS {
        let note = note(numbers.next() % DOCUMENTS);
        let started = Instant::now();
        notes.upsert(&note).await.unwrap();
        puts.push(started.elapsed());
    }
    tell("durable put", puts);
    drop(store);
}

fn open(place: &Path) -> (LocalStore, Collection<Note>) {
    let store = LocalStore::open(place).unwrap();
    let notes = Collection::new(store.documents(), Arc::new(clock()), &NOTES, "");
    let notes = notes.with_budget(Duration::from_mins(1));
    (store, notes)
}

fn key(number: u64) -> (String, String) {
    let note = note(number);
    (note.owner, note.id)
}

async fn fill(notes: &Collection<Note>) {
    for first in (0..DOCUMENTS).step_by(usize::try_from(BATCH).unwrap()) {
        let batch = (first..first + BATCH).fold(BatchWrite::new(), |batch, number| {
            batch.upsert(&note(number))
        });
        for result in notes.write_batch(batch).await.unwrap() {
            result.unwrap();
        }
    }
    let missing = notes.fetch(key(DOCUMENTS)).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}

/// Numbers in no order, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

fn tell(what: &str, mut spans: Vec<Duration>) {
    spans.sort_unstable();
    let at = |part: usize| 1e6 * spans[(spans.len() - 1) * part / 100].as_secs_f64();
    println!("{what}: median {:.1} µs, p99 {:.1} µs", at(50), at(99));
}

/// Bytes of memory that the process has, as Linux counts them.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<u64>().unwrap() << 10
}
