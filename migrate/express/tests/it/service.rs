//! What a server sees of the service.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http_body_util::BodyExt as _;
use isobar_express::middleware::{cors, json};
use isobar_express::{
    Error, ErrorKind, Express, ExpressService, Flow, Handled, JsFunction, JsValue, NotMine,
    Pattern, Profile, Reply, Request, Response, Router, Thrown, Unanswered, legacy, legacy_files,
    object, promise,
};
use tokio::sync::Notify;
use tower::ServiceExt as _;

fn service(profile: Profile, router: Router) -> ExpressService<()> {
    Express::new(profile)
        .set("env", "production")
        .service(router, ())
        .unwrap()
}

async fn get(service: &ExpressService<()>, target: &str) -> http::Response<axum::body::Body> {
    let request = http::Request::get(target).body(String::new()).unwrap();
    service.answer(request).await.unwrap()
}

async fn text(response: http::Response<axum::body::Body>) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

async fn nothing(_: Request, _: Response) -> Handled {
    Ok(Flow::Done)
}

async fn reject(_: Request, _: Response) -> Handled {
    Err(Thrown::type_error("rejected"))
}

async fn pass(_: Request, _: Response) -> Handled {
    Flow::next_with("passed on")
}

async fn catch(err: JsValue, _: Request, res: Response) -> Handled {
    res.status(500)
        .send(format!("caught {}", err.to_js_string()?))
}

#[tokio::test]
async fn a_request_that_nobody_answers_is_a_marked_500() {
    let service = service(Profile::V5, Router::new().get("/", nothing));
    let response = get(&service, "/").await;
    assert_eq!(response.status(), 500);
    assert_eq!(response.extensions().get(), Some(&Unanswered::NoAnswer));
}

#[tokio::test]
async fn a_rejected_promise_reaches_the_error_handlers_only_in_express_5() {
    let router = || Router::new().get("/", promise(reject)).middleware(catch);
    let response = get(&service(Profile::V4, router()), "/").await;
    assert_eq!(response.extensions().get(), Some(&Unanswered::Rejected));
    let response = get(&service(Profile::V5, router()), "/").await;
    assert_eq!(text(response).await, "caught TypeError: rejected");
}

#[tokio::test]
async fn next_with_an_error_reaches_the_error_handlers_from_an_async_function_too() {
    for profile in [Profile::V4, Profile::V5] {
        let service = service(
            profile,
            Router::new().get("/", promise(pass)).middleware(catch),
        );
        assert_eq!(text(get(&service, "/").await).await, "caught passed on");
    }
}

#[tokio::test]
async fn requests_of_the_legacy_side_are_marked() {
    let files = legacy_files(["/index.html", "/"]);
    let router = Router::new().get("/old", legacy).middleware(files);
    let service = service(Profile::V4, router);
    for (target, expected) in [
        ("/old", true),
        ("/index.html?v=1", true),
        ("/", true),
        ("/new", false),
    ] {
        let response = get(&service, target).await;
        assert_eq!(
            response.extensions().get::<NotMine>().is_some(),
            expected,
            "{target}"
        );
    }
}

#[tokio::test]
async fn a_function_goes_on_after_it_has_answered() {
    let (go, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (may_go, is_done) = (Arc::clone(&go), Arc::clone(&done));
    let slow = move |_: Request, res: Response| {
        let (go, done) = (Arc::clone(&may_go), Arc::clone(&is_done));
        async move {
            res.send("early")?;
            go.notified().await;
            done.notify_one();
            Ok(Flow::Done) as Handled
        }
    };
    let service = service(Profile::V4, Router::new().get("/", slow));
    assert_eq!(text(get(&service, "/").await).await, "early");
    go.notify_one();
    done.notified().await;
}

#[tokio::test]
async fn a_function_goes_on_when_the_client_has_gone() {
    let (go, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (may_go, is_done) = (Arc::clone(&go), Arc::clone(&done));
    let slow = move |_: Request, res: Response| {
        let (go, done) = (Arc::clone(&may_go), Arc::clone(&is_done));
        async move {
            go.notified().await;
            done.notify_one();
            res.send("too late")
        }
    };
    let service = service(Profile::V4, Router::new().get("/", slow));
    let request = http::Request::get("/").body(String::new()).unwrap();
    let mut response = Box::pin(service.answer(request));
    assert!(futures_poll(&mut response).await.is_none());
    drop(response);
    go.notify_one();
    done.notified().await;
}

/// Polls once.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        let polled = std::pin::Pin::new(&mut *future).poll(context);
        std::task::Poll::Ready(match polled {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn a_body_that_is_cut_off_breaks_the_connection() {
    async fn half(_: Request, res: Response) -> Handled {
        res.write("half")?;
        Err(Thrown::type_error("late"))
    }
    let service = service(Profile::V5, Router::new().get("/", half));
    let response = get(&service, "/").await;
    assert!(response.into_body().collect().await.is_err());
}

#[tokio::test]
async fn handlers_share_the_state_of_their_application() {
    async fn count(_: Request, hits: Arc<AtomicU32>) -> Result<Reply, Thrown> {
        let hit = hits.fetch_add(1, Ordering::Relaxed);
        Ok(Reply::json(object![("hit", hit)]))
    }
    let router = Router::new().get("/", count);
    let service = Express::new(Profile::V5)
        .service(router, Arc::new(AtomicU32::new(7)))
        .unwrap();
    let answer = || async {
        let request = http::Request::get("/").body(String::new()).unwrap();
        text(service.answer(request).await.unwrap()).await
    };
    assert_eq!(
        (answer().await.as_str(), answer().await.as_str()),
        (r#"{"hit":7}"#, r#"{"hit":8}"#)
    );
}

#[tokio::test]
async fn the_service_is_a_fallback_of_an_axum_router() {
    async fn ported(_: Request, res: Response) -> Handled {
        res.send("ported")
    }
    let service = service(Profile::V4, Router::new().get("/ported", ported));
    let app: axum::Router = axum::Router::new().fallback_service(service);
    let request = http::Request::get("/ported")
        .body(axum::body::Body::empty())
        .unwrap();
    let response: Result<_, Infallible> = app.oneshot(request).await;
    assert_eq!(text(response.unwrap()).await, "ported");
}

fn refused(express: Express, router: Router) -> (ErrorKind, String) {
    let error: Error = express.service(router, ()).unwrap_err();
    (error.kind(), error.to_string())
}

#[test]
fn what_cannot_be_built_is_refused_with_its_reason() {
    let express = || Express::new(Profile::V5);
    let path = refused(express(), Router::new().get("/a/:", nothing));
    assert_eq!(
        path,
        (
            ErrorKind::Path,
            "route path \"/a/:\" cannot be used".to_owned()
        )
    );
    let regex = Router::new().get(Pattern::regex("(", ""), nothing);
    assert_eq!(refused(express(), regex).0, ErrorKind::Path);
    let setting = refused(express().set("etag", "fuzzy"), Router::new());
    let expected = "setting \"etag\" does not take the value \"fuzzy\"";
    assert_eq!(setting, (ErrorKind::Setting, expected.to_owned()));
    let views = refused(express().set("view engine", "pug"), Router::new());
    assert_eq!(views.0, ErrorKind::Setting);
    let limit = Router::new().middleware(json(object![("limit", "much")]));
    let expected = "middleware cannot be used: option limit \"much\" is invalid";
    assert_eq!(
        refused(express(), limit),
        (ErrorKind::Middleware, expected.to_owned())
    );
    let function = JsFunction::new("", |_| Ok(JsValue::Undefined));
    let origin = Router::new().get("/", (cors(object![("origin", function)]), nothing));
    assert_eq!(refused(express(), origin).0, ErrorKind::Middleware);
}
