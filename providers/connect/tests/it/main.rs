//! An application as a process: what it says of itself, and what it does not do for that.

#![expect(clippy::unwrap_used, reason = "a step that fails ends its test")]

mod rehearsal;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Examples lie beside the folder of the tests, whatever the target folder is called.
fn example(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let profile = tests.ancestors().nth(2).unwrap();
    profile.join("examples").join(name)
}

/// Runs the application in `folder` with nothing in its environment but these variables.
fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(example("loud"));
    command.args(arguments).current_dir(folder).env_clear();
    command.envs(variables.iter().copied()).output().unwrap()
}

#[track_caller]
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn describe_lists_what_is_declared_and_calls_no_closure() {
    let folder = tempfile::tempdir().unwrap();
    // A store that cannot be opened, a platform that is not there, a setting that is missing.
    let unusable = [
        ("ISOBAR_DOCUMENTS", "local:/dev/null/nowhere"),
        ("ISOBAR_PLATFORM", "nowhere"),
    ];
    for variables in [&[][..], &unusable] {
        let output = run(folder.path(), &["--describe"], variables);
        assert_eq!(text(&output.stderr), "");
        assert_eq!(output.status.code(), Some(0));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told["name"], "loud");
        let told = told.to_string();
        for declared in ["notes", "files", "GREETING", "nightly"] {
            assert!(told.contains(declared), "{declared} is not in {told}");
        }
    }
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "describing opened a store");
}

#[cfg(feature = "dynamodb")]
#[test]
fn export_prints_the_tables_of_the_store_and_touches_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        (
            "ISOBAR_DOCUMENTS",
            "dynamodb://eu-west-1?endpoint=http://127.0.0.1:1",
        ),
        ("ISOBAR_PREFIX", "prod-"),
    ];
    let output = run(folder.path(), &["--export"], &variables);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    let template: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let table = &template["Resources"]["Table0notes"]["Properties"]["TableName"];
    assert_eq!(table, "prod-notes");
}

#[test]
fn export_of_a_store_without_tables_says_which_variable_to_set() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["--export"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("ISOBAR_DOCUMENTS"));
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 0, "exporting opened a store");
}

#[test]
fn the_same_application_calls_its_closure_when_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("ISOBAR_LISTEN", "127.0.0.1:0"),
        ("ISOBAR_DOCUMENTS", "memory:"),
        ("ISOBAR_BLOBS", "memory:"),
        ("GREETING", "hi"),
    ];
    let output = run(folder.path(), &[], &variables);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("the closure was called"), "{told}");
}

#[test]
fn an_argument_that_is_unknown_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["--describes"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--describes"));
}
