//! The proof: the same requests to both sides, and a verdict for each route.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use isobar_migrate_gateway::config::Migration;
use isobar_migrate_gateway::record::read_requests;
use isobar_migrate_gateway::verify::{
    Progress, Report, Requests, Sources, Verdict, VerifyOptions, read_script, verify,
};
use isobar_migrate_gateway::{Gateway, GatewayOptions, Places};
use serde_json::{Value, json};

use crate::harness::{application, configuration, exchange, nobody, with_settings};

const ROUTES: &str = r#"
    GET /notes; effects = "none"; group = "notes"
    GET /notes/:id; effects = "none"; group = "notes"
    POST /notes; group = "notes"; noise = [{ field = "id", kind = "id" }]
    DELETE /notes/:id; group = "notes"
"#;

#[derive(Clone)]
struct Store {
    /// Goes before each id, so that the sides make different ones.
    prefix: &'static str,
    /// The status of a missing note.
    missing: StatusCode,
    notes: Arc<Mutex<Vec<Value>>>,
}

/// A small application with notes; a side has its own ids.
async fn notes(prefix: &'static str, missing: StatusCode) -> SocketAddr {
    let state = Store {
        prefix,
        missing,
        notes: Arc::default(),
    };
    let one = get(find).delete(remove);
    let routes = Router::new()
        .route("/notes", get(list).post(create))
        .route("/notes/{id}", one);
    application(routes.with_state(state)).await
}

/// The same application twice, each with its own ids.
async fn both() -> (SocketAddr, SocketAddr) {
    (
        notes("aa", StatusCode::NOT_FOUND).await,
        notes("bb", StatusCode::NOT_FOUND).await,
    )
}

async fn list(State(state): State<Store>) -> Json<Value> {
    Json(json!(*state.notes.lock().unwrap()))
}

async fn create(State(state): State<Store>, body: String) -> impl IntoResponse {
    let mut notes = state.notes.lock().unwrap();
    let id = format!("{}-{}", state.prefix, notes.len());
    let note = json!({ "id": id, "text": body });
    notes.push(note.clone());
    (
        StatusCode::CREATED,
        [("location", format!("/notes/{id}"))],
        Json(note),
    )
}

async fn find(State(state): State<Store>, UrlPath(id): UrlPath<String>) -> Response {
    let notes = state.notes.lock().unwrap();
    let found = notes.iter().find(|note| note["id"] == *id).cloned();
    found.map_or(state.missing.into_response(), |note| {
        Json(note).into_response()
    })
}

async fn remove(State(state): State<Store>, UrlPath(id): UrlPath<String>) -> StatusCode {
    let mut notes = state.notes.lock().unwrap();
    let before = notes.len();
    notes.retain(|note| note["id"] != *id);
    if notes.len() < before {
        StatusCode::NO_CONTENT
    } else {
        state.missing
    }
}

struct Silent;

impl Progress for Silent {
    fn request(&mut self, _number: usize, _request: &str) {}
}

async fn run(configuration: &str, requests: Requests<'_>, allow_writes: bool) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let migration = Migration::parse(configuration, folder.path()).unwrap();
    let options = VerifyOptions::new(folder.path());
    let options = if allow_writes {
        options.with_writes_allowed()
    } else {
        options
    };
    verify(&migration, requests, &options, &mut Silent)
        .await
        .unwrap()
}

/// `route: verdict`, one a line, with the reason where there is one.
fn told(report: &Report) -> Vec<String> {
    let line = |route: &isobar_migrate_gateway::verify::RouteResult| {
        let reason = route.reason.as_ref().map(|reason| format!(" ({reason})"));
        format!(
            "{}: {:?}{}",
            route.route,
            route.verdict,
            reason.unwrap_or_default()
        )
    };
    report.routes.iter().map(line).collect()
}

#[tokio::test]
async fn sides_that_make_their_own_ids_are_equal_when_the_code_says_so() {
    let (legacy, ported) = both().await;
    let report = run(
        &configuration(legacy, ported, ROUTES),
        Requests::Derived(Sources::default()),
        true,
    )
    .await;
    assert_eq!(
        told(&report),
        [
            "GET /notes: Equal",
            "GET /notes/:id: Equal",
            "POST /notes: Equal",
            "DELETE /notes/:id: Equal"
        ]
    );
    assert_eq!(
        report.routes[3]
            .statuses
            .keys()
            .copied()
            .collect::<Vec<_>>(),
        [204, 404]
    );
    assert_eq!(report.beside, []);
}

#[tokio::test]
async fn ids_that_the_code_does_not_explain_are_differences() {
    let (legacy, ported) = both().await;
    let routes = ROUTES.replace("; noise = [{ field = \"id\", kind = \"id\" }]", "");
    let report = run(
        &configuration(legacy, ported, &routes),
        Requests::Derived(Sources::default()),
        true,
    )
    .await;
    assert_eq!(report.routes[2].verdict, Verdict::Different);
    let places: Vec<&str> = report.routes[2].differences[0]
        .differences
        .iter()
        .map(|it| it.place.as_str())
        .collect();
    assert_eq!(places, ["body id", "header location"]);
}

#[tokio::test]
async fn a_route_that_answers_differently_is_named_with_its_requests() {
    let (legacy, ported) = (
        notes("aa", StatusCode::NOT_FOUND).await,
        notes("bb", StatusCode::GONE).await,
    );
    let report = run(
        &configuration(legacy, ported, ROUTES),
        Requests::Derived(Sources::default()),
        true,
    )
    .await;
    assert_eq!(
        told(&report),
        [
            "GET /notes: Equal",
            "GET /notes/:id: Different",
            "POST /notes: Equal",
            "DELETE /notes/:id: Different"
        ]
    );
    let first = &report.routes[1].differences[0];
    assert_eq!(first.request, "GET /notes/1");
    assert_eq!(
        first.differences[0].to_string(),
        "status: legacy 404, ported 410"
    );
}

#[tokio::test]
async fn nothing_that_could_change_something_is_sent_to_applications_that_run_elsewhere() {
    let (legacy, ported) = both().await;
    let report = run(
        &configuration(legacy, ported, ROUTES),
        Requests::Derived(Sources::default()),
        false,
    )
    .await;
    let reason = "its requests could change something, and the applications were not started here (--allow-writes sends them)";
    assert_eq!(
        told(&report),
        [
            "GET /notes: Equal".to_owned(),
            "GET /notes/:id: NotVerified (only refusals were seen (404 x29))".to_owned(),
            format!("POST /notes: NotVerified ({reason})"),
            format!("DELETE /notes/:id: NotVerified ({reason})"),
        ]
    );
}

#[tokio::test]
async fn a_route_that_is_not_hit_or_stays_is_not_verified() {
    let (legacy, ported) = both().await;
    let routes = "GET /notes; effects = \"none\"\nGET /help; legacy-only = \"sends a file\"";
    let configuration = configuration(legacy, ported, routes);
    let report = run(&configuration, Requests::Script(Vec::new()), true).await;
    assert_eq!(
        told(&report),
        [
            "GET /notes: NotVerified (no request reached it)",
            "GET /help: NotVerified (it stays with the legacy application: sends a file)",
        ]
    );
}

#[tokio::test]
async fn a_side_that_gives_no_answer_is_a_difference() {
    let legacy = notes("aa", StatusCode::NOT_FOUND).await;
    let configuration = configuration(legacy, nobody().await, ROUTES);
    let report = run(&configuration, Requests::Derived(Sources::default()), true).await;
    assert!(
        report
            .routes
            .iter()
            .all(|route| route.verdict == Verdict::Different)
    );
    let difference = &report.routes[0].differences[0].differences[0];
    assert_eq!(difference.legacy.as_deref(), Some("200 OK"));
    assert!(
        difference
            .ported
            .as_deref()
            .unwrap()
            .contains("cannot be reached")
    );
}

#[tokio::test]
async fn a_script_keeps_values_of_each_side() {
    let (legacy, ported) = both().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.json");
    let script = json!([
        { "method": "POST", "path": "/notes", "text": "hello", "save": { "note": "/id" } },
        { "method": "GET", "path": "/notes/${note}" },
        { "method": "DELETE", "path": "/notes/${note}" },
    ]);
    std::fs::write(&path, script.to_string()).unwrap();
    let requests = Requests::Script(read_script(&path).unwrap());
    let report = run(&configuration(legacy, ported, ROUTES), requests, true).await;
    let statuses: Vec<u16> = report
        .routes
        .iter()
        .flat_map(|route| route.statuses.keys().copied())
        .collect();
    assert_eq!(statuses, [200, 201, 204], "{:?}", told(&report));
    assert_eq!(report.count(Verdict::Different), 0, "{:?}", told(&report));
}

/// Sends a few requests through a gateway that records; each id is made anew in every run.
async fn record(folder: &Path) -> std::path::PathBuf {
    let legacy = notes("recorded", StatusCode::NOT_FOUND).await;
    let path = folder.join("migration.toml");
    std::fs::write(&path, configuration(legacy, nobody().await, "")).unwrap();
    let recording = folder.join("requests.jsonl");
    let mut options = GatewayOptions::default();
    options.listen = Some("127.0.0.1:0".to_owned());
    options.record = Some(recording.clone());
    let gateway = Gateway::open(&Places::of(&path), options).await.unwrap();
    let address = gateway.local_addr();
    tokio::spawn(gateway.run_until(std::future::pending()));
    for request in [
        "POST /notes HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
        "GET /notes/recorded-0 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n",
        "DELETE /notes/recorded-0 HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n",
    ] {
        exchange(address, request.as_bytes()).await;
        // Each line is written when the answer has passed.
        let written = || std::fs::read_to_string(&recording).unwrap();
        let target = request.split(' ').nth(1).unwrap();
        let method = request.split(' ').next().unwrap();
        let line = format!("\"method\":\"{method}\",\"target\":\"{target}\"");
        while !written().contains(&line) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    recording
}

#[tokio::test]
async fn recorded_requests_are_replayed_with_the_ids_of_each_side() {
    let folder = tempfile::tempdir().unwrap();
    let recording = record(folder.path()).await;
    let requests = Requests::Recorded(read_requests(&recording).unwrap());
    let (legacy, ported) = both().await;
    let report = run(&configuration(legacy, ported, ROUTES), requests, true).await;
    let statuses: Vec<u16> = report
        .routes
        .iter()
        .flat_map(|route| route.statuses.keys().copied())
        .collect();
    assert_eq!(statuses, [200, 201, 204], "{:?}", told(&report));
    assert_eq!(report.count(Verdict::Different), 0, "{:?}", told(&report));
}

/// Each login makes a new session, which later requests need.
async fn sessions(token: &'static str) -> SocketAddr {
    let login =
        post(move || async move { ([("set-cookie", format!("session={token}; Path=/"))], "in") });
    let me = get(move |headers: HeaderMap| async move {
        let cookie = headers.get("cookie").and_then(|value| value.to_str().ok());
        if cookie == Some(&format!("session={token}")) {
            StatusCode::OK
        } else {
            StatusCode::UNAUTHORIZED
        }
    });
    application(Router::new().route("/login", login).route("/me", me)).await
}

#[tokio::test]
async fn each_side_gets_its_own_cookies_back() {
    let (legacy, ported) = (sessions("aa").await, sessions("bb").await);
    let routes = "GET /me; effects = \"none\"\nPOST /login";
    let report = run(
        &configuration(legacy, ported, routes),
        Requests::Derived(Sources::default()),
        true,
    )
    .await;
    assert_eq!(told(&report)[0], "GET /me: Equal");
    assert_eq!(
        report.routes[0]
            .statuses
            .keys()
            .copied()
            .collect::<Vec<_>>(),
        [200, 401, 404]
    );
    assert_eq!(
        report.routes[1].differences[0].differences[0].place,
        "header set-cookie"
    );
}

#[tokio::test]
async fn processes_are_started_fresh_and_ended() {
    let folder = tempfile::tempdir().unwrap();
    let script = "
        let count = 0;
        require('http').createServer((req, res) => res.end(String(++count))).listen(80);
    ";
    for side in ["legacy.js", "ported.js"] {
        std::fs::write(folder.path().join(side), script).unwrap();
    }
    let text = "format = 1\nlegacy = { command = [\"node\", \"legacy.js\"] }\nported = { command = [\"node\", \"ported.js\"] }\n\
                [[route]]\nmethod = \"POST\"\npath = \"/count\"\n";
    let migration = Migration::parse(text, folder.path()).unwrap();
    for _ in 0..2 {
        let options = VerifyOptions::new(folder.path());
        let requests = Requests::Derived(Sources::default());
        let report = verify(&migration, requests, &options, &mut Silent)
            .await
            .unwrap();
        assert_eq!(told(&report), ["POST /count: Equal"]);
    }
}

#[tokio::test]
async fn an_application_that_does_not_start_is_an_error_that_quotes_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("app.js"),
        "throw new Error('no database')",
    )
    .unwrap();
    let settings = "";
    let text = with_settings(nobody().await, nobody().await, settings, "");
    let own = "legacy = { command = [\"node\", \"app.js\"] }\n";
    let text = text
        .lines()
        .filter(|line| !line.starts_with("legacy"))
        .collect::<Vec<_>>()
        .join("\n");
    let migration = Migration::parse(
        &text.replacen("ported", &format!("{own}ported"), 1),
        folder.path(),
    );
    let options = VerifyOptions::new(folder.path());
    let failed = verify(
        &migration.unwrap(),
        Requests::Derived(Sources::default()),
        &options,
        &mut Silent,
    )
    .await;
    let error = failed.unwrap_err().to_string();
    assert!(error.contains("Error: no database"), "{error}");
}

#[tokio::test]
async fn an_application_that_crashes_or_hangs_is_started_again_and_the_rest_is_compared() {
    let folder = tempfile::tempdir().unwrap();
    let legacy = "
        const notes = [];
        require('http').createServer((req, res) => {
            if (req.url.startsWith('/crash')) process.exit(3);
            if (req.url.startsWith('/hang')) return;
            if (req.method === 'POST') notes.push(1);
            res.end(String(notes.length));
        }).listen(80);
    ";
    let ported = legacy.replace("process.exit(3)", "return res.end('alive')");
    std::fs::write(folder.path().join("legacy.js"), legacy).unwrap();
    std::fs::write(folder.path().join("ported.js"), ported).unwrap();
    let text = r#"
        format = 1
        legacy = { command = ["node", "legacy.js"] }
        ported = { command = ["node", "ported.js"] }
        timeouts = { response = "500ms" }
        route = [
            { method = "POST", path = "/notes" },
            { method = "GET", path = "/crash" },
            { method = "GET", path = "/hang" },
            { method = "GET", path = "/notes" },
        ]
    "#;
    let migration = Migration::parse(text, folder.path()).unwrap();
    let options = VerifyOptions::new(folder.path());
    let requests = Requests::Derived(Sources::default());
    let report = verify(&migration, requests, &options, &mut Silent).await;
    let report = report.unwrap();
    assert_eq!(
        told(&report),
        [
            "POST /notes: Equal",
            "GET /crash: Different",
            "GET /hang: NotVerified (neither application answered)",
            "GET /notes: Equal",
        ]
    );
    let answer = &report.routes[1].differences[0].differences[0];
    let said = (
        answer.legacy.as_deref().unwrap(),
        answer.ported.as_deref().unwrap(),
    );
    assert!(said.0.contains("closed") && said.1 == "200 OK", "{said:?}");
}

#[tokio::test]
async fn a_route_whose_requests_are_all_handed_back_is_not_verified() {
    let legacy = application(Router::new().fallback(|| async { "legacy" })).await;
    let misdirected = Router::new().fallback(|| async { StatusCode::MISDIRECTED_REQUEST });
    let ported = application(misdirected).await;
    let routes = "GET /a; effects = \"none\"\nGET /b";
    let configuration = configuration(legacy, ported, routes);
    let report = run(&configuration, Requests::Derived(Sources::default()), true).await;
    assert_eq!(
        told(&report),
        [
            "GET /a: NotVerified (the ported application leaves each request to the legacy one)",
            "GET /b: Different",
        ]
    );
}
