//! What every request gets: an id, the peer's address, and an answer even when its handler panics.

use http::{Request, Response};
use isobar_serve::{Options, RequestBody, Server};

use crate::harness::{exchange, get_once, start, status};

#[tokio::test]
async fn the_id_that_came_is_passed_on_and_echoed() {
    let server = Server::bind("127.0.0.1:0", Options::default())
        .await
        .unwrap();
    let address = server.local_addr();
    let service = tower::service_fn(|request: Request<RequestBody>| async move {
        let arrival = request.body().arrival();
        let said = format!("{} {}", arrival.request_id.as_str(), arrival.peer.ip());
        Ok(Response::new(said))
    });
    tokio::spawn(server.run_until(service, std::future::pending()));
    let answer = exchange(address, &get_once("/", "X-Request-Id: abc\r\n")).await;
    assert!(answer.contains("x-request-id: abc\r\n"), "{answer}");
    assert!(answer.ends_with("abc 127.0.0.1"), "{answer}");
}

#[tokio::test]
async fn an_id_that_the_handler_sets_stays() {
    let server = start(Options::default()).await;
    let answer = exchange(server.address, &get_once("/own-id", "")).await;
    assert_eq!(answer.matches("x-request-id").count(), 1, "{answer}");
    assert!(answer.contains("x-request-id: mine\r\n"), "{answer}");
}

#[tokio::test]
async fn a_panic_becomes_one_500_with_the_id_and_the_connection_lives_on() {
    let server = start(Options::default()).await;
    let mut requests = b"GET /panic HTTP/1.1\r\nHost: t\r\nX-Request-Id: p1\r\n\r\n".to_vec();
    requests.extend(get_once("/", ""));
    let answer = exchange(server.address, &requests).await;
    assert_eq!(status(&answer), "500");
    assert!(answer.contains(r#""code":"handler_panicked""#), "{answer}");
    assert!(answer.contains(r#""requestId":"p1""#), "{answer}");
    assert!(answer.ends_with("hello"), "{answer}");
}
