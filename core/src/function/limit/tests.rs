//! Limits of routes on a clock that stands still.

use std::sync::atomic::AtomicU64;
use std::time::UNIX_EPOCH;

use async_trait::async_trait;
use http_body_util::BodyExt as _;

use super::*;
use crate::Environment;
use crate::capability::Capabilities;
use crate::driver::Clock;
use crate::driver::function::FunctionDescription;
use crate::function::{App, AppService, Origin};
use crate::http::routing::get;
use crate::http::{Body, Routes};

#[derive(Debug, Default)]
struct Stopped(AtomicU64);

#[async_trait]
impl Clock for Stopped {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_000_000 + self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, _: Duration) {
        std::future::pending::<()>().await;
    }
}

fn service(routes: Routes<()>) -> (AppService, Arc<Stopped>) {
    let platform = FunctionDescription {
        provider: "test",
        capabilities: Capabilities::default(),
    };
    let clock = Arc::new(Stopped::default());
    let environment = Environment::builder(platform, Arc::clone(&clock) as _).build();
    let app = App::new("test", |_| Ok(())).routes(routes);
    (app.build(&environment).unwrap(), clock)
}

async fn ask(service: &AppService) -> Response {
    let answer = service.respond(Request::new(Body::empty()), Origin::default());
    answer.await.unwrap_or_else(|never| match never {})
}

fn shown(response: &Response) -> (u16, Option<&str>) {
    let after = response.headers().get(RETRY_AFTER);
    (
        response.status().as_u16(),
        after.map(|value| value.to_str().unwrap()),
    )
}

#[tokio::test]
async fn a_request_beyond_the_burst_waits_for_the_rate() {
    let limited = get(|| async {}).rate(Rate::per_second(1).burst(2));
    let (service, clock) = service(Routes::new().route("/", limited));
    for _ in 0..2 {
        assert_eq!(shown(&ask(&service).await), (200, None));
    }
    let refused = ask(&service).await;
    assert_eq!(shown(&refused), (429, Some("1")));
    let body = refused.into_body().collect().await.unwrap().to_bytes();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["code"], "rate_exceeded");
    clock.0.fetch_add(1, Ordering::SeqCst);
    assert_eq!(shown(&ask(&service).await), (200, None));
    assert_eq!(shown(&ask(&service).await).0, 429);
}

#[tokio::test]
async fn a_request_is_under_way_until_its_response_was_read() {
    let limited = get(|| async { "content" }).max_concurrent(1);
    let (service, _) = service(Routes::new().route("/", limited));
    let mut first = ask(&service).await;
    assert_eq!(shown(&first), (200, None));
    assert_eq!(shown(&ask(&service).await), (503, Some("1")));
    let last = first.body_mut().frame().await.unwrap().unwrap();
    assert_eq!(last.into_data().unwrap(), "content");
    // Whoever has the last frame has still to send it.
    assert_eq!(shown(&ask(&service).await), (503, Some("1")));
    drop(first);
    let second = ask(&service).await;
    assert_eq!(shown(&second), (200, None));
    // A client that goes away leaves its place.
    drop(second);
    assert_eq!(shown(&ask(&service).await), (200, None));
}

#[tokio::test]
async fn methods_of_one_path_share_its_limits_and_routes_do_not() {
    let limited = || {
        let routes = get(std::future::pending::<()>).max_concurrent(1);
        routes.post(|| async {})
    };
    let routes = Routes::new()
        .route("/", limited())
        .route("/other", limited());
    let (service, _) = service(routes);
    let waiting = service.respond(Request::new(Body::empty()), Origin::default());
    let mut waiting = Box::pin(waiting);
    let step = std::future::poll_fn(|task| Poll::Ready(waiting.as_mut().poll(task)));
    assert!(step.await.is_pending());
    let post = |path: &str| {
        let request = http::Request::post(path).body(Body::empty()).unwrap();
        service.respond(request, Origin::default())
    };
    assert_eq!(shown(&post("/").await.unwrap()).0, 503);
    assert_eq!(shown(&post("/other").await.unwrap()).0, 200);
    drop(waiting);
    assert_eq!(shown(&post("/").await.unwrap()).0, 200);
}
