//! `isobar promote` and `isobar rollback`, with and without a running gateway.

use crate::migration::{Migration, get, stderr, stdout};

#[test]
fn a_running_gateway_acknowledges_the_change() {
    let migration = Migration::new("a", "b");
    let (_gateway, address) = migration.gateway();
    assert!(get(&address, "/who").ends_with('a'));
    let output = migration.run(&["promote", "GET /who", "--why", "looks good"]);
    assert_eq!(stdout(&output), "GET /who: legacy -> ported\nin force\n");
    assert!(get(&address, "/who").ends_with('b'));
    let output = migration.run(&["rollback", "GET /who"]);
    assert_eq!(stdout(&output), "GET /who: ported -> legacy\nin force\n");
    assert!(get(&address, "/who").ends_with('a'));
    let journal = std::fs::read_to_string(migration.folder.path().join("migration.journal.jsonl"));
    let journal = journal.unwrap();
    assert_eq!(journal.lines().count(), 2);
    assert!(
        journal.contains("\"why\":\"looks good\"") && journal.contains("uid "),
        "{journal}"
    );
}

#[test]
fn without_a_gateway_the_change_waits_for_one_and_says_so() {
    let migration = Migration::new("a", "b");
    let output = migration.run(&["promote", "GET /who", "--canary", "30"]);
    let expected =
        "GET /who: legacy -> canary 30%\nno gateway is running: in force when it starts\n";
    assert_eq!(stdout(&output), expected);
    let output = migration.run(&["promote"]);
    assert!(
        stdout(&output).starts_with(" canary 30%  GET /who"),
        "{}",
        stdout(&output)
    );
    assert!(stderr(&output).contains("no gateway is running"));
}

#[test]
fn what_a_change_leaves_behind_is_said() {
    let migration = Migration::new("a", "b");
    let output = migration.run(&["promote", "POST /notes"]);
    assert_eq!(
        stdout(&output),
        "GET /notes: legacy -> ported\nPOST /notes: legacy -> ported\n\
         note: what was written to notes on the legacy side stays there; the ported side goes on with its own data\n\
         no gateway is running: in force when it starts\n"
    );
}

#[test]
fn a_change_as_json_is_for_programs() {
    let migration = Migration::new("a", "b");
    let output = migration.run(&["promote", "GET /who", "--shadow", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = serde_json::json!({
        "steps": [{ "route": "GET /who", "from": "legacy", "to": "shadow" }],
        "leftBehind": [],
        "inForce": false,
    });
    assert_eq!(told, expected);
}

#[test]
fn refusals_say_why_and_exit_with_1() {
    let migration = Migration::new("a", "b");
    for (arguments, expected) in [
        (
            &["promote", "GET /help"][..],
            "the ported application does not have GET /help: sends a file",
        ),
        (
            &["promote", "POST /notes", "--canary", "5"],
            "would let both applications write notes",
        ),
        (
            &["rollback", "GET /nothing"],
            "no route and no group is called \"GET /nothing\"",
        ),
    ] {
        let output = migration.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    let migration = Migration::new("a", "b");
    for arguments in [
        &["rollback"][..],
        &["promote", "GET /who", "--canary", "100"],
        &["promote", "--nothing"],
    ] {
        assert_eq!(
            migration.run(arguments).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
}
