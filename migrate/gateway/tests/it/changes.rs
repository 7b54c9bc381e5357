//! Promotions and rollbacks: in force when acknowledged, without a lost request, journalled, kept over a restart.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use isobar_migrate_gateway::control::InForce;
use isobar_migrate_gateway::record::Journal;
use isobar_migrate_gateway::{ErrorKind, Places};

use crate::harness::{
    Running, configuration, echo, exchange, get_once, move_to, open, read, status,
};

const ROUTES: &str = r#"
    GET /a; effects = "none"
    GET /notes; effects = "none"; group = "notes"
    POST /notes; group = "notes"
"#;

async fn gateway() -> Running {
    let (legacy, ported) = (echo("legacy").await, echo("ported").await);
    Running::start(&configuration(legacy, ported, ROUTES)).await
}

#[tokio::test]
async fn a_change_is_in_force_when_it_is_acknowledged() {
    let gateway = gateway().await;
    for (state, side) in [
        ("ported", "ported"),
        ("legacy", "legacy"),
        ("ported", "ported"),
    ] {
        let (_, in_force) = gateway.move_to(&["GET /a"], state).await.unwrap();
        assert_eq!(in_force, InForce::Now);
        assert!(gateway.get("/a").await.contains(&format!("{side} GET /a")));
    }
}

#[tokio::test]
async fn no_request_is_lost_while_states_change() {
    let gateway = gateway().await;
    let address = gateway.address;
    let going = Arc::new(AtomicBool::new(true));
    let answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn(keep_asking(
                address,
                Arc::clone(&going),
                Arc::clone(&answered),
            ))
        })
        .collect();
    for round in 0..50 {
        let state = ["ported", "shadow", "canary 50%", "legacy"][round % 4];
        gateway.move_to(&["GET /a"], state).await.unwrap();
    }
    going.store(false, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    assert!(answered.load(Ordering::Relaxed) > 50);
}

async fn keep_asking(address: SocketAddr, going: Arc<AtomicBool>, answered: Arc<AtomicUsize>) {
    while going.load(Ordering::Relaxed) {
        let answer = exchange(address, &get_once("/a", "")).await;
        assert_eq!(status(&answer), "200", "{answer}");
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn every_change_is_journalled() {
    let gateway = gateway().await;
    gateway.move_to(&["POST /notes"], "ported").await.unwrap();
    gateway.move_to(&["notes"], "legacy").await.unwrap();
    gateway.move_to(&["notes"], "legacy").await.unwrap();
    let journal = Journal::read(&gateway.places.journal).unwrap();
    let told: Vec<String> = journal
        .iter()
        .flat_map(|record| record.steps.iter().map(move |step| (record, step)))
        .map(|(record, step)| {
            format!(
                "{} {}: {} -> {} ({})",
                record.who, step.route, step.from, step.to, record.why
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "tester GET /notes: legacy -> ported (a test)",
            "tester POST /notes: legacy -> ported (a test)",
            "tester GET /notes: ported -> legacy (a test)",
            "tester POST /notes: ported -> legacy (a test)",
        ]
    );
}

#[tokio::test]
async fn a_refused_change_changes_nothing_and_says_why() {
    let gateway = gateway().await;
    let error = gateway
        .move_to(&["GET /notes"], "canary 10%")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(
        error
            .to_string()
            .contains("would let both applications write notes"),
        "{error}"
    );
    assert_eq!(read(&gateway.places.journal), "");
    assert!(gateway.get("/notes").await.contains("legacy GET /notes"));
}

#[tokio::test]
async fn states_outlive_the_gateway_and_can_be_changed_without_one() {
    let gateway = gateway().await;
    gateway.move_to(&["GET /a"], "ported").await.unwrap();
    let folder = gateway.stop().await;
    let places = Places::of(&folder.path().join("migration.toml"));
    let (change, in_force) = move_to(&places, &["notes"], "ported").await.unwrap();
    assert_eq!((change.steps.len(), in_force), (2, InForce::AtNextStart));
    let gateway = Running::start_in(folder).await;
    for target in ["/a", "/notes"] {
        assert!(
            gateway
                .get(target)
                .await
                .contains(&format!("ported GET {target}"))
        );
    }
}

#[tokio::test]
async fn only_this_user_reaches_the_control_socket() {
    let gateway = gateway().await;
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&gateway.places.control), 0o600);
    assert_eq!(mode(&gateway.places.running), 0o700);
    assert_eq!(mode(&gateway.places.journal), 0o600);
}

#[tokio::test]
async fn what_a_killed_gateway_leaves_behind_is_in_nobodys_way() {
    let gateway = gateway().await;
    let (control, folder) = (gateway.places.control.clone(), gateway.stop().await);
    // A socket without a listener, as after kill -9.
    drop(std::os::unix::net::UnixListener::bind(&control).unwrap());
    let places = Places::of(&folder.path().join("migration.toml"));
    let (_, in_force) = move_to(&places, &["GET /a"], "ported").await.unwrap();
    assert_eq!(in_force, InForce::AtNextStart);
    let gateway = Running::start_in(folder).await;
    assert_eq!(
        gateway.move_to(&["GET /a"], "legacy").await.unwrap().1,
        InForce::Now
    );
}

#[tokio::test]
async fn a_second_gateway_for_the_same_migration_is_refused() {
    let gateway = gateway().await;
    let error = open(&gateway.places).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InUse);
    assert!(
        error.to_string().starts_with("another gateway runs for "),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_of_states_that_is_damaged_is_named() {
    let folder = gateway().await.stop().await;
    let places = Places::of(&folder.path().join("migration.toml"));
    for text in [
        "{\"format\":1,\"routes\":{\"GET /a\":\"elsewhere\"}}",
        "",
        "\n",
    ] {
        std::fs::write(&places.states, text).unwrap();
        let error = open(&places).await.unwrap_err().to_string();
        let told = "migration.state.json is not a file of states";
        assert!(error.contains(told), "{text:?}: {error}");
    }
}
