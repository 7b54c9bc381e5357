//! `isobar migrate` around applications whose port is not built by the real cargo: exit statuses, bad input, and what is
//! left of the processes that it starts.

pub(crate) mod stage;

use std::net::TcpListener;
use std::process::Output;

use serde_json::Value;

use crate::migration::{Running, assert_gone, stderr, stdout};
use stage::Stage;

const NOTES: &str = "
    const express = require('express');
    const app = express();
    app.get('/notes', (req, res) => res.send('one'));
    app.get('/health', (req, res) => res.send('ok'));
    app.listen(80);
";

/// Reads a file, so that it stays.
const STAYING: &str = "app.get('/help', (req, res) => res.sendFile('/help.html'));";

fn with_help() -> String {
    NOTES.replace("app.listen", &format!("{STAYING} app.listen"))
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[track_caller]
fn assert_says(text: &str, expected: &[&str]) {
    for expected in expected {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
}

#[test]
fn all_routes_ported_and_equal_exit_with_0() {
    let stage = Stage::new(NOTES, NOTES);
    let output = stage.run(&["--once"]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    assert_says(
        &stdout(&output),
        &[
            "notes (Express 4.22.3): 2 routes; 2 ported and equal",
            "GET /notes",
            "gateway --config notes-ported/migration.toml",
            "promote --config notes-ported/migration.toml 'GET /notes'",
            "rollback --config notes-ported/migration.toml all",
        ],
    );
}

#[test]
fn a_route_that_stays_exits_with_1_and_says_why() {
    let app = with_help();
    let stage = Stage::new(&app, &app);
    let output = stage.run(&["--once", "--json"]);
    assert_eq!(code(&output), Some(1), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let counts = [
        "found",
        "ported",
        "equal",
        "different",
        "notVerified",
        "stays",
    ];
    let counts = counts.map(|name| report[name].as_u64().unwrap());
    assert_eq!(counts, [3, 2, 2, 0, 0, 1]);
    let help = &report["routes"][2];
    assert_eq!(
        (&help["route"], &help["verdict"]),
        (&"GET /help".into(), &"stays".into())
    );
    assert_eq!(help["state"], "legacy");
    assert_says(
        &help["reasons"].to_string(),
        &["res.sendFile()", "app.js:6"],
    );
}

#[test]
fn where_nothing_can_be_ported_nothing_is_built_or_started() {
    let app = format!("const app = require('express')(); {STAYING}; process.exit(9);");
    let stage = Stage::new(&app, "");
    let output = stage.run(&[]);
    assert_eq!(code(&output), Some(1), "{}", stderr(&output));
    assert_says(&stdout(&output), &["1 stay", "res.sendFile()"]);
    assert!(!stdout(&output).contains("Next"), "{}", stdout(&output));
}

#[test]
fn a_route_that_answers_differently_exits_with_4_and_is_shown() {
    let stage = Stage::new(NOTES, &NOTES.replace("one", "two"));
    let output = stage.run(&["--once"]);
    assert_eq!(code(&output), Some(4), "{}", stderr(&output));
    assert_says(
        &stdout(&output),
        &["1 different", "DIFFERENT", "body: legacy one, ported two"],
    );
}

#[test]
fn what_the_code_makes_anew_in_each_run_is_no_difference() {
    let app = "
        const express = require('express');
        const { randomUUID } = require('crypto');
        const app = express();
        const stamp = () => new Date().toISOString();
        app.use((req, res, next) => { req.begun = Date.now(); next(); });
        app.get('/made', (req, res) => {
            const id = randomUUID();
            const note = { id, nested: { by: 'x' } };
            note.at = stamp();
            res.json({ note, took: Date.now() - req.begun, chance: Math.random(), fixed: 1 });
        });
        app.get('/plain', (req, res) => res.json({ id: 7 }));
        app.listen(80);
    ";
    let stage = Stage::new(app, app);
    let output = stage.run(&["--once"]);
    assert_eq!(
        code(&output),
        Some(0),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );
    let file = stage.folder.path().join("notes-ported/migration.toml");
    let file: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let noise = |route: usize| {
        let marks = file["route"][route].get("noise")?.as_array()?;
        let told = |mark: &toml::Value| {
            let text = |name: &str| mark[name].as_str().unwrap_or_default().to_owned();
            format!("{} {}", text("field"), text("kind"))
        };
        Some(marks.iter().map(told).collect::<Vec<_>>())
    };
    let made = ["at time", "chance number", "id id", "took number"];
    assert_eq!(noise(0).unwrap(), made);
    assert_eq!(noise(1), None);
}

#[test]
fn an_application_that_does_not_start_exits_with_3_and_is_quoted() {
    let stage = Stage::new(&format!("{NOTES} throw new Error('no database');"), NOTES);
    let output = stage.run(&["--once"]);
    assert_eq!(code(&output), Some(3));
    assert_says(
        &stderr(&output),
        &[
            "no way to start",
            "`node app.js`",
            "no database",
            "hint: ",
            "--start",
        ],
    );
}

#[test]
fn a_port_that_does_not_start_exits_with_3_and_is_quoted() {
    let stage = Stage::new(NOTES, "throw new Error('no store')");
    let output = stage.run(&["--once"]);
    assert_eq!(code(&output), Some(3));
    assert_says(
        &stderr(&output),
        &["the ported application is not there", "no store"],
    );
}

#[test]
fn a_port_that_does_not_build_exits_with_3_and_quotes_the_compiler() {
    let stage = Stage::new(NOTES, NOTES);
    stage.cargo("echo 'error[E0308]: mismatched types' >&2; exit 101");
    let output = stage.run(&["--once"]);
    assert_eq!(code(&output), Some(3));
    assert_says(
        &stderr(&output),
        &["does not build", "error[E0308]: mismatched types"],
    );
}

#[test]
fn missing_packages_exit_with_3_where_npm_may_not_run_or_fails() {
    let stage = Stage::new(NOTES, NOTES);
    std::fs::remove_dir_all(stage.folder.path().join("notes/node_modules")).unwrap();
    let output = stage.run(&["--once", "--no-install"]);
    assert_eq!(code(&output), Some(3));
    assert_says(
        &stderr(&output),
        &["are not installed (express); run `npm install` there"],
    );
    stage.program("npm", "echo 'npm error network' >&2; exit 1");
    let output = stage.run(&["--once"]);
    assert_eq!(code(&output), Some(3));
    assert_says(
        &stderr(&output),
        &[
            "npm install in notes",
            "npm error network",
            "cannot run `npm install` in notes",
        ],
    );
}

#[test]
fn wrong_input_exits_with_2() {
    let stage = Stage::new("console.log('no server')", "");
    for (arguments, expected) in [
        (&["nowhere"][..], "cannot read nowhere"),
        (&["notes"], "no route was found in notes"),
        (&["notes/app.js"], "app.js"),
        (&["notes", "--env", "A"], "is not of the form NAME=VALUE"),
    ] {
        let output = stage.command(arguments).output().unwrap();
        assert_eq!(code(&output), Some(2), "{}", stderr(&output));
        assert_says(&stderr(&output), &[expected]);
    }
    std::fs::write(stage.folder.path().join("notes/package.json"), "{").unwrap();
    let output = stage.run(&[]);
    assert_eq!(code(&output), Some(2));
    assert_says(&stderr(&output), &["package.json is not JSON"]);
}

#[test]
fn a_taken_port_is_an_error_only_where_it_was_asked_for() {
    let stage = Stage::new(NOTES, NOTES);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let output = stage.run(&["--listen", &taken]);
    assert_eq!(code(&output), Some(3));
    assert_says(
        &stderr(&output),
        &["in use", "--listen 127.0.0.1:0 takes a free port"],
    );
    // A file that somebody has changed stays as it is.
    let file = stage.folder.path().join("notes-ported/migration.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("127.0.0.1:8080", &taken);
    std::fs::write(&file, &text).unwrap();
    let (running, said) = stage.serve();
    let address = stage::address(&said);
    assert_ne!(address, taken);
    assert!(crate::migration::get(&address, "/health").ends_with("ok"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    drop(running);
}

/// Starts a migration that hangs in `program`; returns it with the processes of that.
fn hanging_in(program: &str, stage: &Stage) -> (Running, Vec<String>) {
    stage.program(program, stage::HANG);
    let running = Running(stage.command(&["notes"]).spawn().unwrap());
    let processes = stage.hanging();
    (running, processes)
}

#[test]
fn interrupted_or_killed_while_others_work_for_it_it_leaves_nothing_behind() {
    for program in ["cargo", "npm"] {
        for signal in ["-INT", "-TERM", "-KILL"] {
            let stage = Stage::new(NOTES, NOTES);
            if program == "npm" {
                std::fs::remove_dir_all(stage.folder.path().join("notes/node_modules")).unwrap();
            }
            let (mut running, processes) = hanging_in(program, &stage);
            running.signal(signal);
            let status = running.0.wait().unwrap();
            assert_eq!(
                status.code(),
                (signal != "-KILL").then_some(130),
                "{signal}"
            );
            for process in processes {
                assert_gone(&process);
            }
        }
    }
}

#[test]
fn a_second_migration_of_the_same_application_is_refused_while_the_first_serves() {
    let stage = Stage::new(NOTES, NOTES);
    let (running, _) = stage.serve();
    let output = stage.run(&["--once"]);
    assert_eq!(code(&output), Some(3));
    assert_says(&stderr(&output), &["another gateway runs for"]);
    drop(running);
}
