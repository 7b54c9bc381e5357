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
    let now = SystemTime::now().into();
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
    for bytes in [&b"no message"[..], b"nor this"] {
        let aside = ("\0damaged/jobs".to_owned(), bytes.to_vec());
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
