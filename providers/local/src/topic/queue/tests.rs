//! What is never settled, and what is damaged.

use std::time::SystemTime;

use isobar::Result;
use uuid::Uuid;

use super::*;
use crate::store::LocalStore;

fn row(number: u128, group: Option<&str>) -> MessageRow {
    let now = SystemTime::now().into();
    MessageRow {
        id: Uuid::from_u128(number),
        attempts: 0,
        not_before: now,
        sent_at: now,
        group: group.map(str::to_owned),
        attributes: [].into(),
        body: "text".into(),
    }
}

async fn taken(store: &LocalStore, topic: &'static str) -> Result<Taken> {
    taken_at(store, topic, SystemTime::now().into()).await
}

async fn taken_at(store: &LocalStore, topic: &'static str, now: Timestamp) -> Result<Taken> {
    store
        .submit(0, move |group| Ok(take(group, topic, 10, now)?))
        .await
}

#[tokio::test]
async fn what_is_never_settled_is_out_after_five_deliveries_and_its_group_goes_on() {
    let store = LocalStore::in_memory().unwrap();
    let rows = [row(1, Some("red"))];
    let append = store.submit(0, move |group| Ok(super::append(group, "jobs", &rows)?));
    append.await.unwrap();
    for attempt in 1..=ATTEMPTS {
        let taken = taken(&store, "jobs").await.unwrap();
        assert_eq!(taken.held.first().unwrap().row.attempts, attempt);
        assert_eq!(taken.given_up, Vec::new());
    }
    let rows = [row(2, Some("red"))];
    let append = store.submit(0, move |group| Ok(super::append(group, "jobs", &rows)?));
    append.await.unwrap();
    let found = taken(&store, "jobs").await.unwrap();
    let ids = |row: &MessageRow| row.id.as_u128();
    assert_eq!(found.given_up.iter().map(ids).collect::<Vec<_>>(), [1]);
    let held = found.held.iter().map(|held| ids(&held.row));
    assert_eq!(held.collect::<Vec<_>>(), [2]);
    let put_aside = store.submit(0, |group| {
        Ok(super::put_aside(group, "jobs", found.given_up)?)
    });
    put_aside.await.unwrap();
    let dead = taken(&store, "jobs-dead").await.unwrap();
    assert_eq!(dead.held.first().unwrap().row.attempts, 1);
    assert_eq!(taken(&store, "jobs").await.unwrap().given_up, Vec::new());
}

#[tokio::test]
async fn what_is_damaged_holds_nobody_up_and_keeps_its_bytes() {
    let store = LocalStore::in_memory().unwrap();
    let damage = store.submit(0, |group| {
        let messages = group.tables.messages.open()?;
        messages.insert(("jobs", 0), &b"no message"[..])?;
        messages.insert(("jobs", 1), &b"nor this"[..])?;
        append(group, "jobs", &[row(2, None)])?;
        Ok(())
    });
    damage.await.unwrap();
    let found = taken(&store, "jobs").await.unwrap();
    let held = found.held.iter().map(|held| held.row.id.as_u128());
    assert_eq!(held.collect::<Vec<_>>(), [2]);
    let kept = store.submit(0, |group| {
        let messages = group.tables.messages.open()?;
        let all = messages.iter()?.map(|entry| {
            let (key, bytes) = entry?;
            Ok((key.value().0.to_owned(), bytes.value().to_vec()))
        });
        Ok(all.collect::<Result<Vec<_>, redb::StorageError>>()?)
    });
    let kept = kept.await.unwrap();
    for (number, bytes) in [(0_u64, &b"no message"[..]), (1, b"nor this")] {
        let bytes = [&number.to_le_bytes(), bytes].concat();
        let aside = ("\0damaged/jobs".to_owned(), bytes);
        assert!(kept.contains(&aside), "{kept:?}");
    }
    assert_eq!(kept.len(), 3);
}

#[tokio::test]
async fn a_message_that_is_due_is_found_behind_any_number_that_wait() {
    let store = LocalStore::in_memory().unwrap();
    let later = Timestamp::from(SystemTime::now()).plus(Duration::from_hours(1));
    let mut rows: Vec<_> = (0..10_001)
        .map(|number| MessageRow {
            attempts: 1,
            not_before: later,
            ..row(number, Some("red").filter(|_| number == 7))
        })
        .collect();
    rows.extend([row(20_000, Some("red")), row(20_001, None)]);
    let append = store.submit(0, move |group| Ok(super::append(group, "jobs", &rows)?));
    append.await.unwrap();
    let found = taken(&store, "jobs").await.unwrap();
    let held = found.held.iter().map(|held| held.row.id.as_u128());
    // The first of the two waits for its group.
    assert_eq!(held.collect::<Vec<_>>(), [20_001]);
    assert_eq!(found.next, Some(later));
}

fn ids(taken: &Taken) -> Vec<u128> {
    let held = taken.held.iter().map(|held| held.row.id.as_u128());
    held.collect()
}

fn in_an_hour() -> Timestamp {
    Timestamp::from(SystemTime::now()).plus(Duration::from_hours(1))
}

async fn append_all(store: &LocalStore, rows: Vec<MessageRow>) {
    let append = store.submit(0, move |group| Ok(append(group, "jobs", &rows)?));
    append.await.unwrap();
}

async fn settle_all(store: &LocalStore, found: Taken, fate: Fate) {
    let settled = found.held.into_iter().map(|held| (held, fate)).collect();
    let settle = store.submit(0, move |group| Ok(settle(group, "jobs", settled)?));
    settle.await.unwrap();
}

#[tokio::test]
async fn the_rows_of_messages_that_wait_are_read_once() {
    let store = LocalStore::in_memory().unwrap();
    let later = in_an_hour();
    let blocked = (1..100).map(|number| row(number, Some("red")));
    let mut rows = vec![row(0, Some("red"))];
    rows.extend(blocked);
    append_all(&store, rows[..1].to_vec()).await;
    let first = taken(&store, "jobs").await.unwrap();
    assert_eq!(ids(&first), [0]);
    settle_all(&store, first, Fate::Again(later)).await;
    append_all(&store, rows[1..].to_vec()).await;
    assert_eq!(ids(&taken(&store, "jobs").await.unwrap()), [0; 0]);
    // Whoever read them again would find them damaged.
    let damage = store.submit(0, |group| {
        let messages = group.tables.messages.open()?;
        for number in 0..100 {
            messages.insert(("jobs", number), &b"unread"[..])?;
        }
        group.wrote = Wrote::Something;
        Ok(())
    });
    damage.await.unwrap();
    append_all(&store, vec![row(200, None)]).await;
    let found = taken(&store, "jobs").await.unwrap();
    assert_eq!(ids(&found), [200]);
    assert_eq!(found.next, Some(later));
    let messages = store.submit(0, |group| {
        let messages = group.tables.messages.open()?;
        Ok(messages.range(("jobs", 0)..("jobs", 100))?.count())
    });
    assert_eq!(messages.await.unwrap(), 100);
}

#[tokio::test]
async fn what_waited_comes_in_its_order_also_where_its_group_has_more() {
    let store = LocalStore::in_memory().unwrap();
    append_all(&store, (1..=4).map(|id| row(id, Some("red"))).collect()).await;
    let found = taken(&store, "jobs").await.unwrap();
    assert_eq!(ids(&found), [1, 2, 3, 4]);
    let soon = Timestamp::from(SystemTime::now());
    settle_all(&store, found, Fate::Again(soon)).await;
    append_all(&store, vec![row(5, Some("red")), row(6, None)]).await;
    let found = taken(&store, "jobs").await.unwrap();
    assert_eq!(ids(&found), [1, 2, 3, 4, 5, 6]);
    settle_all(&store, found, Fate::Done).await;
    append_all(&store, vec![row(7, Some("red"))]).await;
    let found = taken(&store, "jobs").await.unwrap();
    assert_eq!(ids(&found), [7]);
    settle_all(&store, found, Fate::Back).await;
    assert_eq!(ids(&taken(&store, "jobs").await.unwrap()), [7]);
}

#[tokio::test]
async fn one_search_reads_a_part_of_a_large_backlog_and_the_next_goes_on() {
    let store = LocalStore::in_memory().unwrap();
    let waits = |number| MessageRow {
        attempts: 1,
        not_before: in_an_hour(),
        body: vec![b'a'; 1 << 20].into(),
        ..row(number, None)
    };
    append_all(&store, (0..12).map(waits).collect()).await;
    append_all(&store, vec![row(20, None)]).await;
    let begin = Timestamp::from(SystemTime::now());
    let found = taken(&store, "jobs").await.unwrap();
    assert_eq!(ids(&found), [0; 0]);
    assert!(found.next.unwrap() < begin.plus(Duration::from_mins(1)));
    assert_eq!(ids(&taken(&store, "jobs").await.unwrap()), [20]);
}

#[tokio::test]
async fn damaged_messages_are_told_apart_until_they_are_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    append_all(&store, vec![row(1, None), row(2, None)]).await;
    let damage = store.submit(0, |group| {
        let messages = group.tables.messages.open()?;
        messages.insert(("jobs", 0), &b"no message"[..])?;
        group.wrote = Wrote::Something;
        Ok(())
    });
    damage.await.unwrap();
    assert_eq!(ids(&taken(&store, "jobs").await.unwrap()), [2]);
    drop(store);
    let report = crate::check(directory.path()).unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!(report.put_aside, [("jobs".to_owned(), 1)].into());
    assert_eq!(report.messages, 1);
    assert_eq!(crate::drop_damaged(directory.path()).unwrap(), 1);
    let report = crate::check(directory.path()).unwrap();
    assert!(report.put_aside.is_empty() && report.problems.is_empty());
    assert_eq!((report.messages, report.stopped_uncleanly), (1, false));
    assert_eq!(crate::drop_damaged(directory.path()).unwrap(), 0);
}

#[tokio::test]
async fn what_was_never_delivered_is_due_whatever_the_clock_said() {
    let store = LocalStore::in_memory().unwrap();
    let ahead = |id, group| MessageRow {
        not_before: in_an_hour(),
        ..row(id, group)
    };
    append_all(&store, vec![ahead(1, Some("red")), ahead(2, None)]).await;
    assert_eq!(ids(&taken(&store, "jobs").await.unwrap()), [1, 2]);
}

/// When a message of a group comes again whose retry was noted an hour ahead, in this process and in the next one, in seconds
/// from the instant to which the clock was set back.
async fn waits_after_setting_back(verdict: Verdict) -> [i64; 2] {
    let directory = tempfile::tempdir().unwrap();
    let store = LocalStore::open(directory.path()).unwrap();
    let now = Timestamp::from(SystemTime::now());
    let ahead = now.plus(Duration::from_hours(1));
    append_all(&store, vec![row(1, Some("red"))]).await;
    let mut found = taken_at(&store, "jobs", ahead).await.unwrap();
    found.held.first_mut().unwrap().note(verdict);
    settle_all(&store, found, Fate::of(verdict, 1, ahead)).await;
    append_all(&store, vec![row(2, Some("red"))]).await;
    let here = taken_at(&store, "jobs", now).await.unwrap();
    drop(store);
    let store = LocalStore::open(directory.path()).unwrap();
    let elsewhere = taken_at(&store, "jobs", now).await.unwrap();
    [here, elsewhere].map(|found| {
        assert_eq!(ids(&found), [0; 0]);
        let micros = found.next.unwrap().as_micros() - now.as_micros();
        micros / 1_000_000
    })
}

#[tokio::test]
async fn a_clock_that_is_set_back_holds_no_message_that_failed() {
    let waits = waits_after_setting_back(Verdict::Again(None)).await;
    assert_eq!(waits, [1, 1]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_shortens_no_wait_for_which_a_handler_asked() {
    let asked = Verdict::Again(Some(Duration::from_secs(1)));
    assert_eq!(waits_after_setting_back(asked).await, [3_601; 2]);
}
