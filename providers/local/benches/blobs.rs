//! The blobs of the local store beside `cp` and `find` on the same disk.
//!
//! `cargo bench -p isobar-local --bench blobs` prints seconds, the peak memory of this process, and
//! `ratio: name = value`, times the peer's. What is put is on the disk afterwards on both sides;
//! what is got is written to a file on both sides, and not flushed on either. Sides take turns.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be taken ends with the reason, and prints its figures"
)]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream::{StreamExt as _, iter};
use isobar::Bucket;
use isobar::blob::{List, PutBlobOptions};
use isobar_local::{LocalStore, clock};

const GIB: u64 = 1 << 30;
const TURNS: u32 = 3;
const KEYS: usize = 100_000;
/// How many blobs are put at the same time while a bucket is filled.
const PUTS: usize = 64;

fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    let mut state = 1_u64;
    let mut chunk = vec![0_u8; 1 << 20];
    for _ in 0..GIB >> 20 {
        for bytes in chunk.chunks_exact_mut(8) {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            bytes.copy_from_slice(&state.to_le_bytes());
        }
        file.write_all(&chunk).unwrap();
    }
    file.sync_all().unwrap();
}

fn run(program: &str, arguments: &[&Path]) {
    let status = Command::new(program).args(arguments).status().unwrap();
    assert!(status.success(), "{program} failed");
}

/// Bytes of memory that this process had at most, as Linux counts them.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<u64>().unwrap() << 10
}

async fn get(bucket: &Bucket, to: &Path) {
    let mut file = File::create(to).unwrap();
    let mut body = bucket.get("gib").await.unwrap().body;
    let mut length = 0;
    while let Some(chunk) = body.chunk().await {
        let chunk = chunk.unwrap();
        file.write_all(&chunk).unwrap();
        length += chunk.len() as u64;
    }
    assert_eq!(length, GIB);
}

fn report(what: &str, (peer, ours): (Duration, Duration)) {
    let (peer, ours) = (peer.as_secs_f64(), ours.as_secs_f64());
    println!("{what}: peer {peer:.3} s, store {ours:.3} s");
    println!("ratio: {what} = {:.3}", ours / peer);
}

fn since(started: Instant, sum: &mut Duration) {
    *sum += started.elapsed() / TURNS;
}

async fn streams(bucket: &Bucket, directory: &Path) {
    let [source, copy, got] = ["source", "copy", "got"].map(|name| directory.join(name));
    fill(&source);
    let mut put = (Duration::ZERO, Duration::ZERO);
    let mut read = put;
    for _ in 0..TURNS {
        let started = Instant::now();
        run("cp", &[&source, &copy]);
        run("sync", &[&copy, directory]);
        since(started, &mut put.0);
        let started = Instant::now();
        bucket
            .put_file("gib", &source, PutBlobOptions::default())
            .await
            .unwrap();
        since(started, &mut put.1);
        let started = Instant::now();
        run("cp", &[&copy, &got]);
        since(started, &mut read.0);
        std::fs::remove_file(&got).unwrap();
        let started = Instant::now();
        get(bucket, &got).await;
        since(started, &mut read.1);
        std::fs::remove_file(&got).unwrap();
        std::fs::remove_file(&copy).unwrap();
    }
    report("local_put_of_1_gib_over_cp", put);
    report("local_get_of_1_gib_over_cp", read);
    println!("peak memory: {} MB", peak() >> 20);
}

async fn listing(bucket: &Bucket, directory: &Path) {
    let key = |number: usize| format!("{:03}/{:05}", number % 100, number);
    let puts = iter(0..KEYS).map(|number| bucket.put(key(number), Bytes::new()));
    let mut puts = puts.buffer_unordered(PUTS);
    while let Some(put) = puts.next().await {
        put.unwrap();
    }
    let files = directory.join("files");
    for number in 0..KEYS {
        let path = files.join(key(number));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(path).unwrap();
    }
    let mut spent = (Duration::ZERO, Duration::ZERO);
    for _ in 0..TURNS {
        let started = Instant::now();
        let mut find = Command::new("find");
        let find = find
            .arg(&files)
            .args(["-type", "f", "-printf", "%P %s %T@\\n"]);
        let found = find.stderr(Stdio::inherit()).output().unwrap();
        since(started, &mut spent.0);
        assert_eq!(found.stdout.split(|byte| *byte == b'\n').count() - 1, KEYS);
        let started = Instant::now();
        let mut entries = bucket.entries(List::new());
        let mut count = 0;
        while let Some(entry) = entries.next().await {
            entry.unwrap();
            count += 1;
        }
        since(started, &mut spent.1);
        assert_eq!(count, KEYS);
    }
    report("local_list_of_100000_over_find", spent);
}

async fn measure(directory: &Path) {
    let store = LocalStore::open(directory.join("store")).unwrap();
    let bucket = |name| Bucket::new(store.blobs(), Arc::new(clock()), name);
    let patient = bucket("streams").with_budget(Duration::from_mins(5));
    streams(&patient, directory).await;
    listing(&bucket("many"), directory).await;
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    runtime.block_on(measure(directory.path()));
}
