//! Who waits, what is told once, and what is kept.

use std::sync::atomic::AtomicUsize;

use opentelemetry::InstrumentationScope;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::super::queue::MOST_BYTES;
use super::super::recording::Recording;
use super::*;
use crate::config::Config;

/// Spans for a collector that takes this long for an answer, and how often it was asked.
async fn spans(pause: Duration) -> (Arc<Spans>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let _ = stream.read(&mut vec![0; 64 * 1024]).await;
                counted.fetch_add(1, Ordering::Relaxed);
                sleep(pause).await;
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    let description = isobar::App::new("spans", |_| Ok(())).describe();
    let config = Config::new(|_: &str| None, &description);
    let collector = Collector::of(&config, &endpoint, "spans").unwrap();
    let spans = Spans::new(Sampler::of(&config).unwrap(), collector);
    (Arc::new(spans), asked)
}

fn keep(spans: &Spans, bytes: usize) {
    let recording = Recording::of_invocation("a");
    spans.keep(recording.ended(&InstrumentationScope::default()), bytes);
}

#[tokio::test]
async fn answers_that_wait_for_a_slow_collector_go_together() {
    let (spans, asked) = spans(Duration::from_millis(150)).await;
    let answers = (0..20).map(|_| {
        let spans = Arc::clone(&spans);
        tokio::spawn(async move {
            keep(&spans, 1);
            spans.flush(Duration::from_secs(2)).await;
        })
    });
    for answer in answers.collect::<Vec<_>>() {
        answer.await.unwrap();
    }
    assert_eq!(spans.queue.length(), 0);
    assert_eq!(spans.lost.load(Ordering::Relaxed), 0);
    assert!(asked.load(Ordering::Relaxed) <= 2, "asked {asked:?} times");
}

#[tokio::test]
async fn who_goes_away_while_spans_are_told_loses_none() {
    let (spans, _) = spans(Duration::from_millis(150)).await;
    keep(&spans, 1);
    let flush = spans.flush(Duration::from_secs(2));
    let left = tokio::time::timeout(Duration::from_millis(50), flush).await;
    assert!(left.is_err());
    assert_eq!(spans.taken().len(), 1);
}

#[tokio::test]
async fn the_end_waits_for_what_is_on_its_way() {
    let (spans, _) = spans(Duration::from_millis(300)).await;
    keep(&spans, 1);
    let (telling, begin) = (Arc::clone(&spans), Instant::now());
    tokio::spawn(async move { telling.tell(PATIENCE, Telling::All).await });
    sleep(Duration::from_millis(50)).await;
    assert!(spans.taken().is_empty());
    spans.end().await;
    assert!(begin.elapsed() >= Duration::from_millis(300));
    assert_eq!(spans.queue.length(), 0);
}

#[tokio::test]
async fn what_is_lost_is_counted() {
    let (spans, _) = spans(Duration::from_mins(1)).await;
    keep(&spans, MOST_BYTES);
    keep(&spans, 1);
    spans.flush(Duration::from_millis(50)).await;
    assert_eq!(spans.lost.load(Ordering::Relaxed), 2);
    assert!(spans.rests());
    keep(&spans, 1);
    spans.flush(Duration::from_mins(1)).await;
    assert_eq!(spans.queue.length(), 1);
}
