//! `isobar verify`: a verdict for each route, and an exit status that follows from them.

use serde_json::Value;

use crate::migration::{Migration, stdout};

#[test]
fn sides_that_are_the_same_but_for_what_the_code_explains() {
    let migration = Migration::new("a", "a");
    let file = migration.folder.path().join("migration.toml");
    let output = migration.run(&["verify"]);
    let said = stdout(&output);
    // Each process has its own number, which nothing explains.
    assert!(said.contains("    header x-pid: legacy "), "{said}");
    assert_eq!(output.status.code(), Some(4));
    let text = std::fs::read_to_string(&file).unwrap();
    let without = text.replace(
        "{ method = \"GET\", path = \"/who\", effects = \"none\" },",
        "",
    );
    std::fs::write(&file, without).unwrap();
    let output = migration.run(&["verify"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(
        stdout(&output).contains(" equal         GET /notes"),
        "{}",
        stdout(&output)
    );
    assert!(stdout(&output).contains("2 equal, 0 different, 1 not verified"));
}

#[test]
fn the_report_as_json_names_what_differs() {
    let migration = Migration::new("a", "b");
    let output = migration.run(&["verify", "--json"]);
    assert_eq!(output.status.code(), Some(4));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let route = &report["routes"][0];
    assert_eq!(
        (&route["route"], &route["verdict"]),
        (&"GET /who".into(), &"different".into())
    );
    let differences = route["differences"][0]["differences"].as_array().unwrap();
    let body = differences
        .iter()
        .find(|difference| difference["place"] == "body")
        .unwrap();
    assert_eq!(
        (&body["legacy"], &body["ported"]),
        (&"a".into(), &"b".into())
    );
    assert_eq!(report["routes"][3]["verdict"], "notVerified");
}

#[test]
fn given_requests_cover_what_they_hit_and_nothing_else() {
    let migration = Migration::new("a", "a");
    let script = r#"[{"method": "GET", "path": "/notes"}]"#;
    std::fs::write(migration.folder.path().join("script.json"), script).unwrap();
    let output = migration.run(&["verify", "--requests", "script.json"]);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains(" equal         GET /notes   200 x1"),
        "{said}"
    );
    assert!(
        said.contains(" not verified  POST /notes  no request reached it"),
        "{said}"
    );
}
