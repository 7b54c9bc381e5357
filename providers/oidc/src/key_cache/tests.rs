//! When keys are fetched, on a clock that the test moves.

use std::future::{pending, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::UNIX_EPOCH;

use async_trait::async_trait;

use super::*;

/// The point of RFC 7515, appendix A.3.1, under some id.
fn keys(id: &str) -> KeySet {
    let json = format!(
        r#"{{"keys":[{{"kty":"EC","crv":"P-256","kid":"{id}",
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}}]}}"#
    );
    KeySet::parse(json.as_bytes()).unwrap()
}

fn wanted(id: &str) -> Wanted<'_> {
    Wanted {
        algorithm: Algorithm::Es256,
        id: Some(id),
    }
}

/// So many seconds after some instant.
#[derive(Debug, Default)]
struct Moved(AtomicU64);

#[async_trait]
impl Clock for Moved {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_000_000 + self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, _: Duration) {
        pending::<()>().await;
    }
}

#[derive(Default)]
struct Issuer {
    cache: Arc<KeyCache>,
    clock: Arc<Moved>,
    fetched: AtomicUsize,
}

impl Issuer {
    fn fetched(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }

    /// What a token with this key finds after so many seconds, where the issuer has the key `has` or is out of reach.
    async fn ask(&self, second: u64, id: &str, has: Option<&str>) -> &'static str {
        self.clock.0.store(second, Ordering::SeqCst);
        let answer = ready(has.map(keys).ok_or_else(gone));
        shown(id, self.keys(id, answer).await)
    }

    async fn keys<F>(&self, id: &str, answer: F) -> Result<Arc<KeySet>>
    where
        F: Future<Output = Result<KeySet>> + Send + 'static,
    {
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        let fetch = || {
            self.fetched.fetch_add(1, Ordering::SeqCst);
            answer
        };
        let asked = Asked::Fitting(wanted(id));
        self.cache.keys(asked, &clock, fetch).await
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Unavailable, "gone")
}

fn shown(id: &str, found: Result<Arc<KeySet>>) -> &'static str {
    match found {
        Ok(keys) if keys.fitting(wanted(id)).next().is_some() => "found",
        Ok(_) => "none",
        Err(_) => "out of reach",
    }
}

/// Polls once, and expects nothing yet.
async fn begin(call: &mut std::pin::Pin<&mut impl Future>) {
    let step = std::future::poll_fn(|task| Poll::Ready(call.as_mut().poll(task).is_pending()));
    assert!(step.await);
}

#[tokio::test]
async fn keys_are_fetched_once_while_they_are_fresh() {
    let issuer = Issuer::default();
    for second in [0, 1, 899] {
        assert_eq!(issuer.ask(second, "a", Some("a")).await, "found");
    }
    assert_eq!(issuer.fetched(), 1);
    assert_eq!(issuer.ask(900, "a", Some("a")).await, "found");
    assert_eq!(issuer.fetched(), 2);
}

#[tokio::test]
async fn a_new_key_is_found_and_one_that_nobody_has_costs_one_fetch_in_a_while() {
    let issuer = Issuer::default();
    issuer.ask(0, "a", Some("a")).await;
    for second in 1..30 {
        assert_eq!(issuer.ask(second, "hostile", Some("a")).await, "none");
    }
    assert_eq!(issuer.fetched(), 1);
    assert_eq!(issuer.ask(31, "b", Some("b")).await, "found");
    assert_eq!(issuer.fetched(), 2);
}

#[tokio::test]
async fn while_the_issuer_is_out_of_reach_the_last_keys_count_for_a_day() {
    let issuer = Issuer::default();
    issuer.ask(0, "a", Some("a")).await;
    assert_eq!(issuer.ask(1_000, "a", None).await, "found");
    assert_eq!(issuer.ask(1_004, "a", None).await, "found");
    assert_eq!(issuer.fetched(), 2);
    assert_eq!(issuer.ask(1_005, "a", None).await, "found");
    assert_eq!(issuer.fetched(), 3);
    assert_eq!(issuer.ask(1_006, "b", None).await, "out of reach");
    assert_eq!(issuer.ask(86_399, "a", None).await, "found");
    assert_eq!(issuer.ask(86_400, "a", None).await, "out of reach");
    assert_eq!(issuer.ask(86_410, "a", Some("a")).await, "found");
}

#[tokio::test]
async fn an_issuer_that_fails_is_left_alone_for_a_moment() {
    let issuer = Issuer::default();
    for second in 0..5 {
        assert_eq!(issuer.ask(second, "a", None).await, "out of reach");
    }
    assert_eq!(issuer.fetched(), 1);
    assert_eq!(issuer.ask(5, "a", Some("a")).await, "found");
}

#[tokio::test]
async fn whoever_has_a_key_does_not_wait_for_a_fetch_that_hangs() {
    let issuer = Issuer::default();
    issuer.ask(0, "a", Some("a")).await;
    issuer.clock.0.store(900, Ordering::SeqCst);
    let mut hanging = pin!(issuer.keys("a", pending()));
    begin(&mut hanging).await;
    assert_eq!(issuer.ask(906, "a", Some("b")).await, "found");
    assert_eq!(issuer.fetched(), 2);
}

#[tokio::test]
async fn callers_that_go_away_end_no_fetch_and_those_that_come_wait_for_the_same() {
    let issuer = Issuer::default();
    let (answer, answered) = tokio::sync::oneshot::channel();
    let answered = async { answered.await.map_err(|_| gone()) };
    {
        let mut impatient = pin!(issuer.keys("a", answered));
        begin(&mut impatient).await;
    }
    let mut patient = pin!(issuer.keys("a", pending()));
    begin(&mut patient).await;
    assert!(answer.send(keys("a")).is_ok());
    assert_eq!(shown("a", patient.await), "found");
    assert_eq!(issuer.fetched(), 1);
}

#[tokio::test]
async fn the_pause_begins_at_the_end_of_what_failed() {
    let issuer = Issuer::default();
    let (answer, answered) = tokio::sync::oneshot::channel::<KeySet>();
    let answered = async { answered.await.map_err(|_| gone()) };
    let mut hanging = pin!(issuer.keys("a", answered));
    begin(&mut hanging).await;
    issuer.clock.0.store(5, Ordering::SeqCst);
    drop(answer);
    let error = hanging.await.unwrap_err();
    assert_eq!(error.retry_after(), Some(PAUSE));
    assert_eq!(issuer.ask(9, "a", Some("a")).await, "out of reach");
    assert_eq!(issuer.fetched(), 1);
    assert_eq!(issuer.ask(10, "a", Some("a")).await, "found");
}

#[tokio::test]
async fn a_clock_that_goes_back_freezes_neither_keys_nor_pauses() {
    let issuer = Issuer::default();
    issuer.ask(100_000, "a", Some("a")).await;
    assert_eq!(issuer.ask(0, "b", Some("b")).await, "found");
    assert_eq!(issuer.ask(901, "b", None).await, "found");
    assert_eq!(issuer.ask(800, "c", Some("c")).await, "found");
    assert_eq!(issuer.fetched(), 4);
    let failing = Issuer::default();
    assert_eq!(failing.ask(100_000, "a", None).await, "out of reach");
    assert_eq!(failing.ask(0, "a", Some("a")).await, "found");
}
