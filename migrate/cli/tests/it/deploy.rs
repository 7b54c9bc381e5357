//! `isobar export` and `isobar package` on the example application, checked by tools that others wrote.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::migration::{stderr, stdout};

mod aws;
mod legacy;
mod limits;
mod ministack;
mod order;
mod refusals;
mod targets;

/// Everything that an application can declare.
const EVERYTHING: &str = r#"{
  "name": "every-thing",
  "collections": [{ "name": "parcels", "table": "parcels", "partition": "id", "indexes": [{ "name": "by_place" }],
    "adopted": false, "native_limits": false, "change_feed": true }],
  "changeTriggers": ["parcels"],
  "buckets": ["user-photos", "user_photos"],
  "topics": ["jobs", "mails"],
  "settings": [{ "name": "GREETING", "default": "hello" }, { "name": "PLACE" }, { "name": "MOOD", "optional": true }],
  "secrets": [{ "name": "API_KEY" }],
  "routes": [
    { "methods": ["GET"], "path": "/files/{*path}", "opaque": false },
    { "methods": ["*"], "path": "/any/{id}", "opaque": false },
    { "methods": ["*"], "path": "/legacy", "opaque": true }
  ],
  "schedules": [{ "name": "often", "cron": "*/5 * * * *" }, { "name": "weekly", "cron": "0 0 * * MON" }],
  "subscriptions": ["jobs", "orders"],
  "blobTriggers": ["user-photos"]
}"#;

/// The example, which the same build made.
fn notes() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_isobar")).with_file_name("notes");
    assert!(
        program.is_file(),
        "not run: cargo build --workspace makes {}",
        program.display()
    );
    program
}

fn isobar(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isobar"));
    command.args(arguments);
    command
}

/// A file of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// What `./test` installs from PyPI.
fn python() -> Command {
    let python = repository("target/tools/venv/bin/python");
    assert!(
        python.is_file(),
        "not run: ./test installs Python's packages first"
    );
    Command::new(python)
}

/// Has a command of a Python package look at a file; it must have nothing to say.
fn validate(module: &str, arguments: &[&str], file: &Path) {
    let program =
        format!("import importlib, sys; sys.exit(importlib.import_module({module:?}).main())");
    let mut command = python();
    command.args(["-c", &program]).args(arguments).arg(file);
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{module} refuses {}:\n{}{}",
        file.display(),
        stdout(&output),
        stderr(&output)
    );
}

/// The files that `isobar export TARGET` writes for the example.
fn exported(target: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let output = export(target, &notes(), directory.path());
    assert!(output.status.success(), "{}", stderr(&output));
    directory
}

fn export(target: &str, program: &Path, directory: &Path) -> Output {
    let mut command = isobar(&["export", target]);
    command.arg(program).arg("--out").arg(directory);
    command.output().unwrap()
}

fn read(directory: &TempDir, file: &str) -> String {
    fs::read_to_string(directory.path().join(file)).unwrap()
}

/// The table of its collection, as the vendor defines it.
const TABLES: &str = r#"{ "Resources": { "Table0parcels": { "Type": "AWS::DynamoDB::Table", "Properties": {
  "TableName": "parcels",
  "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [
    { "AttributeName": "id", "AttributeType": "S" }, { "AttributeName": "place", "AttributeType": "S" }
  ],
  "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
  "GlobalSecondaryIndexes": [{
    "IndexName": "by_place",
    "KeySchema": [{ "AttributeName": "place", "KeyType": "HASH" }],
    "Projection": { "ProjectionType": "ALL" }
  }],
  "StreamSpecification": { "StreamViewType": "NEW_AND_OLD_IMAGES" }
} } } }"#;

/// A script that prints what an application would print.
fn application(directory: &Path, description: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let program = directory.join("application");
    let text = format!(
        "#!/bin/sh\n[ \"$1\" = --describe ] && cat <<'END' || cat <<'TABLES'\n{description}\nEND\n{TABLES}\nTABLES\n"
    );
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

/// A file as JSON, read by a parser of YAML that is not ours.
fn parsed(file: &Path) -> Value {
    let read = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let output = python().args(["-c", read]).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}
