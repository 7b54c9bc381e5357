//! The README's first command on the example that it names, with everything real: npm, cargo, both applications.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde_json::Value;

use crate::migrate::stage::{address, serve};
use crate::migration::{assert_gone, children, get, stderr, stdout};

/// The example without what other tests may be installing in it, in a place that stays between runs.
fn example() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/legacy-notes");
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("legacy-notes");
    copy_into(&source, &copy);
    copy
}

pub(crate) fn copy_into(source: &Path, target: &Path) {
    fs::create_dir_all(target).unwrap();
    for entry in fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), target.join(entry.file_name()));
        if entry.file_name() == "node_modules" {
            continue;
        }
        if from.is_dir() {
            copy_into(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

/// `isobar migrate` on the example. Its port is built where the workspace was, so that dependencies are there already.
fn migrate(arguments: &[&str]) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_isobar"));
    let target = program.ancestors().nth(2).unwrap();
    let mut command = Command::new(program);
    command
        .arg("migrate")
        .arg(example())
        .args(arguments)
        .env("CARGO_TARGET_DIR", target);
    command
}

fn assert_all_equal(report: &Value) {
    let count = |name: &str| report[name].as_u64().unwrap();
    assert_eq!(count("ported"), 13, "{report:#}");
    assert_eq!(count("equal"), count("ported"), "{report:#}");
    assert_eq!(
        count("found"),
        count("ported") + count("stays"),
        "{report:#}"
    );
    assert_eq!(report["beside"].as_array().unwrap().len(), 0, "{report:#}");
    for route in report["routes"].as_array().unwrap() {
        let stays = route["verdict"] == "stays";
        assert_eq!(
            stays,
            !route["reasons"].as_array().unwrap().is_empty(),
            "{route:#}"
        );
    }
}

/// Moves every route to the ported application and back, three times, while somebody keeps asking.
fn move_all_under_traffic(address: &str) {
    let done = AtomicBool::new(false);
    let asked = std::thread::scope(|scope| {
        let asking = scope.spawn(|| keep_asking(address, &done));
        for _ in 0..3 {
            for change in ["promote", "rollback"] {
                let output = change_all(change);
                assert!(output.status.success(), "{}", stderr(&output));
                assert!(
                    stdout(&output).ends_with("in force\n"),
                    "{}",
                    stdout(&output)
                );
            }
        }
        done.store(true, Ordering::Relaxed);
        asking.join().unwrap()
    });
    assert!(asked >= 18, "only {asked} requests were under way");
}

/// Asks until `done`; every answer must be one. Returns how many came.
fn keep_asking(address: &str, done: &AtomicBool) -> usize {
    let mut asked = 0;
    while !done.load(Ordering::Relaxed) {
        for target in ["/health", "/notes", "/list"] {
            let answer = get(address, target);
            assert!(answer.starts_with("HTTP/1.1 200"), "{target}: {answer}");
            asked += 1;
        }
    }
    asked
}

fn change_all(change: &str) -> Output {
    let file = example().with_file_name("legacy-notes-ported/migration.toml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_isobar"));
    command.args([change, "all", "--config"]).arg(file);
    command.output().unwrap()
}

/// One test, since all of it needs the same crate to be built.
#[test]
#[expect(clippy::print_stdout, reason = "how long it takes is worth knowing")]
fn the_example_is_ported_verified_equal_served_moved_under_traffic_and_left_without_a_trace() {
    let begun = Instant::now();
    let output = migrate(&["--once", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_all_equal(&report);
    println!(
        "migrate --once: {} routes equal in {:?}",
        report["equal"],
        begun.elapsed()
    );
    for signal in ["-INT", "-KILL"] {
        let (mut running, said) = serve(migrate(&["--listen", "127.0.0.1:0"]));
        let processes = children(running.0.id(), "");
        assert_eq!(processes.len(), 2, "{said}");
        assert!(get(&address(&said), "/health").ends_with("ok"));
        if signal == "-INT" {
            move_all_under_traffic(&address(&said));
        }
        running.signal(signal);
        let status = running.0.wait().unwrap();
        assert_eq!(status.code(), (signal == "-INT").then_some(1));
        for process in processes {
            assert_gone(&process);
        }
    }
}
