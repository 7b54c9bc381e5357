//! Events as Tencent's documents, and a recorded one, have them.

use http::HeaderMap;
use isobar::ErrorKind;
use isobar::blob::BlobEventKind;
use isobar::document::Version;
use isobar::function::EventData;
use isobar_serve::event::{Accounts, Arrived, Delivery, read, read_each};

use super::EVENTS;

fn arrived(content: &str) -> isobar::Result<Vec<Arrived>> {
    let delivery = Delivery::new(HeaderMap::new(), content.to_owned().into());
    read(&delivery, &EVENTS)
}

const TIMER: &str = include_str!("tests/timer.json");
const COS: &str = include_str!("tests/cos.json");
const CMQ: &str = include_str!("tests/cmq.json");
const CKAFKA: &str = include_str!("tests/ckafka.json");

#[test]
fn a_timer_ticks_under_its_trigger_and_has_one_id_each_time() {
    let tick = arrived(TIMER).unwrap().pop().unwrap();
    assert_eq!(tick.id.as_deref(), Some("EveryDay@2019-02-21T11:49:00Z"));
    let EventData::Schedule(due) = tick.data else {
        panic!("{tick:?}")
    };
    assert_eq!(due.name, "EveryDay");
    let error = arrived(&TIMER.replace("T11:49", "")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn an_object_of_cos_is_told_without_what_stands_before_its_key() {
    let stored = arrived(COS).unwrap().pop().unwrap();
    let EventData::Blob(blob) = &stored.data else {
        panic!("{stored:?}")
    };
    assert_eq!(
        (blob.bucket.as_str(), blob.key.as_str()),
        ("fanyi", "video/new.mp4")
    );
    assert_eq!(
        (blob.kind, blob.size),
        (BlobEventKind::Stored, Some(2_561_690))
    );
    let version = blob.version.as_ref().map(Version::as_str);
    assert_eq!(version, Some("\"eb6cf523ae4d528e72f2d11f3a91cd40\""));
    let old = COS
        .replace("/1309725374/fanyi/video/new.mp4", "/video/new.mp4")
        .replace("1645634761", "\"2022-02-23T16:46:01.000Z\"")
        .replace("ObjectCreated:Put", "ObjectRemove:Delete");
    let deleted = arrived(&old).unwrap().pop().unwrap();
    let EventData::Blob(told) = &deleted.data else {
        panic!("{deleted:?}")
    };
    assert_eq!(
        (told.kind, &told.key, told.at),
        (BlobEventKind::Deleted, &blob.key, blob.at)
    );
    assert_ne!(deleted.id, stored.id);
    let other = arrived(&COS.replace("ObjectCreated", "ObjectRestore")).unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Unsupported);
}

#[test]
fn messages_of_cmq_come_each_for_itself_with_their_tags() {
    for tags in ["[\"tag1\",\"tag2\"]", "\"tag1,tag2\""] {
        let content = CMQ.replace("[\"tag1\", \"tag2\"]", tags);
        let message = arrived(&content).unwrap().pop().unwrap();
        assert_eq!(message.id.as_deref(), Some("123345346"));
        let EventData::Messages(batch) = message.data else {
            panic!("{message:?}")
        };
        assert_eq!(batch.topic, "testtopic");
        assert_eq!(batch.messages[0].body.as_ref(), b"Hello from CMQ!");
        assert_eq!(batch.messages[0].attributes["tags"], "tag1,tag2");
    }
}

#[test]
fn messages_of_ckafka_come_together_and_are_known_by_their_place() {
    let batches = arrived(CKAFKA).unwrap();
    assert_eq!(batches.len(), 1);
    let EventData::Messages(batch) = &batches[0].data else {
        panic!("{batches:?}")
    };
    assert_eq!(batch.topic, "test-topic");
    let ids: Vec<_> = batch.messages.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["test-topic/1/36", "test-topic/1/37"]);
    let groups = batch.messages.iter().map(|one| one.group.as_deref());
    assert!(
        groups
            .into_iter()
            .all(|group| group == Some("test-topic/1"))
    );
    assert!(batch.messages[0].attributes.is_empty());
    assert_eq!(batch.messages[1].attributes["key"], "red");
}

#[test]
fn what_has_no_known_mark_is_refused() {
    for other in [
        "",
        "text",
        "[]",
        "{}",
        r#"{"Records":[]}"#,
        r#"{"Records":[{"cos":{}},{"CMQ":{}}]}"#,
        r#"{"clslogs":{"data":"ewog"}}"#,
        r#"{"Type":"Other","TriggerName":"a","Time":"2019-02-21T11:49:00Z"}"#,
        r#"{"key1":"test value 1"}"#,
    ] {
        let error = arrived(other).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{other}");
    }
    let error = arrived(r#"{"Records":[{"cos":{}}]}"#).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_record_that_cannot_be_read_takes_no_other_with_it() {
    for (whole, mark) in [(COS, "cos"), (CMQ, "CMQ"), (CKAFKA, "Ckafka")] {
        let mut event: serde_json::Value = serde_json::from_str(whole).unwrap();
        let damaged = serde_json::json!({ mark: {} });
        event["Records"].as_array_mut().unwrap().insert(0, damaged);
        let delivery = Delivery::new(HeaderMap::new(), event.to_string().into());
        let told = read_each(&delivery, &EVENTS).unwrap();
        let (read, unread): (Vec<_>, Vec<_>) = told.into_iter().partition(Result::is_ok);
        assert_eq!((read.len(), unread.len()), (1, 1), "{mark}");
        let error = unread.into_iter().next().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn objects_of_buckets_of_other_accounts_are_refused() {
    for (own, is_taken) in [("1309725374", true), ("1", false), ("", true)] {
        let delivery = Delivery::new(HeaderMap::new(), COS.to_owned().into());
        let accounts = Accounts::default().of(Some(own));
        let brought = read(&delivery.with_accounts(accounts), &EVENTS);
        let refused = brought.err().map(|error| error.kind());
        let expected = (!is_taken).then_some(ErrorKind::PermissionDenied);
        assert_eq!(refused, expected, "{own}");
    }
}
