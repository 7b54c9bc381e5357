//! Promotions and rollbacks as a table: the wish, the steps or the refusal.

use std::path::Path;

use super::{Wish, plan};
use crate::config::Migration;
use crate::table::{States, Table};

const ROUTES: &str = r#"
format = 1
legacy = { url = "http://127.0.0.1:1" }
ported = { url = "http://127.0.0.1:2" }

[[group]]
name = "notes"
states = ["notes (store.js:2)", "nextId (store.js:19)"]

[[group]]
name = "log"
states = ["log (log.js:1)"]

[[route]]
method = "GET"
path = "/health"
effects = "none"

[[route]]
method = "POST"
path = "/mail"

[[route]]
method = "GET"
path = "/notes"
effects = "none"
group = "notes"

[[route]]
method = "POST"
path = "/notes"
group = "notes"

[[route]]
method = "GET"
path = "/log"
effects = "none"
group = "log"

[[route]]
method = "DELETE"
path = "/log"
group = "log"
legacy-only = "writes a file (log.js:9)"

[[route]]
method = "GET"
path = "/pages"
effects = "none"
group = "pages"

[[route]]
method = "GET"
path = "/pages/:id"
effects = "none"
group = "pages"

[[route]]
method = "POST"
path = "/pages"
group = "pages"
"#;

/// `before` lists routes that are not in legacy, as `KEY=state`, separated by commas; so do the expected steps.
fn check(before: &str, routes: &[&str], to: &str, expected: &str) {
    let table = Table::new(&Migration::parse(ROUTES, Path::new(".")).unwrap()).unwrap();
    let mut states = table.initial_states();
    for (key, state) in before.split(',').filter_map(|entry| entry.split_once('=')) {
        states.set(table.by_key(key).unwrap(), state.parse().unwrap());
    }
    table.check(&states).unwrap();
    let routes = routes.iter().map(|&name| name.to_owned()).collect();
    let outcome = plan(
        &table,
        &states,
        &Wish {
            routes,
            to: to.parse().unwrap(),
        },
    );
    match outcome {
        Ok(change) => {
            let steps: Vec<String> = change
                .steps
                .iter()
                .map(|step| format!("{}={}", step.route, step.to))
                .collect();
            assert_eq!(steps.join(","), expected);
            check_result(&table, &mut states, &change.steps);
        }
        Err(refusal) => assert_eq!(refusal.to_string(), expected),
    }
}

/// Whatever a plan makes of allowed states is allowed.
fn check_result(table: &Table, states: &mut States, steps: &[super::Step]) {
    for step in steps {
        let id = table.by_key(&step.route).unwrap();
        assert_eq!(states.of(id), step.from);
        states.set(id, step.to);
    }
    table.check(states).unwrap();
}

#[test]
fn a_route_without_shared_state_moves_alone() {
    for to in ["shadow", "canary 10%", "ported"] {
        check("", &["GET /health"], to, &format!("GET /health={to}"));
        check(
            &format!("GET /health={to}"),
            &["GET /health"],
            "legacy",
            "GET /health=legacy",
        );
    }
    check("", &["POST /mail"], "canary 50%", "POST /mail=canary 50%");
}

#[test]
fn a_route_with_written_state_takes_its_group_along() {
    check(
        "",
        &["GET /notes"],
        "ported",
        "GET /notes=ported,POST /notes=ported",
    );
    check(
        "GET /notes=ported,POST /notes=ported",
        &["POST /notes"],
        "legacy",
        "GET /notes=legacy,POST /notes=legacy",
    );
}

#[test]
fn a_group_is_promoted_by_name() {
    check(
        "GET /notes=shadow",
        &["notes"],
        "ported",
        "GET /notes=ported,POST /notes=ported",
    );
}

#[test]
fn a_reader_of_written_state_can_be_shadowed() {
    check("", &["GET /notes"], "shadow", "GET /notes=shadow");
    check(
        "GET /notes=ported,POST /notes=ported",
        &["GET /notes"],
        "shadow",
        "GET /notes=shadow,POST /notes=legacy",
    );
}

#[test]
fn several_readers_of_written_state_are_shadowed_together() {
    let ported = "GET /pages=ported,GET /pages/:id=ported,POST /pages=ported";
    let shadowed = "GET /pages=shadow,GET /pages/:id=shadow,POST /pages=legacy";
    check(
        ported,
        &["GET /pages", "GET /pages/:id"],
        "shadow",
        shadowed,
    );
    check(
        ported,
        &["all"],
        "shadow",
        &format!("GET /health=shadow,GET /notes=shadow,GET /log=shadow,{shadowed}"),
    );
}

#[test]
fn all_means_every_route_for_which_it_is_possible() {
    check(
        "",
        &["all"],
        "ported",
        "GET /health=ported,POST /mail=ported,GET /notes=ported,POST /notes=ported,\
         GET /pages=ported,GET /pages/:id=ported,POST /pages=ported",
    );
    check(
        "",
        &["all"],
        "shadow",
        "GET /health=shadow,GET /notes=shadow,GET /log=shadow,GET /pages=shadow,GET /pages/:id=shadow",
    );
}

#[test]
fn a_canary_of_written_state_is_refused_with_the_name_of_the_state() {
    check(
        "",
        &["GET /notes"],
        "canary 10%",
        "as a canary, GET /notes would let both applications write notes (store.js:2), nextId (store.js:19); promote the group as a whole",
    );
}

#[test]
fn a_group_with_a_route_that_stays_is_refused_with_its_reason() {
    check(
        "",
        &["GET /log"],
        "ported",
        "DELETE /log shares log (log.js:1) and would have to move along, but the ported application does not have it: writes a file (log.js:9)",
    );
    check(
        "",
        &["DELETE /log"],
        "ported",
        "the ported application does not have DELETE /log: writes a file (log.js:9)",
    );
}

#[test]
fn a_shadow_of_a_route_with_effects_is_refused() {
    check(
        "",
        &["POST /mail"],
        "shadow",
        "POST /mail is not proven free of effects, so a copy of a request to it could change something; verify it instead",
    );
}

#[test]
fn an_unknown_name_is_refused() {
    check(
        "",
        &["GET /nothing"],
        "ported",
        "no route and no group is called \"GET /nothing\"; write a route as in \"GET /notes/:id\", a group's name, or all",
    );
}

#[test]
fn a_wish_that_is_fulfilled_already_changes_nothing() {
    check("GET /health=ported", &["GET /health"], "ported", "");
}

#[test]
fn moving_written_state_says_what_stays_behind() {
    let table = Table::new(&Migration::parse(ROUTES, Path::new(".")).unwrap()).unwrap();
    let wish = Wish {
        routes: vec!["notes".to_owned()],
        to: "ported".parse().unwrap(),
    };
    let change = plan(&table, &table.initial_states(), &wish).unwrap();
    assert_eq!(
        change.left_behind,
        [
            "what was written to notes (store.js:2), nextId (store.js:19) on the legacy side stays there; the ported side goes on with its own data"
        ]
    );
}
