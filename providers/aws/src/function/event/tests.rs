//! What an event is taken for.

use serde_json::{Value, json};

use super::Kind;

fn shown(event: &[u8]) -> String {
    match Kind::of(event, |_| Ok(())) {
        Ok(Kind::Http) => "http".to_owned(),
        Ok(kind @ (Kind::Queue | Kind::Notifications | Kind::Blobs | Kind::Changes)) => {
            format!("{kind:?}")
        }
        Ok(Kind::Schedule(tick)) => {
            let at = jiff::Timestamp::try_from(tick.at).unwrap();
            format!("{} of {} at {at}", tick.id, tick.names.join(" "))
        }
        Err(error) => format!("{:?}: {error}", error.kind()),
    }
}

fn check(event: &Value, expected: &str) {
    assert_eq!(shown(event.to_string().as_bytes()), expected);
}

fn check_fixture(name: &str, expected: &str) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root
        .join("../../conformance-tests/fixtures/events/aws")
        .join(name);
    assert_eq!(shown(&std::fs::read(path).unwrap()), expected);
}

#[test]
fn published_events_are_told_apart_by_their_marks() {
    check_fixture("apigw-v2-request-no-authorizer.json", "http");
    check_fixture("apigw-v2-request-iam.json", "http");
    check_fixture(
        "eventbridge-schedule.json",
        "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa of my-scheduled-rule at 2015-10-08T16:53:06Z",
    );
    check_fixture("apigw-request.json", "http");
    check_fixture("alb-lambda-target-request-headers-only.json", "http");
    check_fixture("sqs-event.json", "Queue");
    check_fixture("sns-event.json", "Notifications");
    check_fixture("s3-event.json", "Blobs");
    check_fixture("dynamodb-event.json", "Changes");
}

#[test]
fn the_default_notification_of_eventbridge_scheduler_is_a_tick() {
    // As recorded: AWS publishes no example, and the detail is text.
    let event = json!({
        "version": "0",
        "id": "37666ae6-48cf-4285-b4c6-a3320b38824a",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": "123456789012",
        "time": "2026-06-13T12:30:00Z",
        "region": "us-east-2",
        "resources": ["arn:aws:scheduler:us-east-2:123456789012:schedule/default/notes-nightly"],
        "detail": "{}",
    });
    check(
        &event,
        "37666ae6-48cf-4285-b4c6-a3320b38824a of notes-nightly at 2026-06-13T12:30:00Z",
    );
}

#[test]
fn an_event_without_a_mark_is_refused() {
    let unmarked = "InvalidArgument: the event has no mark of a sender that is known here";
    check(&json!({}), unmarked);
    check(&json!({ "body": "x", "headers": {} }), unmarked);
    check(
        &json!({ "source": "mine", "detail-type": "Scheduled Event" }),
        "Unsupported: events of \"mine\" are not handled here",
    );
    check(
        &json!({ "Records": [{ "eventSource": "aws:sqs" }, { "eventSource": "aws:s3" }] }),
        "InvalidArgument: the event has records of several senders",
    );
    check(&json!({ "Records": [] }), unmarked);
    for event in ["5", "[]", "\"text\"", "null", "{"] {
        let shown = shown(event.as_bytes());
        assert!(shown.starts_with("InvalidArgument: "), "{event}: {shown}");
    }
    let event = json!({ "source": "aws.events", "detail-type": "Scheduled Event", "time": "now" });
    let shown = shown(event.to_string().as_bytes());
    assert!(shown.contains("time is malformed"), "{shown}");
}

#[test]
fn a_rule_wakes_the_schedule_that_its_name_ends_with() {
    let tick = |rule: &str| {
        let event = json!({
            "source": "aws.scheduler", "detail-type": "Scheduled Event",
            "time": "2026-01-01T00:00:00Z", "resources": [rule],
        });
        match Kind::of(event.to_string().as_bytes(), |_| Ok(())) {
            Ok(Kind::Schedule(tick)) => tick,
            other => panic!("{other:?}"),
        }
    };
    let wakes = |rule: &str| tick(rule).schedule(["nightly", "fort-nightly"].into_iter());
    assert_eq!(wakes("arn:aws:events:eu:1:rule/nightly"), Some("nightly"));
    assert_eq!(
        wakes("arn:aws:scheduler:eu:1:schedule/default/notes-nightly"),
        Some("nightly")
    );
    assert_eq!(
        wakes("arn:aws:events:eu:1:rule/x-fort-nightly"),
        Some("fort-nightly")
    );
    assert_eq!(wakes("arn:aws:events:eu:1:rule/midnightly"), None);
    assert_eq!(wakes(""), None);
}
