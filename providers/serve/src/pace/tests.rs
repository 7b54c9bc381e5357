//! Only the time counts for which somebody was waited for.

use std::future::poll_fn;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{advance, timeout};

use super::*;

const IDLE: Duration = Duration::from_secs(30);
const RATE: u32 = 100;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The next piece, of so many bytes.
async fn next(
    pace: &mut Pace,
    pieces: &mut UnboundedReceiver<usize>,
) -> Result<Option<usize>, TooSlow> {
    let piece = poll_fn(|cx| pace.poll(cx, |cx| pieces.poll_recv(cx))).await?;
    pace.moved(piece.unwrap_or_default());
    Ok(piece)
}

/// Looks once whether there is a piece.
async fn glance(pace: &mut Pace, pieces: &mut UnboundedReceiver<usize>) -> bool {
    timeout(Duration::ZERO, next(pace, pieces)).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn nothing_for_too_long_is_too_slow() {
    let (_sender, mut pieces) = unbounded_channel();
    let mut pace = Pace::new(IDLE, 0);
    let begin = Instant::now();
    assert_eq!(next(&mut pace, &mut pieces).await, Err(TooSlow));
    assert_eq!(begin.elapsed(), IDLE);
}

#[tokio::test(start_paused = true)]
async fn each_piece_has_the_whole_time_where_no_rate_is_asked_for() {
    let (sender, mut pieces) = unbounded_channel();
    let mut pace = Pace::new(IDLE, 0);
    for _ in 0..100 {
        assert!(!glance(&mut pace, &mut pieces).await);
        advance(seconds(29)).await;
        sender.send(1).unwrap();
        assert_eq!(next(&mut pace, &mut pieces).await, Ok(Some(1)));
    }
}

#[tokio::test(start_paused = true)]
async fn pieces_that_are_too_small_are_too_slow_on_the_average() {
    let (sender, mut pieces) = unbounded_channel();
    let mut pace = Pace::new(IDLE, RATE);
    // 40 s of waits, of which 30 are free and the bytes earn another 10.
    for _ in 0..4 {
        assert!(!glance(&mut pace, &mut pieces).await);
        advance(seconds(10)).await;
        sender.send(250).unwrap();
        assert_eq!(next(&mut pace, &mut pieces).await, Ok(Some(250)));
    }
    assert_eq!(next(&mut pace, &mut pieces).await, Err(TooSlow));
}

#[tokio::test(start_paused = true)]
async fn the_time_between_a_piece_and_the_look_for_it_counts_for_nothing() {
    let (sender, mut pieces) = unbounded_channel();
    let mut pace = Pace::new(IDLE, RATE);
    for _ in 0..10 {
        assert!(!glance(&mut pace, &mut pieces).await);
        advance(seconds(1)).await;
        sender.send(50).unwrap();
        // Whoever takes the pieces is busy otherwise.
        advance(seconds(100)).await;
        assert_eq!(next(&mut pace, &mut pieces).await, Ok(Some(50)));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_woken_whichever_task_it_is() {
    let (sender, mut pieces) = unbounded_channel();
    let mut pace = Pace::new(IDLE, RATE);
    assert!(!glance(&mut pace, &mut pieces).await);
    let waiting = tokio::spawn(async move { next(&mut pace, &mut pieces).await });
    tokio::task::yield_now().await;
    sender.send(5).unwrap();
    assert_eq!(waiting.await.unwrap(), Ok(Some(5)));
}
