//! Deadlines, signals, failed starts, and events that are not requests (G-240 to G-242, G-260,
//! G-265, G-266).

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::{echo, event, get};
use crate::runtime_api::{Function, Reply};

#[tokio::test]
async fn a_handler_is_cut_before_lambda_would() {
    let function = echo().await;
    let begun = Instant::now();
    let reply = function
        .invoke_within(get("/slow/60000"), Duration::from_secs(1))
        .await;
    let Reply::Response(answer) = reply else {
        panic!("{reply:?}")
    };
    assert_eq!(answer["statusCode"], 504);
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    let reply = function.invoke(get("/slow/1")).await;
    assert!(matches!(reply, Reply::Response(answer) if answer["body"] == "done"));
}

#[tokio::test]
async fn sigterm_lets_the_invocation_under_way_finish() {
    let mut function = echo().await;
    let pid = function.process.id().unwrap().to_string();
    let mut log = BufReader::new(function.process.stderr.take().unwrap()).lines();
    let slow = function.invoke(get("/slow/300"));
    let terminate = async {
        assert_eq!(log.next_line().await.unwrap().unwrap(), "slow begins");
        let kill = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(kill.await.unwrap().success());
    };
    let (reply, ()) = tokio::join!(slow, terminate);
    assert!(matches!(reply, Reply::Response(answer) if answer["body"] == "done"));
    assert!(function.process.wait().await.unwrap().success());
}

#[tokio::test]
async fn a_function_that_cannot_start_tells_lambda_why() {
    let mut function = Function::start(&[]).await;
    let report = function.init_errors.recv().await.unwrap();
    let Reply::Error { kind, message } = report else {
        panic!("{report:?}")
    };
    assert_eq!(kind, "Isobar.InvalidArgument");
    assert!(message.contains("ECHO_GREETING"), "{message}");
    assert!(!function.process.wait().await.unwrap().success());
}

async fn refused(function: &Function, event: impl Into<Vec<u8>>) -> (String, String) {
    match function.invoke(event).await {
        Reply::Error { kind, message } => (kind, message),
        Reply::Response(answer) => ("answered".to_owned(), answer.to_string()),
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
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "time": "2026-10-08T03:00:00Z",
        "resources": [format!("arn:aws:events:eu-central-1:123456789012:rule/{rule}")],
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
