//! Which application answers: by route and state, by client in a canary, with a fallback where that is safe.

use axum::Router;
use axum::http::StatusCode;

use crate::harness::{
    Running, application, assert_refused, configuration, echo, exchange, get_once, nobody,
    with_settings,
};

const ROUTES: &str = r#"
    GET /notes/:id; effects = "none"; state = "ported"
    POST /notes; state = "ported"
    GET /health; effects = "none"
"#;

#[tokio::test]
async fn each_route_is_answered_by_its_side_and_the_rest_by_the_legacy_one() {
    let (legacy, ported) = (echo("legacy").await, echo("ported").await);
    let gateway = Running::start(&configuration(legacy, ported, ROUTES)).await;
    for (target, side) in [
        ("/notes/7?x=%20y", "ported"),
        ("/Notes/7/", "ported"),
        ("/health", "legacy"),
        ("/", "legacy"),
    ] {
        let answer = gateway.get(target).await;
        assert!(
            answer.contains(&format!("{side} GET {target}\n")),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_body_goes_to_the_side_that_answers() {
    let (legacy, ported) = (echo("legacy").await, echo("ported").await);
    let gateway = Running::start(&configuration(legacy, ported, ROUTES)).await;
    let request =
        b"POST /notes HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
    let answer = exchange(gateway.address, request).await;
    assert!(
        answer.contains("ported POST /notes\n") && answer.ends_with("hello"),
        "{answer}"
    );
}

#[tokio::test]
async fn an_offer_of_another_protocol_changes_no_side() {
    let (legacy, ported) = (echo("legacy").await, echo("ported").await);
    let routes = "POST /notes; state = \"ported\"\nGET /visit; state = \"ported\"";
    let gateway = Running::start(&configuration(legacy, ported, routes)).await;
    let h2c = "Connection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n";
    let socket = "Connection: close, Upgrade\r\nUpgrade: websocket\r\n";
    for (request, fields) in [
        ("POST /notes", h2c),
        ("POST /notes", socket),
        ("GET /visit", h2c),
        ("GET /visit", socket),
    ] {
        let body = if request.starts_with("POST") {
            "Content-Length: 5\r\n\r\nhello"
        } else {
            "\r\n"
        };
        let message = format!("{request} HTTP/1.1\r\nHost: t\r\n{fields}{body}");
        let answer = exchange(gateway.address, message.as_bytes()).await;
        assert!(answer.contains(&format!("ported {request}\n")), "{answer}");
        let told = answer.to_ascii_lowercase();
        assert!(
            !told.contains("upgrade: ") && !told.contains("http2-settings: "),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_client_of_a_canary_stays_on_its_side() {
    let (legacy, ported) = (echo("legacy").await, echo("ported").await);
    let routes = "GET /; effects = \"none\"; state = \"canary 50%\"";
    let settings = "canary = { cookie = \"user\" }";
    let gateway = Running::start(&with_settings(legacy, ported, settings, routes)).await;
    let mut sides = [0, 0];
    for user in 0..40 {
        let request = get_once("/", &format!("Cookie: a=1; user={user}\r\n"));
        let first = exchange(gateway.address, &request)
            .await
            .contains("ported GET");
        sides[usize::from(first)] += 1;
        for _ in 0..3 {
            assert_eq!(
                exchange(gateway.address, &request)
                    .await
                    .contains("ported GET"),
                first
            );
        }
    }
    assert!(sides.iter().all(|count| *count > 8), "{sides:?}");
}

#[tokio::test]
async fn without_effects_the_legacy_side_stands_in_for_a_ported_side_that_is_gone() {
    let (legacy, ported) = (echo("legacy").await, nobody().await);
    let gateway = Running::start(&configuration(legacy, ported, ROUTES)).await;
    let answer = gateway.get("/notes/7").await;
    assert!(answer.contains("legacy GET /notes/7\n"), "{answer}");
}

#[tokio::test]
async fn what_the_ported_side_hands_back_is_answered_by_the_legacy_side_where_that_is_safe() {
    let misdirected = Router::new().fallback(|| async { StatusCode::MISDIRECTED_REQUEST });
    let (legacy, ported) = (echo("legacy").await, application(misdirected).await);
    let gateway = Running::start(&configuration(legacy, ported, ROUTES)).await;
    let answer = gateway.get("/notes/7").await;
    assert!(answer.contains("legacy GET /notes/7\n"), "{answer}");
    let request =
        b"POST /notes HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let answer = exchange(gateway.address, request).await;
    assert_refused(&answer, "502", "handed_back", "ported");
}

#[tokio::test]
async fn with_effects_nobody_stands_in() {
    let (legacy, ported) = (echo("legacy").await, nobody().await);
    let gateway = Running::start(&configuration(legacy, ported, ROUTES)).await;
    let request =
        b"POST /notes HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let answer = exchange(gateway.address, request).await;
    assert_refused(&answer, "502", "unreachable", "ported");
}
