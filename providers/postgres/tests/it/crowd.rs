//! More processes than the server has connections: each gets its turn.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use isobar::ErrorKind;
use isobar::document::{CollectionSpec, Map};
use tokio::process::Command;

use crate::document::{bind, map, store};
use crate::server::Server;

const NOTES: CollectionSpec<Map> = CollectionSpec::new("notes");
const PROCESSES: usize = 200;
/// What each process of `examples/crowd.rs` writes.
const EACH: i64 = 8;

/// Examples lie beside the folder of the tests, whatever the target folder is called.
fn example() -> PathBuf {
    let tests = std::env::current_exe().expect("a path");
    let profile = tests.ancestors().nth(2).expect("a folder of a profile");
    profile.join("examples/crowd")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_processes_share_a_hundred_connections() {
    let server = Server::start(&["max_connections=100"]);
    let url = server.url("");
    let store = store(&url);
    let notes = bind(&store, &NOTES, "");
    notes.ensure().await.unwrap();
    let began = Instant::now();
    let processes = (0..PROCESSES).map(|number| {
        Command::new(example())
            .args([&url, &number.to_string()])
            .env_clear()
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
    });
    for ended in futures_util::future::join_all(processes).await {
        let ended = ended.unwrap();
        let told = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{told}");
    }
    let client = store.pool().get().await.unwrap();
    let row = client
        .query_one("SELECT count(*) FROM notes", &[])
        .await
        .unwrap();
    let expected = EACH * i64::try_from(PROCESSES).unwrap();
    assert_eq!(row.get::<_, i64>(0), expected);
    assert!(
        began.elapsed() < Duration::from_mins(2),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_server_without_a_connection_to_spare_is_waited_for_and_then_told() {
    let server = Server::start(&[
        "max_connections=4",
        "superuser_reserved_connections=0",
        "max_wal_senders=0",
    ]);
    let greedy = store(&server.url(""));
    bind(&greedy, &NOTES, "").ensure().await.unwrap();
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(greedy.pool().get().await.unwrap());
    }
    let notes = bind(&store(&server.url("")), &NOTES, "");
    let hasty = notes.clone().with_budget(Duration::from_secs(1));
    let began = Instant::now();
    let error = hasty.create(&map(&[("id", "a".into())])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert_eq!(error.provider_code(), Some("53300"));
    assert!(error.retryable() && !error.outcome_unknown(), "{error:?}");
    assert!(error.to_string().contains("too many clients"), "{error}");
    assert!(
        began.elapsed() >= Duration::from_millis(500),
        "it did not wait"
    );

    let waiting = tokio::spawn(async move { notes.create(&map(&[("id", "a".into())])).await });
    drop(deadpool_postgres::Object::take(held.remove(0)));
    waiting.await.unwrap().unwrap();
}
