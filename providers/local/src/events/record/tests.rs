//! What is let go, what is passed over, and whose attributes are shown.

use std::time::SystemTime;

use isobar::Result;
use uuid::Uuid;

use super::*;
use crate::events::replay;
use crate::store::LocalStore;

fn message() -> MessageRow {
    let now = SystemTime::now().into();
    let attributes = [(".traceparent", "00"), (".own", "x"), ("kind", "y")];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned()));
    MessageRow {
        id: Uuid::new_v4(),
        attempts: 1,
        not_before: now,
        sent_at: now,
        group: None,
        attributes: attributes.into(),
        body: "text".into(),
    }
}

async fn hand_over(store: &LocalStore, id: &'static str) -> Result<()> {
    let message = message();
    let note = store.submit(0, move |group| {
        let handed = Handed {
            queue: "jobs",
            id,
            request_id: "r",
            message: &message,
            document: None,
        };
        let now = SystemTime::now().into();
        Ok(handed_over(
            group,
            EventLimits::new(2, 1 << 20),
            handed,
            now,
        )?)
    });
    note.await
}

fn ids(store: &LocalStore) -> Vec<String> {
    let last = store.event_log().last(10).unwrap();
    last.into_iter().map(|event| event.id).collect()
}

#[tokio::test]
async fn what_is_to_be_delivered_again_outlasts_what_came_after_it() {
    let store = LocalStore::in_memory().unwrap();
    hand_over(&store, "a").await.unwrap();
    let now = SystemTime::now().into();
    let again = store.submit(0, move |group| replay::request(group, "a", None, now));
    again.await.unwrap();
    for id in ["b", "c", "d"] {
        hand_over(&store, id).await.unwrap();
    }
    assert_eq!(ids(&store), ["d", "a"]);
    hand_over(&store, "a").await.unwrap();
    hand_over(&store, "e").await.unwrap();
    assert_eq!(ids(&store), ["e", "d"]);
}

#[tokio::test]
async fn an_event_that_is_damaged_hides_no_other() {
    let store = LocalStore::in_memory().unwrap();
    hand_over(&store, "a").await.unwrap();
    hand_over(&store, "b").await.unwrap();
    let damage = store.submit(0, |group| {
        let events = group.tables.events.open()?;
        events.insert(1, &b"no event"[..])?;
        group.wrote = Wrote::Something;
        Ok(())
    });
    damage.await.unwrap();
    assert_eq!(ids(&store), ["a"]);
    let log = store.event_log();
    assert_eq!(log.get("b", None).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(log.get("a", None).unwrap().id, "a");
    assert_eq!(log.get("r", None).unwrap().id, "a");
    // It is noted anew when it is delivered again.
    hand_over(&store, "b").await.unwrap();
    assert_eq!(log.get("b", None).unwrap().deliveries, 1);
}

#[tokio::test]
async fn what_the_store_puts_beside_a_message_is_not_shown_as_its_senders() {
    let store = LocalStore::in_memory().unwrap();
    hand_over(&store, "a").await.unwrap();
    let event = store.event_log().get("a", None).unwrap();
    let names: Vec<_> = event.attributes.keys().map(String::as_str).collect();
    assert_eq!(names, ["kind"]);
}
