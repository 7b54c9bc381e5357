//! What the applications are told about a request: the same on both sides, and nothing that a client made up.

use crate::harness::{Running, assert_refused, echo, exchange, get_once, nobody, with_settings};

const FIELDS: &str = "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\nForwarded: for=10.0.0.1\r\n\
                      X-Own: 1\r\nKeep-Alive: timeout=5\r\nTE: gzip\r\nX-Request-Id: abc\r\n";

/// What a side says it was sent, without the name of the side.
async fn told(settings: &str, state: &str, fields: &str) -> String {
    let (legacy, ported) = (echo("x").await, echo("x").await);
    let routes = format!("GET /; state = \"{state}\"");
    let gateway = Running::start(&with_settings(legacy, ported, settings, &routes)).await;
    let answer = exchange(gateway.address, &get_once("/", fields)).await;
    let via = answer
        .lines()
        .find(|line| line.starts_with("via: 1.1 isobar-"))
        .unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    body.replace(via, "via: 1.1 isobar")
}

#[tokio::test]
async fn both_sides_are_told_the_same_and_only_what_the_gateway_saw() {
    let legacy = told("", "legacy", FIELDS).await;
    assert_eq!(
        legacy,
        "x GET /\nhost: test\nx-own: 1\nx-request-id: abc\nx-forwarded-for: 127.0.0.1\nx-forwarded-proto: http\n\
         forwarded: for=127.0.0.1;host=\"test\";proto=http\nx-forwarded-host: test\nvia: 1.1 isobar\n"
    );
    assert_eq!(told("", "ported", FIELDS).await, legacy);
}

#[tokio::test]
async fn a_trusted_proxy_is_believed() {
    let told = told("trust = { hops = 1 }", "legacy", FIELDS).await;
    assert!(
        told.contains("x-forwarded-for: 10.0.0.1, 127.0.0.1\n"),
        "{told}"
    );
    assert!(told.contains("x-forwarded-proto: https\n"), "{told}");
}

#[tokio::test]
async fn a_gateway_that_is_its_own_application_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let address = nobody().await;
    let text = with_settings(address, address, &format!("listen = \"{address}\""), "");
    std::fs::write(folder.path().join("migration.toml"), text).unwrap();
    let places = isobar_migrate_gateway::Places::of(&folder.path().join("migration.toml"));
    let gateway = isobar_migrate_gateway::Gateway::open(
        &places,
        isobar_migrate_gateway::GatewayOptions::default(),
    )
    .await
    .unwrap();
    tokio::spawn(gateway.run_until(std::future::pending()));
    let answer = exchange(address, &get_once("/", "")).await;
    assert_refused(&answer, "508", "loop", "gateway");
}
