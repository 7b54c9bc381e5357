//! A built application answers requests and events.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use http_body_util::BodyExt as _;

use super::*;
use crate::capability::{Capabilities, Capability};
use crate::driver::SystemClock;
use crate::driver::function::FunctionDescription;
use crate::function::{App, ReplyEvent, Schedule};
use crate::http::routing::get;
use crate::http::{Body, Routes};
use crate::{Environment, ErrorKind};

fn service(app: App<()>) -> AppService {
    let capabilities = Capabilities::of(&[Capability::Schedules]);
    let platform = FunctionDescription {
        provider: "test",
        capabilities,
    };
    let clock = SystemClock(|span| Box::pin(tokio::time::sleep(span)));
    app.build(&Environment::builder(platform, Arc::new(clock)).build())
        .unwrap()
}

async fn ask(
    routes: Routes<()>,
    id: Option<&str>,
    time: Option<Duration>,
) -> (StatusCode, String, String) {
    let service = service(App::new("test", |_| Ok(())).routes(routes));
    let origin = Origin {
        id: id.map(RequestId::from_platform),
        ..Origin::default()
    };
    let origin = origin.with_deadline(time.map(|time| SystemTime::now() + time));
    let Ok(response) = service.respond(Request::new(Body::empty()), origin).await;
    let (head, body) = response.into_parts();
    let id = head.headers["x-request-id"].to_str().unwrap().to_owned();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status, id, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_handler_and_the_caller_see_the_id_of_the_platform() {
    let echo = |context: Context| async move { context.id().as_str().to_owned() };
    let (status, id, body) = ask(Routes::new().get("/", echo), Some("abc-1"), None).await;
    assert_eq!(
        (status, id.as_str(), body.as_str()),
        (StatusCode::OK, "abc-1", "abc-1")
    );
}

#[tokio::test]
async fn a_length_is_told_only_where_there_may_be_content() {
    async fn told(status: u16) -> bool {
        let answer = move || async move {
            let status = StatusCode::from_u16(status).unwrap();
            (status, [("content-length", "5")])
        };
        let routes = Routes::new().get("/", answer);
        let service = service(App::new("test", |_| Ok(())).routes(routes));
        let request = Request::new(Body::empty());
        let Ok(response) = service.respond(request, Origin::default()).await;
        response.headers().contains_key("content-length")
    }
    assert!(!told(204).await && !told(103).await && told(304).await);
}

#[tokio::test]
async fn a_handler_finds_the_cookies_in_one_field() {
    let cookies = |headers: HeaderMap| async move {
        let lines = headers.get_all("cookie").iter();
        let lines = lines.map(|line| line.to_str().unwrap().to_owned());
        lines.collect::<Vec<_>>().join("|")
    };
    let routes = Routes::new().get("/", cookies);
    let service = service(App::new("test", |_| Ok(())).routes(routes));
    let request = http::Request::get("/").header("cookie", "b=2");
    let request = request.header("cookie", "a=1").body(Body::empty()).unwrap();
    let Ok(response) = service.respond(request, Origin::default()).await;
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "b=2; a=1");
}

#[tokio::test]
async fn a_panic_of_a_handler_is_one_500_with_an_id() {
    async fn broken() {
        panic!("a bug");
    }
    let (status, id, body) = ask(Routes::new().get("/", broken), None, None).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!((id.len(), body.as_str()), (32, ""));
}

#[tokio::test]
async fn a_handler_that_is_too_slow_is_cut_before_the_platform_cuts_it() {
    let routes = || Routes::new().get("/", std::future::pending::<()>);
    let (status, ..) = ask(routes(), None, Some(Duration::from_millis(260))).await;
    assert_eq!(status, StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test]
async fn a_route_may_have_less_time_than_the_platform() {
    let slow = get(std::future::pending::<()>).timeout(Duration::from_millis(1));
    let (status, ..) = ask(Routes::new().route("/", slow), None, None).await;
    assert_eq!(status, StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test]
async fn an_event_reaches_its_handler_and_a_panic_there_is_an_error() {
    let app = App::new("test", |_| Ok(()))
        .schedule("good", "0 3 * * *", |(), _| async { Ok(Outcome::Ack) })
        .schedule("answers", "0 3 * * *", |(), _| async {
            let reply = ReplyEvent::new("com.example.done", "/notes");
            Ok(Outcome::Reply(Box::new(reply)))
        })
        .schedule("bad", "0 3 * * *", |(), _| async { panic!("a bug") });
    let service = service(app);
    let tick = |name| {
        let clock = Arc::clone(&service.built.clock);
        let context = Context::new(RequestId::from_platform("tick"), None, clock);
        service.handle(Event::new(Schedule::new(name, SystemTime::now()), context))
    };
    assert_eq!(tick("good").await.unwrap(), Outcome::Ack);
    let unanswered = tick("answers").await.unwrap_err();
    assert_eq!(unanswered.kind(), ErrorKind::Unsupported);
    assert!(unanswered.to_string().contains("reply-events"));
    assert_eq!(tick("bad").await.unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(
        tick("unknown").await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}
