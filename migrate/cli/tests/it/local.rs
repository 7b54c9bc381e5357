//! `isobar local check` on stores in order, damaged, missing, and in use.

use std::path::Path;
use std::process::{Command, Output};

use isobar_local::LocalStore;

fn check(directory: &Path, more: &[&str]) -> Output {
    run("check", directory, more)
}

fn run(name: &str, directory: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isobar"));
    command.args(["local", name]).arg(directory).args(more);
    command.output().unwrap()
}

#[track_caller]
fn assert_told(output: &Output, status: i32, told: &str) {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(output.status.code(), Some(status), "{text}");
    assert!(text.contains(told), "{text}");
}

#[test]
fn a_store_in_order_is_said_to_be() {
    let directory = tempfile::tempdir().unwrap();
    drop(LocalStore::open(directory.path()).unwrap());
    let told = "0 documents, 0 index entries, 0 changes, 0 blobs, 0 logged events\nin order\n";
    assert_told(&check(directory.path(), &[]), 0, told);
    let output = check(directory.path(), &["--json"]);
    assert_told(&output, 0, "");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["documents"], 0);
    assert_eq!(report["stoppedUncleanly"], false);
    assert_eq!(report["putAside"], serde_json::json!({}));
    assert_eq!(report["problems"], serde_json::json!([]));
}

#[test]
fn a_damaged_store_is_told_with_its_problems() {
    let directory = tempfile::tempdir().unwrap();
    drop(LocalStore::open(directory.path()).unwrap());
    std::fs::write(directory.path().join("store.redb"), "").unwrap();
    let output = check(directory.path(), &[]);
    assert_told(&output, 1, "problem: the file store.redb: ");
    assert_told(&output, 1, "hint: ");
    let output = check(directory.path(), &["--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["problems"].as_array().unwrap().len(), 1);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_directory_without_a_store_is_wrong_usage_and_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    assert_told(&check(directory.path(), &[]), 2, "error: ");
    assert_told(&check(directory.path(), &[]), 2, "there is no store in");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_store_that_a_process_has_open_is_not_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    let _open = LocalStore::open(directory.path()).unwrap();
    assert_told(&check(directory.path(), &[]), 3, "is open already");
}

#[test]
fn damaged_messages_are_dropped_from_a_store_that_nobody_has_open_only() {
    let directory = tempfile::tempdir().unwrap();
    let drop_damaged = || run("drop-damaged", directory.path(), &[]);
    assert_told(&drop_damaged(), 2, "there is no store in");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    let open = LocalStore::open(directory.path()).unwrap();
    assert_told(&drop_damaged(), 3, "is open already");
    drop(open);
    assert_told(&drop_damaged(), 0, "0 damaged messages were removed\n");
    assert_told(&check(directory.path(), &[]), 0, "in order\n");
}
