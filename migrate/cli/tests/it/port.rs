//! `isobar port` on an application that uses the language as applications do, compared with real Express.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::legacy_notes::copy_into;
use crate::migration::{stderr, stdout};

/// The fixture beside real Express, and where its port goes.
struct Workshop {
    folder: TempDir,
}

impl Workshop {
    fn new() -> Self {
        Self::on_express(4)
    }

    /// The fixture on a major version of Express, for which its only optional part of a path is written anew.
    fn on_express(major: u8) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let packages = root.join("../../conformance-tests/emulators/express/node_modules");
        let express = packages.join(format!("express{major}"));
        let express = express
            .canonicalize()
            .expect("not run: run `npm ci` in conformance-tests/emulators/express first");
        let workshop = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        copy_into(&root.join("tests/fixtures/language"), &workshop.legacy());
        let packages = workshop.legacy().join("node_modules");
        fs::create_dir(&packages).unwrap();
        std::os::unix::fs::symlink(express, packages.join("express")).unwrap();
        if major == 5 {
            workshop.rewrite("package.json", "4.22.3", "5.3.0");
            workshop.rewrite("package.json", "\"language\"", "\"language-5\"");
            workshop.rewrite("requests.js", "/req/:id/:opt?", "/req/:id{/:opt}");
        }
        workshop
    }

    fn rewrite(&self, file: &str, old: &str, new: &str) {
        let path = self.legacy().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{file} has no {old}");
        fs::write(path, text.replace(old, new)).unwrap();
    }

    fn legacy(&self) -> PathBuf {
        self.folder.path().join("legacy")
    }

    fn ported(&self) -> PathBuf {
        self.folder.path().join("ported")
    }

    fn port(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_isobar"))
            .arg("port")
            .arg(self.legacy())
            .arg("--out")
            .arg(self.ported())
            .args(arguments)
            .output()
            .unwrap()
    }

    /// `cargo` on the port, which is built where the workspace was, so that dependencies are there already.
    fn cargo(&self, arguments: &[&str]) -> Output {
        let output = Command::new("cargo")
            .args(arguments)
            .current_dir(self.ported())
            .env("CARGO_TARGET_DIR", target())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        output
    }

    fn report(&self, arguments: &[&str]) -> Value {
        let output = self.port(&[&["--json"], arguments].concat());
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn target() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_isobar"));
    program.ancestors().nth(2).unwrap().to_path_buf()
}

/// A ported application that is stopped with the test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn serve(program: &Path) -> (Served, SocketAddr) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let child = Command::new(program)
        .env("ISOBAR_LISTEN", address.to_string())
        .env("ISOBAR_DOCUMENTS", "memory:")
        .env("NODE_ENV", "production")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let served = Served(child);
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "it never listens"
        );
        std::thread::yield_now();
    }
    (served, address)
}

#[test]
fn what_is_ported_builds_without_warnings_and_answers_as_real_express_4_does() {
    compare_with_express(&Workshop::on_express(4), "language");
}

#[test]
fn what_is_ported_builds_without_warnings_and_answers_as_real_express_5_does() {
    compare_with_express(&Workshop::on_express(5), "language-5");
}

fn compare_with_express(workshop: &Workshop, name: &str) {
    workshop.report(&[]);
    workshop.cargo(&["fmt", "--check"]);
    let build = workshop.cargo(&["build", "--locked"]);
    assert!(!stderr(&build).contains("warning"), "{}", stderr(&build));
    let program = target().join("debug").join(name);
    let described = Command::new(&program).arg("--describe").output().unwrap();
    assert!(stdout(&described).contains("NODE_ENV"), "{described:?}");
    let (_served, address) = serve(&program);
    let compared = Command::new("node")
        .arg("compare.mjs")
        .arg(address.to_string())
        .current_dir(workshop.legacy())
        .env("NODE_ENV", "production")
        .output()
        .unwrap();
    let said = stdout(&compared) + &stderr(&compared);
    assert!(compared.status.success(), "{said}");
}

#[test]
fn routes_stay_with_reasons_and_positions_where_the_code_cannot_be_translated_faithfully() {
    let workshop = Workshop::new();
    let report = workshop.report(&[]);
    for route in report["routes"].as_array().unwrap() {
        let stays = route["path"].as_str().unwrap().starts_with("/stays/");
        let verdict = if stays { "blocked" } else { "ported" };
        assert_eq!(route["verdict"], verdict, "{route:#}");
        let reasons = route["reasons"].as_array().unwrap();
        assert_eq!(reasons.is_empty(), !stays, "{route:#}");
        for reason in reasons {
            assert_eq!(reason["file"], "stays.js", "{route:#}");
            assert!(reason["line"].as_u64().unwrap() > 1, "{route:#}");
        }
    }
}

#[test]
fn a_second_port_adds_routes_and_leaves_what_a_person_changed() {
    let workshop = Workshop::new();
    let first = workshop.port(&["--route", "POST /op/add"]);
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    let operators = workshop.ported().join("src/routes/op.rs");
    let mine = fs::read_to_string(&operators).unwrap() + "\n// Mine.\n";
    fs::write(&operators, &mine).unwrap();

    let second = workshop.port(&["--route", "GET /st/items"]);
    assert_eq!(second.status.code(), Some(1), "{}", stderr(&second));
    assert!(
        stdout(&second).contains("src/routes/op.rs"),
        "{}",
        stdout(&second)
    );
    assert_eq!(fs::read_to_string(&operators).unwrap(), mine);
    let router = fs::read_to_string(workshop.ported().join("src/router.rs")).unwrap();
    assert!(router.contains(r#".post("/op/add", op::"#), "{router}");
    assert!(router.contains(r#".get("/st/items", st::"#), "{router}");

    let third = workshop.port(&["--route", "POST /op/eq", "--overwrite"]);
    assert_eq!(third.status.code(), Some(0), "{}", stderr(&third));
    assert!(!fs::read_to_string(&operators).unwrap().contains("Mine"));
}

#[test]
fn a_route_that_the_application_does_not_have_is_an_error() {
    let output = Workshop::new().port(&["--route", "GET /nowhere"]);
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
    assert!(
        stderr(&output).contains("GET /nowhere"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn routes_whose_answers_come_from_what_stays_behind_stay_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let application = "
        const app = module.exports = require('express')();
        app.get('/404', (req, res, next) => next());
        app.get('/403', (req, res, next) => { next(new Error('not allowed')); });
        app.get('/fine', (req, res, next) => (req.query.bad ? next(new Error('bad')) : res.send('fine')));
        app.use((req, res, next) => { res.status(404).render('404', { url: req.url }); });
        app.use((err, req, res, next) => { res.status(500).render('500', { err }); });
    ";
    let package = r#"{ "main": "index.js", "dependencies": { "express": "4.22.3" } }"#;
    fs::write(folder.path().join("index.js"), application).unwrap();
    fs::write(folder.path().join("package.json"), package).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_isobar"))
        .arg("port")
        .arg(folder.path())
        .arg("--out")
        .arg(folder.path().join("ported"))
        .arg("--json")
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let verdict = |path: &str, line: u64| {
        let mut routes = report["routes"].as_array().unwrap().iter();
        let route = routes.find(|route| route["path"] == path).unwrap();
        let reasons = route["reasons"].as_array().unwrap();
        assert!(
            reasons.iter().all(|reason| reason["line"] == line),
            "{route:#}"
        );
        route["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(verdict("/404", 6), "blocked");
    assert_eq!(verdict("/403", 7), "blocked");
    assert_eq!(verdict("/fine", 0), "ported");
}
