//! Routes as data, and what they answer.

use std::time::Duration;

use axum::extract::{Path, State};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::routing::{any, get};
use super::*;
use crate::error::{Error, ErrorKind};

async fn answer(routes: Routes, method: Method, path: &str) -> (StatusCode, String) {
    let request = ::http::Request::builder()
        .method(method)
        .uri(path)
        .body(Body::empty())
        .unwrap();
    let response = routes.into_router().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn example_code_of_axum_compiles_and_runs_on_routes() {
    use Routes as Router;
    let app = Router::new()
        .route("/", get(|| async { "root" }))
        .route(
            "/users/{id}",
            get(|Path(id): Path<u32>| async move { id.to_string() }),
        )
        .nest(
            "/api",
            Router::new().route(
                "/state",
                get(|State(n): State<u8>| async move { n.to_string() }),
            ),
        )
        .fallback(|| async { (StatusCode::NOT_FOUND, "nothing") })
        .with_state(7_u8);
    let paths: Vec<_> = app
        .table()
        .iter()
        .map(|route| route.path.as_str())
        .collect();
    assert_eq!(paths, ["/", "/users/{id}", "/api/state"]);
    assert_eq!(
        answer(app.clone(), Method::GET, "/users/3").await,
        (StatusCode::OK, "3".into())
    );
    assert_eq!(answer(app.clone(), Method::GET, "/api/state").await.1, "7");
    assert_eq!(
        answer(app, Method::GET, "/x").await,
        (StatusCode::NOT_FOUND, "nothing".into())
    );
}

#[tokio::test]
async fn an_existing_router_is_mounted_as_one_opaque_entry() {
    let existing = axum::Router::new().route("/a", axum::routing::get(|| async { "old" }));
    let routes: Routes = Routes::new()
        .get("/new", || async { "new" })
        .mount("/old", existing);
    assert!(routes.table()[1].opaque);
    assert_eq!(routes.table()[1].path, "/old/{*rest}");
    assert_eq!(answer(routes.clone(), Method::GET, "/old/a").await.1, "old");
    assert_eq!(answer(routes, Method::GET, "/new").await.1, "new");
}

#[test]
fn the_table_records_methods_name_and_limits() {
    let routes: Routes = Routes::new()
        .route(
            "/a",
            get(|| async {})
                .post(|| async {})
                .name("a")
                .body_limit(10)
                .timeout(Duration::from_secs(1)),
        )
        .route("/b", any(|| async {}));
    let route = &routes.table()[0];
    assert_eq!(
        route.methods,
        Methods::These(vec![Method::GET, Method::POST])
    );
    assert_eq!((route.name, route.body_limit), (Some("a"), Some(10)));
    assert_eq!(route.timeout, Some(Duration::from_secs(1)));
    assert_eq!(routes.table()[1].methods, Methods::Any);
}

#[tokio::test]
async fn an_error_of_the_caller_is_explained_and_our_own_is_not() {
    async fn missing() -> Result<(), Error> {
        Err(Error::new(ErrorKind::NotFound, "there is no such note"))
    }
    async fn secret() -> Result<(), Error> {
        Err(Error::new(
            ErrorKind::PermissionDenied,
            "the role cannot read table notes",
        ))
    }
    let routes: Routes = Routes::new()
        .get("/missing", missing)
        .get("/secret", secret);
    let (status, body) = answer(routes.clone(), Method::GET, "/missing").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(body.contains("there is no such note"), "{body}");
    let (status, body) = answer(routes, Method::GET, "/secret").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!body.contains("table notes"), "{body}");
}
