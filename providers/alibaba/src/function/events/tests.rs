//! Events as the documents and the samples of Alibaba have them.

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

#[track_caller]
fn one(content: &str) -> Arrived {
    let mut all = arrived(content).unwrap();
    assert_eq!(all.len(), 1);
    all.pop().unwrap()
}

const TICK: &str =
    r#"{"triggerTime":"2026-11-30T03:00:00Z","triggerName":"staging-nightly","payload":"x"}"#;
const OSS: &str = include_str!("tests/oss.json");
const QUEUE: &str = include_str!("tests/queue.json");
const TOPIC: &str = include_str!("tests/topic.json");

#[test]
fn a_timer_ticks_under_its_trigger_and_has_one_id_each_time() {
    let tick = one(TICK);
    assert_eq!(
        tick.id.as_deref(),
        Some("staging-nightly@2026-11-30T03:00:00Z")
    );
    let EventData::Schedule(due) = tick.data else {
        panic!("{tick:?}")
    };
    assert_eq!(due.name, "staging-nightly");
    let malformed = arrived(&TICK.replace("T03:00:00Z", "")).unwrap_err();
    assert_eq!(malformed.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn an_object_of_oss_is_told_with_its_key_and_parts_of_uploads_are_not() {
    let stored = one(OSS);
    assert_eq!(
        stored.id.as_deref(),
        Some("ObjectCreated:PutObject@58F9FF2D3DF792092E12044C/source/serverless.png")
    );
    let EventData::Blob(blob) = &stored.data else {
        panic!("{stored:?}")
    };
    assert_eq!(blob.bucket, "fc-with-oss-trigger");
    assert_eq!(blob.key.as_str(), "source/serverless.png");
    assert_eq!(
        (blob.kind, blob.size),
        (BlobEventKind::Stored, Some(122_539))
    );
    let version = blob.version.as_ref().map(Version::as_str);
    assert_eq!(version, Some("\"688A7BF4F233DC9C88A80BF985AB7329\""));
    for (name, kind) in [
        ("ObjectRemoved:DeleteObjects", BlobEventKind::Deleted),
        (
            "ObjectModified:UpdateObjectMeta",
            BlobEventKind::AttributesChanged,
        ),
    ] {
        let told = one(&OSS.replace("ObjectCreated:PutObject", name));
        let EventData::Blob(blob) = told.data else {
            panic!("{told:?}")
        };
        assert_eq!((blob.kind, blob.version), (kind, None));
    }
    let part = OSS.replace("ObjectCreated:PutObject", "ObjectCreated:UploadPart");
    assert!(arrived(&part).unwrap().is_empty());
    let other = OSS.replace("ObjectCreated:PutObject", "ObjectRestore:FinishRestore");
    assert_eq!(arrived(&other).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_message_of_a_queue_is_read_out_of_its_cloud_event_alone_or_in_a_stream() {
    let list = format!("[{QUEUE}]");
    let texts = serde_json::json!([QUEUE]).to_string();
    for content in [QUEUE, &list, &texts] {
        let message = one(content);
        let id = Some("c2g71017-6f65-fhcf-a814-a396fc8d0001");
        assert_eq!(message.id.as_deref(), id);
        let EventData::Messages(batch) = message.data else {
            panic!("{message:?}")
        };
        assert_eq!(batch.topic, "zeus");
        let message = &batch.messages[0];
        assert_eq!(message.id, "C6DB60D1574661357FA227277445000A");
        assert_eq!(message.body.as_ref(), b"TEST");
        assert!(message.sent_at.is_some() && message.attempt.is_none());
    }
    let nameless = arrived(&QUEUE.replace("queues/zeus", "queues/")).unwrap_err();
    assert_eq!(nameless.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn a_message_of_a_topic_has_its_tag() {
    let message = one(TOPIC);
    let EventData::Messages(batch) = message.data else {
        panic!("{message:?}")
    };
    assert_eq!(batch.topic, "fc-example");
    let message = &batch.messages[0];
    assert_eq!(message.body.as_ref(), b"mock mns message");
    assert_eq!(message.attributes["tag"], "important");
}

#[test]
fn what_has_no_known_mark_is_refused_with_its_type_where_it_has_one() {
    let custom = QUEUE.replace("mns:Queue:SendMessage", "com.example.made");
    let error = arrived(&custom).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("com.example.made"), "{error}");
    for other in [
        "",
        "text",
        "[]",
        "[1]",
        r#"["a","b","c"]"#,
        "{}",
        r#"{"events":[]}"#,
        r#"{"events":[{"eventSource":"acs:cdn"}]}"#,
        r#"{"parameter":{},"source":{"endpoint":"e"},"jobName":"j","taskId":"1"}"#,
        &format!("[{QUEUE},1]"),
    ] {
        let error = arrived(other).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{other}");
    }
}

#[test]
fn an_event_that_cannot_be_read_takes_no_other_with_it() {
    let nameless = QUEUE.replace("queues/zeus", "queues/");
    let records: serde_json::Value = serde_json::from_str(OSS).unwrap();
    let record = &records["events"][0];
    let damaged = serde_json::json!({"eventSource": "acs:oss"});
    let records = serde_json::json!({"events": [damaged, record]}).to_string();
    for content in [&format!("[{nameless},1,{QUEUE}]"), &records] {
        let delivery = Delivery::new(HeaderMap::new(), content.clone().into());
        let told = read_each(&delivery, &EVENTS).unwrap();
        assert!(told[0].is_err());
        let read: Vec<_> = told.into_iter().filter_map(Result::ok).collect();
        assert_eq!(read.len(), 1, "{read:?}");
    }
    let many = format!("[{}]", vec![QUEUE; 10_001].join(","));
    assert_eq!(arrived(&many).unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[test]
fn an_event_of_event_bridge_is_taken_for_nothing_else() {
    for other in [TICK, OSS, TOPIC] {
        let inside = other.trim().strip_prefix('{').unwrap();
        let custom = format!(
            "{{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",{inside}"
        );
        let twice = custom.replacen('{', "{\"specversion\":\"1.0\",", 1);
        // What stands beside it is not looked at, or refused.
        assert!(arrived(&custom).is_err());
        assert!(arrived(&twice).is_err());
    }
}

#[test]
fn a_cloud_event_that_names_another_account_is_refused_in_every_envelope() {
    const OWN: &str = "164901546557000";
    let record: serde_json::Value = serde_json::from_str(OSS).unwrap();
    let of_oss = |arn: &str| {
        let mut data = record["events"][0].clone();
        data["oss"]["bucket"]["arn"] = arn.into();
        serde_json::json!({
            "specversion": "1.0", "id": "1", "source": "acs.oss", "type": "oss:ObjectCreated:PutObject",
            "time": "2026-11-30T03:00:00Z", "data": data,
        })
    };
    let queue = |changed: &[(&str, &str)]| {
        let mut event: serde_json::Value = serde_json::from_str(QUEUE).unwrap();
        let members = event.as_object_mut().unwrap();
        members.retain(|name, _| !name.starts_with("aliyun"));
        for (name, value) in changed {
            event[*name] = (*value).into();
        }
        event
    };
    let events = [
        (queue(&[]), true),
        (
            queue(&[("subject", "acs:mns:cn-hangzhou:1:queues/zeus")]),
            false,
        ),
        (
            queue(&[("source", "acs:mns:cn-hangzhou:1:queues/zeus")]),
            false,
        ),
        (queue(&[("aliyunaccountid", "1")]), false),
        (queue(&[("aliyunoriginalaccountid", "1")]), false),
        (of_oss(&format!("acs:oss:cn-hangzhou:{OWN}:photos")), true),
        (of_oss("acs:oss:cn-hangzhou:1:photos"), false),
    ];
    for (event, is_taken) in events {
        let list = format!("[{event}]");
        let envelopes = [
            (None, event.to_string()),
            (None, list.clone()),
            (Some("application/cloudevents+json"), event.to_string()),
            (Some("application/cloudevents-batch+json"), list),
        ];
        for (media, content) in envelopes {
            let headers = media.map(|media| (http::header::CONTENT_TYPE, media.parse().unwrap()));
            let delivery = Delivery::new(headers.into_iter().collect(), content.into());
            let accounts = Accounts::default().of(Some(OWN));
            let brought = read(&delivery.with_accounts(accounts), &EVENTS);
            let refused = brought.err().map(|error| error.kind());
            let expected = (!is_taken).then_some(ErrorKind::PermissionDenied);
            assert_eq!(refused, expected, "{media:?}: {event}");
        }
    }
}

#[test]
fn events_of_other_accounts_are_refused() {
    let notification = TOPIC.replace("topic account id", "229814243474603096");
    let table = [
        (OSS, "229814243474603096"),
        (QUEUE, "164901546557000"),
        (&notification, "229814243474603096"),
    ];
    for (content, own) in table {
        for (account, is_taken) in [(own, true), ("1", false), ("", true)] {
            let accounts = Accounts::default().of(Some(account));
            let delivery = Delivery::new(HeaderMap::new(), content.to_owned().into());
            let brought = read(&delivery.with_accounts(accounts), &EVENTS);
            let refused = brought.err().map(|error| error.kind());
            let expected = (!is_taken).then_some(ErrorKind::PermissionDenied);
            assert_eq!(refused, expected, "{account}: {content}");
        }
    }
}
