//! What a store's URL may look like, and what the environment adds.

use super::*;

/// Pairs of a variable's name and value.
type Variables<'v> = &'v [(&'v str, &'v str)];

fn check(url: &str, variables: Variables<'_>, expected: &str) {
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let shown = match Place::parse_with(url, &variable) {
        Ok(place) => show(&place),
        Err(error) => error.to_string(),
    };
    assert!(shown.contains(expected), "{url}: {shown}");
    assert!(!shown.contains("hidden"), "{url}: {shown}");
}

fn show(place: &Place) -> String {
    let server = &place.server;
    let hosts = server.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    });
    let password = server.get_password().map(|password| password == b"hidden");
    format!(
        "{:?}@{}:{:?}/{} {:?} {} {} {:?} {:?} {password:?}",
        server.get_user().unwrap_or("-"),
        hosts.collect::<Vec<_>>().join(","),
        server.get_ports(),
        server.get_dbname().unwrap_or("-"),
        server.get_ssl_mode(),
        place.budget.connections,
        place.budget.idle.as_millis(),
        place.prefix,
        place.schema,
    )
}

#[test]
fn a_url_names_a_server_and_settings_of_our_own() {
    check(
        "postgresql://app:hidden@db.example:6432/notes",
        &[],
        "\"app\"@db.example:[6432]/notes Require 4 1000 None None Some(true)",
    );
    check(
        "postgres://app@localhost/notes?connections=2&prefix=t%2D&idle=0&schema=app&connect_timeout=3",
        &[],
        "\"app\"@localhost:[5432]/notes Disable 2 0 Some(\"t-\") Some(\"app\") None",
    );
}

#[test]
fn what_the_url_leaves_out_comes_from_the_environment() {
    let variables = [
        ("PGHOST", "db.example"),
        ("PGPORT", "6432"),
        ("PGUSER", "app"),
        ("PGPASSWORD", "hidden"),
        ("PGDATABASE", "notes"),
        ("PGSSLMODE", "prefer"),
    ];
    let expected = "\"app\"@db.example:[6432]/notes Prefer 4 1000 None None Some(true)";
    check("postgres:", &variables, expected);
    check("postgresql://", &variables, expected);
    let expected = "\"me\"@localhost:[1]/other Require";
    check(
        "postgres://me@localhost:1/other?sslmode=verify-full",
        &variables,
        expected,
    );
    check(
        "postgres:",
        &[],
        "name its host in the store's URL or in PGHOST",
    );
}

#[test]
fn tls_is_left_out_only_on_this_machine_unless_the_url_says_so() {
    check("postgres://127.0.0.1/x", &[], "Disable");
    check("postgres://[::1]/x?host=::1", &[], "Disable");
    check("postgres://%2Frun%2Fpostgresql/x", &[], "Disable");
    check("postgres://localhost,db.example/x", &[], "Require");
    check("postgres://db.example/x?sslmode=disable", &[], "Disable");
}

#[test]
fn what_is_no_place_is_refused_without_showing_the_url() {
    let form = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE";
    check("mysql://app:hidden@db/x", &[], form);
    check(
        "postgres://app:hidden@db/x?conections=1",
        &[],
        "it cannot be read",
    );
    check(
        "postgres://app:hidden@db/x?connections=0",
        &[],
        "allows no connection",
    );
    check(
        "postgres://app:hidden@db/x?idle=soon",
        &[],
        "idle is not a whole number",
    );
    check("postgres://app:hidden@db/x?sslmode=on", &[], "sslmode");
    check(
        "postgres:",
        &[("PGHOST", "db"), ("PGPORT", "x")],
        "PGPORT is no port",
    );
}

#[test]
fn certificates_to_trust_must_be_there() {
    let nowhere = "postgres://db/x?sslrootcert=nowhere%2Froot.pem";
    let place = Place::parse_with(nowhere, &|_| None).unwrap();
    let error = place.open().unwrap_err();
    assert!(error.to_string().contains("nowhere/root.pem"), "{error}");
}
