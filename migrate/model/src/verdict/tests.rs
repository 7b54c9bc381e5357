//! The ranking puts first what sets most routes free.

use super::*;
use crate::Contract;

fn route(path: &str, subjects: &[&str]) -> Route {
    Route {
        method: "GET".into(),
        path: path.into(),
        file: "app.js".into(),
        line: 1,
        handlers: Vec::new(),
        middleware: Vec::new(),
        verdict: if subjects.is_empty() {
            Verdict::Ported
        } else {
            Verdict::Blocked
        },
        reasons: subjects
            .iter()
            .map(|subject| Reason {
                code: ReasonCode::Library,
                subject: (*subject).into(),
                message: format!("calls {subject}"),
                place: Place::new("app.js", 2),
            })
            .collect(),
        state_groups: Vec::new(),
        writes: false,
        contract: Contract::default(),
    }
}

fn check(routes: &[Route], expected: &[(&str, usize, usize)]) {
    let found: Vec<_> = rank_blockers(routes)
        .into_iter()
        .map(|blocker| (blocker.subject, blocker.alone, blocker.routes))
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(subject, alone, all)| ((*subject).to_owned(), *alone, *all))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_blocker_that_holds_routes_back_alone_comes_first() {
    let routes = [
        route("/a", &["pg", "jsonwebtoken"]),
        route("/b", &["pg", "jsonwebtoken"]),
        route("/c", &["multer"]),
        route("/d", &[]),
    ];
    check(
        &routes,
        &[("multer", 1, 1), ("pg", 0, 2), ("jsonwebtoken", 0, 2)],
    );
}

#[test]
fn a_reason_that_a_route_has_twice_counts_once() {
    check(&[route("/a", &["pg", "pg"])], &[("pg", 1, 1)]);
}
