//! The contract of ActionLoop: a word when it is ready, a line for each line, the end with the input.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::action::{activation, example};

fn command(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", script])
        .arg(example())
        .env_clear()
        .env("__OW_ACTION_NAME", "/guest/action")
        .env("__OW_WAIT_FOR_ACK", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn each_line_has_its_result_and_the_last_is_finished() {
    let mut child = command("exec \"$0\" 3>&1 1>&2").spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut results = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = results.next_line().await.unwrap();
    assert_eq!(ready.as_deref(), Some(r#"{"ok":true}"#));
    let lines = [
        activation("a-1", "/id"),
        "no activation".to_owned(),
        activation("a-2", "/log"),
        activation("a-3", "/id"),
    ];
    let lines = lines.join("\n") + "\n";
    input.write_all(lines.as_bytes()).await.unwrap();
    drop(input);
    for expected in [
        r#""body":"a-1""#,
        r#"{"error":"#,
        "logged",
        r#""body":"a-3""#,
    ] {
        let result = results.next_line().await.unwrap().unwrap();
        assert!(result.contains(expected), "{result}");
    }
    assert_eq!(results.next_line().await.unwrap(), None);
    assert!(child.wait().await.unwrap().success());
}

#[tokio::test]
async fn it_ends_at_a_signal_while_the_proxy_may_still_write() {
    let mut child = command("exec \"$0\" 3>&1 1>&2").spawn().unwrap();
    let input = child.stdin.take().unwrap();
    let mut results = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = results.next_line().await.unwrap();
    assert_eq!(ready.as_deref(), Some(r#"{"ok":true}"#));
    let mut kill = Command::new("/bin/sh");
    kill.args(["-c", "kill \"$0\""])
        .arg(child.id().unwrap().to_string());
    assert!(kill.status().await.unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(30), child.wait()).await;
    assert!(ended.unwrap().unwrap().success());
    drop(input);
}

#[tokio::test]
async fn without_a_descriptor_for_results_it_says_so() {
    let child = command("exec \"$0\" 3>&-").spawn().unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("descriptor 3"), "{said}");
}
