//! `decide` as a table: a request and the state of its route, and what is decided.

use std::path::Path;

use super::{Beside, ClientShare, Decision, Facts, decide};
use crate::config::Migration;
use crate::state::Side;
use crate::table::Table;

const ROUTES: &str = r#"
format = 1
legacy = { url = "http://127.0.0.1:1" }
ported = { url = "http://127.0.0.1:2" }

[[route]]
method = "GET"
path = "/notes/new"
effects = "none"
state = "ported"

[[route]]
method = "GET"
path = "/notes/:id"
effects = "none"

[[route]]
method = "POST"
path = "/mail"

[[route]]
method = "GET"
path = "/mail"
"#;

fn table() -> Table {
    Table::new(&Migration::parse(ROUTES, Path::new(".")).unwrap()).unwrap()
}

fn decided(state: &str, key: &str, facts: Facts<'_>) -> Decision {
    let table = table();
    let mut states = table.initial_states();
    states.set(table.by_key(key).unwrap(), state.parse().unwrap());
    decide(&table, &states, &facts)
}

fn request<'a>(method: &'a str, path: &'a str) -> Facts<'a> {
    Facts {
        method,
        path,
        upgrade: false,
        has_body: false,
        client: ClientShare(2_500),
    }
}

fn check(state: &str, facts: Facts<'_>, side: Side, beside: Beside) {
    let decision = decided(state, "GET /notes/:id", facts);
    assert_eq!(
        (decision.side, decision.beside),
        (side, beside),
        "{state} {facts:?}"
    );
}

#[test]
fn the_state_of_the_route_decides() {
    let facts = request("GET", "/notes/7");
    check("legacy", facts, Side::Legacy, Beside::Nothing);
    check("shadow", facts, Side::Legacy, Beside::Shadow);
    check("canary 25%", facts, Side::Legacy, Beside::Nothing);
    check("canary 26%", facts, Side::Ported, Beside::Fallback);
    check("ported", facts, Side::Ported, Beside::Fallback);
}

#[test]
fn a_request_with_a_body_is_never_sent_twice_one_after_the_other() {
    let facts = Facts {
        has_body: true,
        ..request("GET", "/notes/7")
    };
    check("ported", facts, Side::Ported, Beside::Nothing);
    check("shadow", facts, Side::Legacy, Beside::Shadow);
}

#[test]
fn a_tunnel_belongs_to_the_legacy_side_where_that_may_not_write() {
    let tunnel = |path| Facts {
        upgrade: true,
        ..request("GET", path)
    };
    for state in ["legacy", "shadow", "ported"] {
        check(state, tunnel("/notes/7"), Side::Legacy, Beside::Tunnel);
    }
    check("ported", tunnel("/socket"), Side::Legacy, Beside::Tunnel);
    for (state, expected) in [
        ("legacy", (Side::Legacy, Beside::Tunnel)),
        ("ported", (Side::Ported, Beside::Nothing)),
    ] {
        let decision = decided(state, "GET /mail", tunnel("/mail"));
        assert_eq!((decision.side, decision.beside), expected, "{state}");
    }
}

#[test]
fn a_route_with_effects_has_no_fallback() {
    let decision = decided("ported", "POST /mail", request("POST", "/mail"));
    assert_eq!(
        (decision.side, decision.beside),
        (Side::Ported, Beside::Nothing)
    );
}

#[test]
fn what_is_not_listed_belongs_to_the_legacy_side() {
    for (method, path) in [("GET", "/"), ("DELETE", "/notes/7"), ("GET", "/notes/%zz")] {
        check(
            "ported",
            request(method, path),
            Side::Legacy,
            Beside::Nothing,
        );
    }
}

#[test]
fn paths_match_as_in_express() {
    for (method, path) in [
        ("HEAD", "/notes/7"),
        ("GET", "/Notes/7/"),
        ("GET", "/notes/a%2Fb"),
    ] {
        check(
            "ported",
            request(method, path),
            Side::Ported,
            Beside::Fallback,
        );
    }
    check(
        "legacy",
        request("GET", "/notes/new"),
        Side::Ported,
        Beside::Fallback,
    );
}

#[test]
fn a_growing_canary_keeps_its_clients() {
    let moved = |percent: u8| {
        let state = format!("canary {percent}%");
        let clients = (0..2_000).map(|number| ClientShare::of(format!("10.0.{number}").as_bytes()));
        let facts = clients.map(|client| Facts {
            client,
            ..request("GET", "/notes/7")
        });
        facts
            .map(|facts| decided(&state, "GET /notes/:id", facts).side == Side::Ported)
            .collect()
    };
    let (few, many): (Vec<bool>, Vec<bool>) = (moved(10), moved(50));
    assert!(few.iter().zip(&many).all(|(few, many)| !few || *many));
    let share = |clients: &[bool]| clients.iter().filter(|moved| **moved).count();
    assert!(
        (160..=240).contains(&share(&few)),
        "{} of 2000 at 10%",
        share(&few)
    );
    assert!(
        (920..=1080).contains(&share(&many)),
        "{} of 2000 at 50%",
        share(&many)
    );
}

#[test]
fn the_place_of_a_client_never_changes() {
    assert_eq!(
        ClientShare::of(b"192.0.2.1"),
        ClientShare(PLACE_OF_192_0_2_1)
    );
}

/// Written down from the first version: a change would move clients between sides on an update.
const PLACE_OF_192_0_2_1: u64 = 595;
