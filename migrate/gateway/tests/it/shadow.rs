//! Copies of live requests: compared beside the client's way, recorded where the sides differ.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use isobar_migrate_gateway::ShadowCounts;
use isobar_migrate_gateway::control;
use isobar_migrate_gateway::record::ShadowRecord;

use crate::harness::{Running, application, configuration, exchange, nobody, read, status};

const SHADOWED: &str = "GET /:name; effects = \"none\"; state = \"shadow\"";

fn answering(text: &'static str) -> Router {
    Router::new().route("/{name}", get(move || async move { text }))
}

async fn counts(gateway: &Running) -> ShadowCounts {
    control::report(&gateway.places).await.unwrap().0[0].shadow
}

/// Waits until one copy has been dealt with.
async fn settled(gateway: &Running) -> ShadowCounts {
    loop {
        let counts = counts(gateway).await;
        if counts != ShadowCounts::default() {
            return counts;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn the_same_answer_is_counted_as_equal() {
    let (legacy, ported) = (
        application(answering("a")).await,
        application(answering("a")).await,
    );
    let gateway = Running::start(&configuration(legacy, ported, SHADOWED)).await;
    assert!(gateway.get("/x").await.ends_with('a'));
    assert_eq!(
        settled(&gateway).await,
        ShadowCounts {
            equal: 1,
            ..ShadowCounts::default()
        }
    );
    assert_eq!(read(&gateway.places.differences), "");
}

#[tokio::test]
async fn another_answer_is_recorded_and_the_client_gets_the_legacy_one() {
    let (legacy, ported) = (
        application(answering("a")).await,
        application(answering("b")).await,
    );
    let gateway = Running::start(&configuration(legacy, ported, SHADOWED)).await;
    assert!(gateway.get("/x?y=1").await.ends_with('a'));
    assert_eq!(
        settled(&gateway).await,
        ShadowCounts {
            different: 1,
            ..ShadowCounts::default()
        }
    );
    let record: ShadowRecord = serde_json::from_str(&read(&gateway.places.differences)).unwrap();
    assert_eq!(
        (record.route.as_str(), record.target.as_str()),
        ("GET /:name", "/x?y=1")
    );
    assert_eq!(
        record.differences[0].to_string(),
        "body: legacy a, ported b"
    );
}

#[tokio::test]
async fn a_shadow_that_is_gone_is_a_difference() {
    let (legacy, ported) = (application(answering("a")).await, nobody().await);
    let gateway = Running::start(&configuration(legacy, ported, SHADOWED)).await;
    assert_eq!(status(&gateway.get("/x").await), "200");
    assert_eq!(
        settled(&gateway).await,
        ShadowCounts {
            different: 1,
            ..ShadowCounts::default()
        }
    );
    assert!(read(&gateway.places.differences).contains("cannot be reached"));
}

#[tokio::test]
async fn a_shadow_that_hangs_delays_nobody() {
    let hanging = Router::new().route("/{name}", get(std::future::pending::<()>));
    let (legacy, ported) = (
        application(answering("a")).await,
        application(hanging).await,
    );
    let text = configuration(legacy, ported, SHADOWED).replacen(
        "format = 1\n",
        "format = 1\nlimits = { shadows = 2 }\n",
        1,
    );
    let gateway = Running::start(&text).await;
    for _ in 0..5 {
        assert!(gateway.get("/x").await.ends_with('a'));
    }
    assert_eq!(
        settled(&gateway).await,
        ShadowCounts {
            not_compared: 3,
            ..ShadowCounts::default()
        }
    );
}

#[tokio::test]
async fn a_copy_has_the_body_of_its_request() {
    let echo = || {
        let handler = axum::routing::post(|body: String| async move { body });
        application(Router::new().route("/search", handler))
    };
    let (legacy, ported) = (echo().await, echo().await);
    let routes = "POST /search; effects = \"none\"; state = \"shadow\"";
    let gateway = Running::start(&configuration(legacy, ported, routes)).await;
    let request =
        b"POST /search HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc";
    assert!(exchange(gateway.address, request).await.ends_with("abc"));
    assert_eq!(
        settled(&gateway).await,
        ShadowCounts {
            equal: 1,
            ..ShadowCounts::default()
        }
    );
}
