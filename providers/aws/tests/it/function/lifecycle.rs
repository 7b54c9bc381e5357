//! Deadlines, signals and failed starts (G-240 to G-242).

use std::time::{Duration, Instant, SystemTime};

use serde_json::json;
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

async fn echo_with(name: &str, value: &str) -> Function {
    Function::start(&[("ECHO_GREETING", "hello"), (name, value)]).await
}

#[tokio::test]
async fn the_configuration_may_give_an_invocation_less_time_than_lambda() {
    let function = echo_with("ISOBAR_TIMEOUT", "500ms").await;
    let begun = Instant::now();
    let reply = function.invoke(get("/slow/60000")).await;
    assert!(matches!(reply, Reply::Response(answer) if answer["statusCode"] == 504));
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_handler_is_cut_before_api_gateway_gives_up_and_not_behind_other_doors() {
    let function = echo_with("ISOBAR_API_GATEWAY_TIMEOUT", "500ms").await;
    let of_api = json!({ "domainName": "id.execute-api.eu-central-1.amazonaws.com",
        "stage": "$default", "http": { "method": "GET" } });
    let of_api = event(&[
        ("rawPath", "/slow/60000".into()),
        ("requestContext", of_api),
    ]);
    let begun = Instant::now();
    let reply = function.invoke(of_api).await;
    assert!(matches!(reply, Reply::Response(answer) if answer["statusCode"] == 504));
    assert!(begun.elapsed() < Duration::from_secs(20));
    let reply = function.invoke(get("/slow/600")).await;
    assert!(matches!(reply, Reply::Response(answer) if answer["body"] == "done"));
}

#[tokio::test]
async fn a_deadline_that_has_passed_before_the_event_came_is_none() {
    let function = echo().await;
    let ten_minutes_after_1970 = SystemTime::UNIX_EPOCH + Duration::from_mins(10);
    let reply = function
        .invoke_by(get("/slow/100"), ten_minutes_after_1970)
        .await;
    assert!(matches!(reply, Reply::Response(answer) if answer["body"] == "done"));
}

#[tokio::test]
async fn lambda_is_asked_for_sigterm_before_the_first_event_where_it_is_wanted() {
    let mut function = echo_with("ISOBAR_LAMBDA_SIGTERM", "on").await;
    assert_eq!(function.asked.recv().await, Some("register"));
    let mut others = [
        function.asked.recv().await.unwrap(),
        function.asked.recv().await.unwrap(),
    ];
    others.sort_unstable();
    assert_eq!(others, ["event", "event of the extension"]);
    let pid = function.process.id().unwrap().to_string();
    let kill = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(kill.await.unwrap().success());
    assert!(function.process.wait().await.unwrap().success());
}

#[tokio::test]
async fn a_function_that_has_nothing_to_tell_at_its_end_registers_no_extension() {
    let mut function = echo().await;
    assert_eq!(function.asked.recv().await, Some("event"));
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
