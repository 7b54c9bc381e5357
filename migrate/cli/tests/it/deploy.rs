//! `isobar export` and `isobar package` on the example application, checked by tools that others wrote.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::migration::{stderr, stdout};

mod aws;
mod capabilities;
mod clouds;
mod legacy;
mod limits;
mod ministack;
mod names;
mod openapi;
mod order;
mod refusals;
mod serverless;
mod targets;
mod timeouts;

/// The example, which the same build made.
fn notes() -> PathBuf {
    built("notes")
}

/// What the same build made beside the command.
fn built(name: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_isobar")).with_file_name(name);
    assert!(
        program.is_file(),
        "not run: cargo build --workspace --all-targets makes {}",
        program.display()
    );
    program
}

/// The application that declares everything that one can.
fn everything() -> PathBuf {
    built("examples/everything")
}

/// What it declares.
fn declared() -> String {
    let described = Command::new(everything()).arg("--describe").output();
    let described = described.unwrap();
    assert!(described.status.success(), "{}", stderr(&described));
    stdout(&described)
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

/// What a command of a Python package says of a file.
fn checked(module: &str, arguments: &[&str], file: &Path) -> Output {
    let program =
        format!("import importlib, sys; sys.exit(importlib.import_module({module:?}).main())");
    let mut command = python();
    command.args(["-c", &program]).args(arguments).arg(file);
    command.output().unwrap()
}

/// Has a command of a Python package look at a file; it must have nothing to say.
fn validate(module: &str, arguments: &[&str], file: &Path) {
    let output = checked(module, arguments, file);
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

/// A script that prints what an application would print; its tables are those of the one that declares everything.
fn application(directory: &Path, description: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let program = directory.join("application");
    let tables = everything();
    let text = format!(
        "#!/bin/sh\n[ \"$1\" = --describe ] || exec '{}' \"$@\"\ncat <<'END'\n{description}\nEND\n",
        tables.display()
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
