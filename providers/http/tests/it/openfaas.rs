//! The watchdog's contract: health, lock file, ids, times, and the two steps of the end.

use std::path::Path;

use crate::process::Process;

async fn start(temporary: &Path, variables: &[(&str, &str)]) -> Process {
    let temporary = [("TMPDIR", temporary.to_str().unwrap())];
    Process::start("openfaas", &[&temporary, variables].concat()).await
}

#[tokio::test]
async fn the_lock_file_and_health_say_that_the_process_is_well() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join(".lock");
    let process = start(folder.path(), &[]).await;
    assert_eq!(process.status("/_/ready").await, 200);
    assert!(lock.exists());
    assert_eq!(process.status("/_/health").await, 200);
    assert_eq!(process.ask("POST", "/_/health", "", "").await.0, 405);
    std::fs::remove_file(&lock).unwrap();
    assert_eq!(process.status("/_/health").await, 503);
    assert_eq!(process.status("/_/ready").await, 503);
}

#[tokio::test]
async fn no_lock_file_is_written_where_it_is_suppressed() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path(), &[("suppress_lock", "true")]).await;
    assert_eq!(process.status("/_/health").await, 200);
    assert!(!folder.path().join(".lock").exists());
}

#[tokio::test]
async fn calls_have_the_ids_of_the_gateway_and_the_time_that_they_ask_for() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path(), &[("exec_timeout", "1m")]).await;
    let (_, id) = process.ask("GET", "/", "X-Call-Id: 4711\r\n", "").await;
    assert_eq!(id, "4711");
    let (status, _) = process
        .ask("GET", "/slow", "X-Timeout: 400ms\r\n", "")
        .await;
    assert_eq!(status, 504);
    assert_eq!(process.status("/slow").await, 200);
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path(), &[("max_inflight", "1")]).await;
    // A request is under way until the last of its content is sent.
    for path in ["/slow", "/slow/content"] {
        let slow = process.ask("GET", path, "", "");
        let ((status, _), ()) = tokio::join!(slow, others_are_refused(&process));
        assert_eq!(status, 200);
        assert_eq!(process.status("/").await, 200);
    }
}

async fn others_are_refused(process: &Process) {
    while process.status("/_/ready").await != 429 {
        tokio::task::yield_now().await;
    }
    assert_eq!(process.status("/").await, 429);
    assert_eq!(process.status("/_/health").await, 200);
}

#[tokio::test]
async fn the_application_may_say_itself_whether_it_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let process = start(folder.path(), &[("ready_path", "/ready")]).await;
    let (status, content) = process.ask("GET", "/_/ready", "", "").await;
    assert_eq!(
        (status, content.as_str()),
        (200, "the application's own word")
    );
}

#[tokio::test]
async fn the_gateway_hears_of_the_end_before_requests_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lock = folder.path().join(".lock");
    let times = [("healthcheck_interval", "1s"), ("write_timeout", "10s")];
    let mut process = start(folder.path(), &times).await;
    assert_eq!(process.status("/_/health").await, 200);
    process.terminate();
    while process.status("/_/health").await != 503 {
        tokio::task::yield_now().await;
    }
    assert!(!lock.exists());
    // It is still sent requests by those who have not heard, and what has begun is finished.
    assert_eq!(process.status("/slow").await, 200);
    assert!(process.child.wait().await.unwrap().success());
}
