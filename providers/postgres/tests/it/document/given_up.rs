//! Calls that are given up in the middle: nothing of them goes on, and nobody meets their remains.

use std::time::{Duration, Instant};

use isobar::ErrorKind;
use isobar::document::{CollectionSpec, Map, Update};

use super::{bind, client, map, store};
use crate::server;

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes");

#[tokio::test]
async fn a_call_that_waits_for_a_lock_ends_in_time_and_is_cancelled() {
    let (direct, table) = super::fresh(&NOTES).await;
    direct
        .create(&map(&[("id", "a".into()), ("n", 1.into())]))
        .await
        .unwrap();
    let locker = client().await;
    let lock = format!("BEGIN; SELECT * FROM \"{table}\" FOR UPDATE");
    locker.batch_execute(&lock).await.unwrap();

    let prefix = table.strip_suffix("notes").unwrap();
    let url = server::shared().url("connections=1&application_name=hasty");
    let notes = bind(&store(&url), &NOTES, prefix);
    let hasty = notes.clone().with_budget(Duration::from_millis(300));
    let began = Instant::now();
    let error = hasty
        .update("a", Update::new().increment("n", 1))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    assert!(error.outcome_unknown(), "{error:?}");
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );

    // The one connection is free for others although the lock is still held.
    let item = notes.fetch("a").await.unwrap();
    let sql = "SELECT count(*) FROM pg_stat_activity \
               WHERE application_name = 'hasty' AND state <> 'idle'";
    let row = client().await.query_one(sql, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0, "what was given up goes on");
    locker.batch_execute("COMMIT").await.unwrap();
    assert_eq!(
        notes.fetch("a").await.unwrap(),
        item,
        "what was given up happened"
    );
}

#[tokio::test]
async fn callers_who_get_no_turn_hear_so_before_their_time_is_up() {
    let url = server::shared().url("connections=1");
    let notes = bind(&store(&url), &NOTES, "turn-");
    notes.ensure().await.unwrap();
    let slow = notes.clone().with_budget(Duration::from_mins(1));
    let locker = client().await;
    let lock = "BEGIN; LOCK TABLE \"turn-notes\"";
    locker.batch_execute(lock).await.unwrap();
    let waiting = tokio::spawn(async move { slow.get("a").await });
    let busy = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    while client()
        .await
        .query_one(busy, &[])
        .await
        .unwrap()
        .get::<_, i64>(0)
        == 0
    {
        tokio::task::yield_now().await;
    }
    let hasty = notes.with_budget(Duration::from_secs(1));
    let error = hasty.get("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert!(error.retryable(), "{error:?}");
    assert!(error.to_string().contains("`connections`"), "{error}");
    locker.batch_execute("COMMIT").await.unwrap();
    assert!(waiting.await.unwrap().unwrap().is_none());
}
