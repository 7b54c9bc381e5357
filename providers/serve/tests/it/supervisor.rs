//! A supervised server reports where it listens and ends with its supervisor, whatever ended that.

use std::process::Stdio;
use std::time::Duration;

use isobar_serve::{Options, SUPERVISOR_VARIABLE, Server};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::UnixListener;
use tokio::process::Command;

/// Not a test of its own: the process that the tests below start and supervise.
#[tokio::test]
#[ignore = "run by the tests of this file as a supervised process"]
async fn supervised_server() {
    let server = Server::bind("127.0.0.1:0", Options::default())
        .await
        .unwrap();
    server.run(axum::Router::new()).await.unwrap();
}

fn supervised_process(socket: &std::path::Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "supervisor::supervised_server", "--ignored"])
        .env(SUPERVISOR_VARIABLE, socket)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn a_server_reports_readiness_and_ends_when_its_supervisor_goes() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("supervisor");
    let listener = UnixListener::bind(&socket).unwrap();
    let mut server = supervised_process(&socket).spawn().unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let mut lines = BufReader::new(stream).lines();
    let line = lines
        .next_line()
        .await
        .unwrap()
        .expect("one line that says where");
    assert!(line.starts_with(r#"{"address":"127.0.0.1:"#), "{line}");
    assert!(
        line.contains(&format!(r#""pid":{}"#, server.id().unwrap())),
        "{line}"
    );
    drop(lines);
    let ended = tokio::time::timeout(Duration::from_secs(20), server.wait()).await;
    assert!(
        ended
            .expect("the server outlived its supervisor")
            .unwrap()
            .success()
    );
}

#[tokio::test]
async fn each_stop_signal_ends_a_server_with_success() {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("supervisor");
        let listener = UnixListener::bind(&socket).unwrap();
        let mut server = supervised_process(&socket).spawn().unwrap();
        let _held = listener.accept().await.unwrap();
        let pid = server.id().unwrap().to_string();
        let sent = Command::new("kill")
            .args([signal, &pid])
            .status()
            .await
            .unwrap();
        assert!(sent.success());
        let ended = tokio::time::timeout(Duration::from_secs(20), server.wait()).await;
        assert!(
            ended
                .expect("the server ignored the signal")
                .unwrap()
                .success(),
            "{signal}"
        );
    }
}

#[tokio::test]
async fn a_supervisor_that_cannot_be_reached_is_an_error_that_names_it() {
    let mut process = supervised_process(std::path::Path::new("/nonexistent/supervisor"));
    let output = process.stdout(Stdio::piped()).output().await.unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("/nonexistent/supervisor"), "{said}");
}
