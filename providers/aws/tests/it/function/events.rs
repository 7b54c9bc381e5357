//! Events that are not requests: what wakes which handler, and what comes again (G-260 to G-263,
//! G-265, G-266).

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::ChildStderr;

use super::{echo, event, get};
use crate::runtime_api::{Function, Reply};

async fn refused(function: &Function, event: impl Into<Vec<u8>>) -> (String, String) {
    match function.invoke(event).await {
        Reply::Error { kind, message } => (kind, message),
        other => ("answered".to_owned(), format!("{other:?}")),
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_fails_alone() {
    let function = echo().await;
    for bad in [
        "5".into(),
        "{".into(),
        "{}".into(),
        event(&[("rawPath", json!(5))]),
        event(&[("body", "?".into()), ("isBase64Encoded", true.into())]),
        b"\xff\xfe".to_vec(),
        br#"{"Records":[{"eventSource":"aws:sqs"}]}"#.to_vec(),
    ] {
        let shown = String::from_utf8_lossy(&bad).into_owned();
        let (kind, message) = refused(&function, bad).await;
        assert!(
            !kind.is_empty() && !message.is_empty(),
            "{shown}: {kind} {message}"
        );
    }
    let reply = function.invoke(get("/status/200")).await;
    assert!(matches!(reply, Reply::Response(answer) if answer["statusCode"] == 200));
}

fn tick(rule: &str) -> Vec<u8> {
    tick_of("123456789012", rule)
}

fn tick_of(account: &str, rule: &str) -> Vec<u8> {
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "time": "2026-10-08T03:00:00Z",
        "resources": [format!("arn:aws:events:eu-central-1:{account}:rule/{rule}")],
        "detail": {},
    })
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn a_tick_of_eventbridge_wakes_its_schedule() {
    let function = echo().await;
    let reply = function.invoke(tick("echo-nightly")).await;
    assert_eq!(reply, Reply::Response(Value::Null));
    let (kind, message) = refused(&function, tick("failing")).await;
    assert_eq!(
        (&*kind, &*message),
        ("Isobar.Internal", "the handler failed")
    );
    let (kind, _) = refused(&function, tick("again")).await;
    assert_eq!(kind, "Isobar.Unavailable");
    let (kind, message) = refused(&function, tick("hourly")).await;
    assert_eq!(kind, "Isobar.NotFound");
    assert!(message.contains("hourly"), "{message}");
}

#[tokio::test]
async fn resources_of_another_account_wake_nothing_though_their_names_are_known() {
    let function = echo().await;
    let own = refused(&function, tick("failing")).await;
    assert_eq!(own.0, "Isobar.Internal");
    let queue = "arn:aws:sqs:eu-central-1:999999999999:staging-jobs";
    let message =
        json!({ "eventSource": "aws:sqs", "eventSourceARN": queue, "messageId": "1", "body": "x" });
    let topic = "arn:aws:sns:eu-central-1:999999999999:staging-jobs";
    let notification = json!({ "EventSource": "aws:sns", "Sns": { "TopicArn": topic, "MessageId": "1", "Message": "x" } });
    let records = |record: Value| json!({ "Records": [record] }).to_string().into_bytes();
    for event in [
        tick_of("999999999999", "echo-nightly"),
        records(message),
        records(notification),
    ] {
        let (kind, message) = refused(&function, event).await;
        assert_eq!(kind, "Isobar.PermissionDenied", "{message}");
        assert!(message.contains("ISOBAR_EVENT_ACCOUNTS"), "{message}");
        assert!(message.contains("999999999999"), "{message}");
    }
}

/// The function, and what its handlers tell the log.
async fn listening() -> (Function, Lines<BufReader<ChildStderr>>) {
    let mut function = echo().await;
    let log = function.process.stderr.take().expect("its log is piped");
    (function, BufReader::new(log).lines())
}

/// The next line that a handler has written, of those that begin so.
async fn next(log: &mut Lines<BufReader<ChildStderr>>, beginning: &str) -> String {
    loop {
        let line = log.next_line().await.expect("UTF-8").expect("it runs");
        if line.starts_with(beginning) {
            return line;
        }
    }
}

fn queued(messages: &[(&str, &str, Option<&str>)]) -> Vec<u8> {
    let records = messages.iter().map(|(id, body, group)| {
        let mut attributes = json!({
            "ApproximateReceiveCount": "3",
            "SentTimestamp": "1796083200000",
        });
        if let Some(group) = group {
            attributes["MessageGroupId"] = (*group).into();
        }
        json!({
            "messageId": id,
            "receiptHandle": "handle",
            "body": body,
            "attributes": attributes,
            "messageAttributes": {
                "kind": { "stringValue": "test", "dataType": "String",
                          "stringListValues": [], "binaryListValues": [] },
            },
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:echo-jobs",
            "awsRegion": "eu-central-1",
        })
    });
    let records: Vec<_> = records.collect();
    json!({ "Records": records }).to_string().into_bytes()
}

#[tokio::test]
async fn of_a_batch_of_a_queue_only_what_failed_comes_again() {
    let (function, mut log) = listening().await;
    let batch = queued(&[
        ("m1", "good", None),
        ("m2", "fail", Some("red")),
        ("m3", "good", Some("red")),
        ("m4", "panic", None),
        ("m5", "\u{feff}caf\u{e9}", None),
    ]);
    let reply = function.invoke(batch).await;
    let failed = |id: &str| json!({ "itemIdentifier": id });
    let failures = json!({ "batchItemFailures": [failed("m2"), failed("m3"), failed("m4")] });
    assert_eq!(reply, Reply::Response(failures));
    let line = next(&mut log, "message m1").await;
    let expected = r#"message m1 "good" attempt Some(3) group None {"kind": "test"} of "#;
    assert_eq!(
        line,
        format!("{expected}arn:aws:sqs:eu-central-1:123456789012:echo-jobs")
    );
    let line = next(&mut log, "message m5").await;
    assert!(line.contains("\"\\u{feff}caf\u{e9}\""), "{line}");
}

#[tokio::test]
async fn a_batch_of_which_all_was_handled_has_no_failures() {
    let function = echo().await;
    let reply = function
        .invoke(queued(&[("m1", "a", None), ("m2", "b", None)]))
        .await;
    assert_eq!(reply, Reply::Response(json!({ "batchItemFailures": [] })));
    let (kind, _) = refused(&function, queued(&[("m1", "fail", None)])).await;
    assert_eq!(kind, "Isobar.Internal");
}

#[tokio::test]
async fn messages_of_a_queue_that_nobody_subscribes_to_come_again() {
    let function = echo().await;
    let other = String::from_utf8(queued(&[("m1", "a", None)])).unwrap();
    let other = other.replace("echo-jobs", "letters");
    let (kind, message) = refused(&function, other).await;
    assert_eq!(kind, "Isobar.NotFound");
    assert!(message.contains("\"letters\""), "{message}");
}

#[tokio::test]
async fn a_record_that_fails_keeps_back_no_other() {
    let (function, mut log) = listening().await;
    let notification = |topic: &str, id: &str| {
        let topic = format!("arn:aws:sns:eu-central-1:123456789012:{topic}");
        json!({ "EventSource": "aws:sns",
            "Sns": { "MessageId": id, "TopicArn": topic, "Message": "x" } })
    };
    let damaged = json!({ "EventSource": "aws:sns", "Sns": { "MessageId": 5 } });
    let records = [
        damaged,
        notification("letters", "n1"),
        notification("jobs", "n2"),
    ];
    let (kind, message) = refused(&function, json!({ "Records": records }).to_string()).await;
    assert_eq!(kind, "Isobar.InvalidArgument");
    assert!(message.contains("Records[0].Sns.MessageId"), "{message}");
    let line = next(&mut log, "message ").await;
    assert!(line.starts_with("message n2 "), "{line}");
    let object = |name: &str, key: &str| {
        json!({ "eventSource": "aws:s3", "eventName": name, "eventTime": "2026-11-30T03:00:00Z",
            "s3": { "bucket": { "name": "photos" }, "object": { "key": key } } })
    };
    let records = [
        object("ObjectRestore:Post", "a"),
        object("ObjectCreated:Put", "b"),
    ];
    let (kind, _) = refused(&function, json!({ "Records": records }).to_string()).await;
    assert_eq!(kind, "Isobar.Unsupported");
    let line = next(&mut log, "blob ").await;
    assert!(line.contains("\"b\""), "{line}");
}

#[tokio::test]
async fn a_notification_is_a_message_of_its_topic() {
    let (function, mut log) = listening().await;
    let notification = |message: &str| {
        let event = json!({ "Records": [{
            "EventVersion": "1.0",
            "EventSource": "aws:sns",
            "EventSubscriptionArn": "arn:aws:sns:eu-central-1:123456789012:jobs:1",
            "Sns": {
                "Type": "Notification",
                "MessageId": "82833b5c",
                "TopicArn": "arn:aws:sns:eu-central-1:123456789012:jobs",
                "Subject": "Greetings",
                "Message": message,
                "Timestamp": "2026-08-18T18:02:32.111Z",
                "MessageAttributes": { "kind": { "Type": "String", "Value": "test" } },
            },
        }]});
        event.to_string()
    };
    let reply = function.invoke(notification("good")).await;
    assert_eq!(reply, Reply::Response(Value::Null));
    let line = next(&mut log, "message").await;
    let expected = r#"message 82833b5c "good" attempt None group None {"kind": "test", "subject": "Greetings"} of "#;
    assert_eq!(
        line,
        format!("{expected}arn:aws:sns:eu-central-1:123456789012:jobs")
    );
    let (kind, _) = refused(&function, notification("fail")).await;
    assert_eq!(kind, "Isobar.Internal");
}

fn of_object(name: &str, key: &str) -> Vec<u8> {
    let event = json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-central-1",
        "eventTime": "2026-01-01T00:00:00.123Z",
        "eventName": name,
        "s3": {
            "bucket": { "name": "echo-photos", "arn": "arn:aws:s3:::echo-photos" },
            "object": { "key": key, "size": 1024, "eTag": "d41d8c", "sequencer": "0055" },
        },
    }]});
    event.to_string().into_bytes()
}

#[tokio::test]
async fn the_key_of_an_object_is_decoded_once() {
    let (function, mut log) = listening().await;
    let reply = function
        .invoke(of_object(
            "ObjectCreated:Put",
            "a+b%2Bc%20d/%25C3%25A9-%C3%A9.jpg",
        ))
        .await;
    assert_eq!(reply, Reply::Response(Value::Null));
    let line = next(&mut log, "blob").await;
    let key = "\"a b+c d/%C3%A9-\u{e9}.jpg\"";
    let version = r#"version Some("\"d41d8c\"")"#;
    assert_eq!(
        line,
        format!("blob Stored echo-photos {key} {version} size Some(1024)")
    );
    function
        .invoke(of_object("ObjectRemoved:DeleteMarkerCreated", "a"))
        .await;
    let line = next(&mut log, "blob").await;
    assert!(line.starts_with("blob Deleted echo-photos \"a\""), "{line}");
}

#[tokio::test]
async fn an_event_of_an_object_that_means_nothing_here_fails_alone() {
    let function = echo().await;
    let (kind, _) = refused(&function, of_object("ObjectRestore:Completed", "a")).await;
    assert_eq!(kind, "Isobar.Unsupported");
    let (kind, message) = refused(&function, of_object("ObjectCreated:Put", "%FF")).await;
    assert_eq!(kind, "Isobar.InvalidArgument");
    assert!(message.contains("%FF"), "{message}");
}

fn stream(owners: &[&str]) -> Vec<u8> {
    let records = owners.iter().zip(1..).map(|(owner, number)| {
        json!({
            "eventID": format!("e{number}"),
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "eu-central-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_796_083_200,
                "Keys": { "id": { "S": owner } },
                "NewImage": { "id": { "S": owner }, "bytes": { "B": "AAEqQQ==" } },
                "SequenceNumber": format!("10{number}"),
                "SizeBytes": 26,
                "StreamViewType": "NEW_IMAGE",
            },
            "eventSourceARN":
                "arn:aws:dynamodb:eu-central-1:123456789012:table/echo-notes/stream/2026-11-30T00:00:00.000",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
        .to_string()
        .into_bytes()
}

#[tokio::test]
async fn a_batch_of_a_stream_goes_on_at_the_change_that_failed() {
    let (function, mut log) = listening().await;
    let reply = function.invoke(stream(&["a", "fail", "b"])).await;
    let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "102" }] });
    assert_eq!(reply, Reply::Response(failures));
    let line = next(&mut log, "change").await;
    let of = "arn:aws:dynamodb:eu-central-1:123456789012:table/echo-notes/stream";
    let expected = format!("change e1 Upsert of \"a\" in {of}/2026-11-30T00:00:00.000");
    assert_eq!(line, expected);
    let (kind, _) = refused(&function, stream(&["fail", "b"])).await;
    assert_eq!(kind, "Isobar.Internal");
    let reply = function.invoke(stream(&["b"])).await;
    assert_eq!(reply, Reply::Response(json!({ "batchItemFailures": [] })));
}
