//! When keys are fetched, on a clock that the test moves.

use std::future::ready;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::UNIX_EPOCH;

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

#[derive(Default)]
struct Issuer {
    cache: KeyCache,
    fetched: AtomicUsize,
}

impl Issuer {
    fn fetched(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }

    /// What a token with this key finds after so many seconds, where the issuer has the key `has` or is out of reach.
    async fn ask(&self, second: u64, id: &str, has: Option<&str>) -> &'static str {
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000 + second);
        let fetch = || {
            self.fetched.fetch_add(1, Ordering::SeqCst);
            let gone = Error::new(ErrorKind::Unavailable, "gone");
            ready(has.map(keys).ok_or(gone))
        };
        match self.cache.keys(wanted(id), now, fetch).await {
            Ok(keys) if keys.fitting(wanted(id)).next().is_some() => "found",
            Ok(_) => "none",
            Err(_) => "out of reach",
        }
    }
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
    let cache = KeyCache::default();
    let at = |second: u64| UNIX_EPOCH + Duration::from_secs(1_000_000 + second);
    cache
        .keys(wanted("a"), at(0), || ready(Ok(keys("a"))))
        .await
        .unwrap();
    let mut hanging = Box::pin(cache.keys(wanted("a"), at(900), std::future::pending));
    let waits = std::future::poll_fn(|task| std::task::Poll::Ready(hanging.as_mut().poll(task)));
    assert!(waits.await.is_pending());
    let found = cache
        .keys(wanted("a"), at(906), || ready(Ok(keys("b"))))
        .await;
    assert!(found.unwrap().fitting(wanted("a")).next().is_some());
    // The one that hung is given up, and the next one may ask.
    drop(hanging);
    let found = cache
        .keys(wanted("a"), at(907), || ready(Ok(keys("a"))))
        .await;
    assert!(found.unwrap().fitting(wanted("a")).next().is_some());
}
