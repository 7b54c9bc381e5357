//! How many messages and changes the local platform delivers a second, with the log of events and without.
//!
//! `cargo bench -p isobar-local --bench deliveries` prints rates and `ratio: name = value`, that with the log over that
//! without. Sides take turns, each on a directory of its own, until a log is full that lets its oldest go.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot be taken ends with the reason, and prints its figures"
)]

use std::future::ready;
use std::sync::Arc;
use std::time::Instant;

use isobar::driver::function::FunctionDriver as _;
use isobar::function::{Outcome, OutgoingMessage, TopicSpec};
use isobar::{App, BucketSpec, Environment};
use isobar_local::{EventLimits, LocalConfig, LocalPlatform, LocalStore, clock};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

const JOBS: TopicSpec = TopicSpec::new("jobs");
const FILES: BucketSpec = BucketSpec::new("files");
/// Turns of each side, of which the median counts.
const TURNS: usize = 5;
/// Messages of a turn, of so many bytes.
const MESSAGES: usize = 2_000;
const BYTES: usize = 1_000;
/// Events of blobs of a turn, each of which is delivered alone.
const BLOBS: usize = 200;

/// An application on a store, which says each event that it had.
struct Side {
    store: LocalStore,
    _directory: tempfile::TempDir,
    heard: UnboundedReceiver<()>,
    serving: JoinHandle<()>,
}

impl Side {
    async fn start(limits: EventLimits) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = LocalConfig::new(directory.path()).with_event_limits(limits);
        let store = config.open().unwrap();
        let platform = LocalPlatform::bind("127.0.0.1:0").await.unwrap();
        let platform = platform.with_messages(store.clone());
        let platform = platform.with_blob_events(store.clone());
        let environment = Environment::builder(platform.describe(), Arc::new(clock()));
        let environment = environment.topics(store.topics()).blobs(store.blobs());
        let (hear, heard) = unbounded_channel();
        let app = App::new("bench", move |_| Ok(hear))
            .bucket(&FILES)
            .subscribe(&JOBS, |hear, _| {
                hear.send(()).unwrap();
                ready(Ok(Outcome::Ack))
            })
            .on_blob(&FILES, |hear, _| {
                hear.send(()).unwrap();
                ready(Ok(Outcome::Ack))
            });
        let app = app.build(&environment.build()).unwrap();
        let serving = tokio::spawn(async move { platform.serve(app).await.unwrap() });
        Self {
            store,
            _directory: directory,
            heard,
            serving,
        }
    }

    async fn hear(&mut self, count: usize) {
        for _ in 0..count {
            self.heard.recv().await.unwrap();
        }
    }

    /// Messages a second, from the first that is sent to the last that is handled.
    async fn messages(&mut self) -> f64 {
        let topics = self.store.topics();
        let batch = vec![OutgoingMessage::new(vec![b'x'; BYTES]); 100];
        let begin = Instant::now();
        for _ in 0..MESSAGES / batch.len() {
            topics.publish("jobs", &batch).await.unwrap();
        }
        self.hear(MESSAGES).await;
        rate(MESSAGES, begin)
    }

    /// The same of blobs, each put and heard of.
    async fn blobs(&mut self) -> f64 {
        let bucket = isobar::Bucket::new(self.store.blobs(), Arc::new(clock()), "files");
        let begin = Instant::now();
        for n in 0..BLOBS {
            bucket.put(format!("{n}"), "text").await.unwrap();
        }
        self.hear(BLOBS).await;
        rate(BLOBS, begin)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn rate(count: usize, begin: Instant) -> f64 {
    count as f64 / begin.elapsed().as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

#[tokio::main]
async fn main() {
    let mut off = Side::start(EventLimits::OFF).await;
    // Full after the first turn, so that each event lets another go.
    let mut on = Side::start(EventLimits::new(1_500, 64 << 20)).await;
    let (mut messages, mut blobs) = ([vec![], vec![]], [vec![], vec![]]);
    for _ in 0..=TURNS {
        for (at, side) in [&mut off, &mut on].into_iter().enumerate() {
            messages[at].push(side.messages().await);
            blobs[at].push(side.blobs().await);
        }
    }
    for (what, [off, on]) in [("messages", messages), ("blob_events", blobs)] {
        // The first turn fills caches and the log.
        let (off, on) = (median(off[1..].to_vec()), median(on[1..].to_vec()));
        println!("{what}: {on:.0} a second with the log, {off:.0} without");
        println!(
            "ratio: local_{what}_delivered_with_log_over_without = {:.2}",
            on / off
        );
    }
    off.serving.abort();
    on.serving.abort();
}
