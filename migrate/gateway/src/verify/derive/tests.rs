//! The requests that are made for a few routes, as lines of text.

use std::path::Path;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use isobar_express_path::Grammar;
use isobar_migrate_model::{Application, Contract, Route, Verdict};

use super::{Deriver, Sources};
use crate::compare::Answer;
use crate::config::Migration;
use crate::table::Table;
use crate::verify::exchange::Exchange;
use crate::verify::request::Request;

const ROUTES: &str = r#"
format = 1
legacy = { url = "http://127.0.0.1:1" }
ported = { url = "http://127.0.0.1:2" }
route = [
    { method = "GET", path = "/notes" },
    { method = "GET", path = "/notes/:id" },
    { method = "POST", path = "/notes" },
    { method = "DELETE", path = "/notes/:id" },
    { method = "GET", path = "/help", legacy-only = "sends a file" },
]
"#;

fn application() -> Application {
    let route = |method: &str, path: &str, query: &[&str], body: &[&str]| Route {
        method: method.to_owned(),
        path: path.to_owned(),
        file: "app.js".to_owned(),
        line: 1,
        handlers: Vec::new(),
        middleware: Vec::new(),
        verdict: Verdict::Ported,
        reasons: Vec::new(),
        state_groups: Vec::new(),
        writes: false,
        contract: Contract {
            query: query.iter().map(|&name| name.to_owned()).collect(),
            body: body.iter().map(|&name| name.to_owned()).collect(),
            ..Contract::default()
        },
    };
    Application {
        routes: vec![
            route("GET", "/notes", &["tag"], &[]),
            route("POST", "/notes", &[], &["title"]),
        ],
        ..Application::default()
    }
}

/// An application that lists one note, and creates another.
fn answer(request: &Request) -> Exchange {
    let body = match (request.method.as_str(), request.target.as_str()) {
        ("GET", "/notes") => r#"{"notes":[{"id":1,"title":"a","tags":["home"]}]}"#,
        ("POST", "/notes") => r#"{"id":2,"title":"b"}"#,
        _ => "{}",
    };
    let mut headers = HeaderMap::new();
    headers.insert(http::header::ETAG, http::HeaderValue::from_static("\"n\""));
    let answer = Answer {
        status: StatusCode::OK,
        headers,
        body: Bytes::from_static(body.as_bytes()),
    };
    Exchange {
        legacy: answer.clone(),
        ported: answer,
    }
}

/// What all requests are, with what an application without a lock answers.
fn derived() -> Vec<String> {
    derived_from(answer)
}

fn derived_from(answer: impl Fn(&Request) -> Exchange) -> Vec<String> {
    let table = Table::new(&Migration::parse(ROUTES, Path::new(".")).unwrap()).unwrap();
    let application = application();
    let words = ["sesame".to_owned()];
    let sources = Sources {
        application: Some(&application),
        words: &words,
    };
    let mut deriver = Deriver::new(Grammar::V4, &table, sources);
    let mut lines = Vec::new();
    while let Some(request) = deriver.next() {
        deriver.learn(&request, Some(&answer(&request)));
        let body = request
            .body
            .as_deref()
            .map(|body| format!(" {}", String::from_utf8_lossy(body)));
        let fields = request.headers.iter();
        let fields = fields.filter(|(name, _)| name != "content-type");
        let fields: Vec<String> = fields
            .map(|(name, value)| format!(" {name}={}", value.to_str().unwrap()))
            .collect();
        let fields = fields.concat();
        lines.push(format!(
            "{} {}{fields}{}",
            request.method,
            request.target,
            body.unwrap_or_default()
        ));
    }
    lines
}

#[track_caller]
fn assert_order(lines: &[String], expected: &[&str]) {
    let mut rest = lines.iter();
    for line in expected {
        assert!(
            rest.any(|other| other == line),
            "{line} is missing or out of order in\n{lines:#?}"
        );
    }
}

#[test]
fn a_visit_creates_looks_changes_and_removes_with_ids_that_were_seen() {
    assert_order(
        &derived(),
        &[
            "GET /notes",
            "POST /notes {\"title\":\"verify title\"}",
            "GET /notes/2",
            "GET /notes/1",
            "DELETE /notes/2",
            "GET /notes/2",
        ],
    );
}

#[test]
fn parameters_of_a_query_get_values_that_were_seen() {
    assert_order(
        &derived(),
        &[
            "GET /notes?tag=home",
            "GET /notes?tag=1&tag=2",
            "GET /notes?tag",
        ],
    );
}

#[test]
fn edges_are_asked_too() {
    let lines = derived();
    for line in [
        "GET /notes/999999",
        "GET /notes/a%2Fb",
        "POST /notes {\"a\": ",
        "POST /notes {}",
        "POST /notes {\"title\":7}",
        "POST /notes title=verify%20title",
        "DELETE /notes/no-such-thing",
        "HEAD /notes",
        "OPTIONS /notes/2",
        "GET /isobar-verify/no-such-route",
    ] {
        assert!(
            lines.iter().any(|other| other == line),
            "{line} is missing in\n{lines:#?}"
        );
    }
}

#[test]
fn a_route_that_stays_is_not_asked() {
    assert!(!derived().iter().any(|line| line.contains("/help")));
}

#[test]
fn clients_ask_for_types_and_ask_again() {
    let lines = derived();
    for line in [
        "GET /notes accept=text/plain",
        "GET /notes origin=http://example.com",
        "GET /notes if-none-match=\"n\"",
    ] {
        assert!(
            lines.iter().any(|other| other == line),
            "{line} is missing in\n{lines:#?}"
        );
    }
}

#[test]
fn a_word_of_the_code_that_opens_a_door_is_carried_from_then_on() {
    let locked = |request: &Request| {
        let mut exchange = answer(request);
        if !request.target.contains("tag=sesame") {
            exchange.legacy.status = StatusCode::UNAUTHORIZED;
        }
        exchange
    };
    assert_order(
        &derived_from(locked),
        &[
            "GET /notes",
            "GET /notes?tag=sesame",
            "POST /notes {\"title\":\"verify title\"}",
            "GET /notes?tag=sesame accept=text/plain",
        ],
    );
}
