//! Deadlines, signals and failed starts (G-240 to G-242).

use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::{echo, get};
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
