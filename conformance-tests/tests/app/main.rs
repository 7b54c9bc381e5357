//! `conformance app`: an application that is the same everywhere passes, one that is not fails.

#![expect(
    clippy::unwrap_used,
    reason = "what these functions do belongs to the tests that call them"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A program that the same build made.
fn built(name: &str) -> PathBuf {
    let own = Path::new(env!("CARGO_BIN_EXE_conformance"));
    let program = own.with_file_name(name);
    assert!(
        program.is_file(),
        "not run: cargo build --workspace --all-targets makes {}",
        program.display()
    );
    program
}

fn conformance(program: &Path, scenario: &Path, providers: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    command
        .arg("app")
        .arg(program)
        .arg("--scenario")
        .arg(scenario);
    command.args(["--provider", providers, "--json", "-"]);
    command
}

/// Plays a scenario on the greeter; returns the exit status and the report.
fn greeted(scenario: &Value, providers: &str) -> (i32, Value, String) {
    let (_directory, file) = written(&scenario.to_string());
    let output = conformance(&built("examples/greeter"), &file, providers)
        .output()
        .unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code().unwrap(), report, errors(&output))
}

fn written(scenario: &str) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("scenario.json");
    fs::write(&file, scenario).unwrap();
    (directory, file)
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A scenario that greets once.
fn greeting() -> Value {
    json!({
        "variables": { "GREETING": "hello" },
        "steps": [{ "request": { "method": "PUT", "path": "/greetings/ann" } }],
    })
}

/// Each difference as `what: at: wanted | found`, with the provider.
fn differences(report: &Value, kind: &str) -> Vec<String> {
    let rows = report["rows"].as_array().unwrap().iter();
    let cells = rows.flat_map(|row| {
        let cells = row["cells"].as_array().unwrap().iter();
        cells.map(move |cell| (row, cell))
    });
    let told = cells.flat_map(|(row, cell)| {
        cell[kind].as_array().unwrap().iter().map(move |found| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let (what, provider) = (text(&row["what"]), text(&cell["provider"]));
            let (at, wanted, found) = (
                text(&found["at"]),
                text(&found["wanted"]),
                text(&found["found"]),
            );
            format!("{provider}: {what}: {at}: {wanted} | {found}")
        })
    });
    told.collect()
}

#[test]
fn the_notes_example_is_the_same_on_this_machine_on_aws_and_on_postgresql() {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/notes/scenario.json");
    let output = conformance(&built("notes"), &scenario, "local,aws,postgres")
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    assert!(output.status.success(), "{report:#}\n{}", errors(&output));
    let found = |what: &str| -> Vec<&str> {
        let mut rows = report["rows"].as_array().unwrap().iter();
        let row = rows.find(|row| row["what"] == what).unwrap();
        let cells = row["cells"].as_array().unwrap().iter();
        cells.map(|cell| cell["found"].as_str().unwrap()).collect()
    };
    for (what, number) in [
        ("1 create", "201"),
        ("8 no JSON", "400"),
        ("12 delete", "204"),
        ("collection notes", "1"),
        ("collection owners", "1"),
        ("bucket photos", "1"),
        ("bucket attachments", "0"),
    ] {
        assert_eq!(found(what), [number; 3], "{what}");
    }
}

#[test]
fn what_one_provider_answers_and_stores_otherwise_is_told() {
    let mut scenario = greeting();
    let (status, report, errors) = greeted(&scenario, "local,aws");
    assert_eq!(status, 0, "{report:#}\n{errors}");
    scenario["providers"] = json!({ "aws": { "variables": { "GREETING": "hullo" } } });
    let (status, report, errors) = greeted(&scenario, "local,aws");
    assert_eq!(status, 1, "{errors}");
    assert_eq!(
        differences(&report, "differences"),
        [
            r#"aws: 1 PUT /greetings/ann: body /text: "hello" | "hullo""#,
            r#"aws: collection greetings: "ann" /text: "hello" | "hullo""#,
        ]
    );
}

#[test]
fn what_is_only_stored_otherwise_is_told_unless_it_may_differ() {
    let mut scenario = greeting();
    scenario["providers"] = json!({ "aws": { "variables": { "GREETING": "hullo" } } });
    scenario["ignore"] = json!({ "fields": ["/text"] });
    let (status, report, errors) = greeted(&scenario, "local,aws");
    assert_eq!(status, 1, "{errors}");
    assert_eq!(
        differences(&report, "differences"),
        [r#"aws: collection greetings: "ann" /text: "hello" | "hullo""#]
    );
    scenario["state"] = json!({ "fields": ["/text"] });
    let (status, report, errors) = greeted(&scenario, "local,aws");
    assert_eq!(status, 0, "{report:#}\n{errors}");
}

#[test]
fn events_wake_the_application_where_a_door_brings_them() {
    let mut scenario = greeting();
    scenario["steps"] = json!([
        { "request": { "method": "PUT", "path": "/greetings/ann" }, "save": { "name": "/name" } },
        { "tick": "nightly" },
    ]);
    let (status, report, errors) = greeted(&scenario, "aws,azure");
    assert_eq!(status, 0, "{report:#}\n{errors}");
    let stored = |report: &Value| {
        let rows = report["rows"].as_array().unwrap();
        let row = rows
            .iter()
            .find(|row| row["what"] == "collection greetings");
        row.unwrap()["cells"][1]["found"].clone()
    };
    assert_eq!(stored(&report), "2");
    let message = json!({ "message": { "topic": "names", "body": "${name} and bob" } });
    scenario["steps"].as_array_mut().unwrap().push(message);
    let (status, report, errors) = greeted(&scenario, "aws,aws-rest");
    assert_eq!(status, 0, "{report:#}\n{errors}");
    assert_eq!(stored(&report), "3");
}

/// Those whose doors bring events, without emulators.
const WOKEN: &str = "azure,alibaba-fc,tencent-scf,knative,openfaas,fission";

#[test]
fn events_come_by_the_contract_of_each_platform() {
    let mut scenario = greeting();
    scenario["steps"] = json!([
        { "request": { "method": "PUT", "path": "/greetings/ann" } },
        { "tick": "nightly" },
        { "message": { "topic": "names", "body": "bob" } },
    ]);
    let (status, report, errors) = greeted(&scenario, WOKEN);
    assert_eq!(status, 0, "{report:#}\n{errors}");
    let rows = report["rows"].as_array().unwrap();
    let stored = rows
        .iter()
        .find(|row| row["what"] == "collection greetings");
    let cells = stored.unwrap()["cells"].as_array().unwrap();
    assert_eq!(cells.len(), WOKEN.split(',').count());
    for cell in cells {
        assert_eq!(cell["found"], "3", "{cell}");
    }
}

#[test]
fn requests_alone_are_proven_where_nobody_is_woken() {
    let mut scenario = greeting();
    let places = "local,fn,openwhisk,openwhisk-loop";
    let (status, _, errors) = greeted(&scenario, places);
    assert_eq!(status, 2, "{errors}");
    assert!(errors.contains("schedules"), "{errors}");
    scenario["variables"]["GREETER_WITHOUT_EVENTS"] = json!("1");
    let (status, report, errors) = greeted(&scenario, places);
    assert_eq!(status, 0, "{report:#}\n{errors}");
    scenario["providers"] = json!({ "openwhisk": { "variables": { "GREETING": "hullo" } } });
    let (status, report, errors) = greeted(&scenario, places);
    assert_eq!(status, 1, "{errors}");
    assert_eq!(
        differences(&report, "differences")[0],
        r#"openwhisk: 1 PUT /greetings/ann: body /text: "hello" | "hullo""#,
    );
}

#[test]
fn what_is_saved_and_differs_is_told_by_its_name() {
    let mut scenario = greeting();
    scenario["steps"][0]["save"] = json!({ "text": "/text" });
    scenario["providers"] = json!({ "aws": { "variables": { "GREETING": "hullo" } } });
    let (status, report, errors) = greeted(&scenario, "local,aws");
    assert_eq!(status, 0, "{report:#}\n{errors}");
    let values = json!([["local", "hello"], ["aws", "hullo"]]);
    assert_eq!(
        report["named"],
        json!([{ "name": "text", "values": values }])
    );
}

#[test]
fn an_event_that_always_fails_ends_the_run_as_a_failure() {
    let mut scenario = greeting();
    let fails = json!({ "message": { "topic": "names", "body": "nobody" } });
    scenario["steps"].as_array_mut().unwrap().push(fails);
    let (status, report, errors) = greeted(&scenario, "aws");
    assert_eq!(status, 1, "{report:#}\n{errors}");
    let why = report["ended"][0]["why"].as_str().unwrap();
    assert!(
        why.starts_with("step 2: an event was tried 3 times"),
        "{why}"
    );
}

#[test]
fn an_answer_that_is_not_the_expected_one_is_told() {
    let mut scenario = greeting();
    scenario["steps"][0]["expect"] =
        json!({ "status": 201, "headers": { "location": "/a" }, "json": { "name": "ann" } });
    let (status, report, errors) = greeted(&scenario, "local");
    assert_eq!(status, 1, "{errors}");
    assert_eq!(
        differences(&report, "unexpected"),
        [
            "local: 1 PUT /greetings/ann: status: 201 | 200",
            "local: 1 PUT /greetings/ann: header location: /a | ",
            r#"local: 1 PUT /greetings/ann: body /text: nothing | "hello""#,
        ]
    );
}

#[test]
fn an_application_that_falls_is_told_with_its_step() {
    let mut scenario = greeting();
    let fall = json!({ "name": "fall", "request": { "method": "GET", "path": "/fall" } });
    scenario["steps"].as_array_mut().unwrap().push(fall);
    let (status, report, errors) = greeted(&scenario, "local");
    assert_eq!(status, 1, "{errors}");
    let why = report["ended"][0]["why"].as_str().unwrap();
    assert!(why.starts_with("step 2: no answer over HTTP"), "{why}");
}

#[test]
fn wrong_use_is_refused_before_anything_is_started() {
    let greeter = built("examples/greeter");
    let refused = |program: &Path, scenario: &str, providers: &str, expected: &str| {
        let (_directory, file) = written(scenario);
        let output = conformance(program, &file, providers).output().unwrap();
        let told = errors(&output);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(expected), "{told}");
    };
    let good = greeting().to_string();
    refused(
        &greeter,
        "{\n  \"steps\": [}",
        "local",
        "scenario.json:2:13: ",
    );
    refused(&greeter, "{\n\u{1}", "local", "scenario.json:2:1: ");
    refused(&greeter, &good, "moon", "not proven on \"moon\"");
    refused(&greeter, &good, "local,local", "local is named twice");
    refused(Path::new("/bin/true"), &good, "local", "with --describe");
    refused(Path::new("/not/there"), &good, "local", "cannot be started");
    let tick = json!({ "steps": [{ "tick": "nightly" }] }).to_string();
    refused(&greeter, &tick, "aws,local", "nobody can bring to local");
    let other = json!({ "steps": [{ "tick": "nightli" }] }).to_string();
    refused(&greeter, &other, "aws", "declares only these: nightly");
    // The setting has no value.
    let bare = json!({ "steps": greeting()["steps"] }).to_string();
    refused(&greeter, &bare, "local", "GREETING");
}

#[test]
fn an_interrupted_run_leaves_no_process() {
    let wait = json!({
        "variables": { "GREETING": "hello" },
        "steps": [{ "request": { "method": "GET", "path": "/wait" } }],
    });
    let (_directory, file) = written(&wait.to_string());
    let mut command = conformance(&built("examples/greeter"), &file, "local");
    let mut child = command
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stderr = child.stderr.take().unwrap();
    BufReader::new(stderr).read_line(&mut line).unwrap();
    assert_eq!(line, "local: 1 steps\n");
    let started = until(|| children(child.id()).into_iter().next());
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let gone = || (!is_greeter(started)).then_some(());
    until(gone);
}

#[track_caller]
fn until<T>(mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "it does not happen"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The greeters that a process has started.
fn children(parent: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let own = ids.filter(|id| {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        status.contains(&format!("PPid:\t{parent}\n")) && is_greeter(*id)
    });
    own.collect()
}

fn is_greeter(id: u32) -> bool {
    let command = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
    command.contains("greeter") && !command.contains("--describe") && !command.contains("app")
}
