//! An application on a small stand-in for Express, and programs that play cargo and npm.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::migration::Running;

pub(crate) struct Stage {
    pub(crate) folder: TempDir,
}

/// Enough of Express to run what the tests write.
const EXPRESS: &str = "
    module.exports = () => {
        const routes = {};
        const before = [];
        const app = (req, res) => {
            res.send = (text) => res.end(text);
            res.json = (value) => res.end(JSON.stringify(value));
            const handler = routes[req.url];
            if (!handler) res.statusCode = 404;
            before.forEach((middleware) => middleware(req, res, () => {}));
            handler ? handler(req, res) : res.send('no');
        };
        app.use = (middleware) => before.push(middleware);
        app.get = (path, handler) => { routes[path] = handler; };
        app.listen = (port) => require('http').createServer(app).listen(port);
        return app;
    };
";

/// A program that works for ever, with a child, and says which processes these are.
pub(crate) const HANG: &str =
    "sleep 1000 & echo \"$$ $!\" > hanging.new; mv hanging.new \"$STAGE/hanging\"; wait";

impl Stage {
    /// `legacy` is the application; `ported` is what plays the program that its port is built into.
    pub(crate) fn new(legacy: &str, ported: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stage = Self { folder };
        let package =
            r#"{"name": "notes", "main": "app.js", "dependencies": {"express": "4.22.3"}}"#;
        stage.write("notes/package.json", package);
        stage.write("notes/app.js", legacy);
        let express = stage.write("notes/node_modules/express/index.js", EXPRESS);
        let version = r#"{"name": "express", "version": "4.22.3"}"#;
        stage.write("notes/node_modules/express/package.json", version);
        let ported = ported.replace("'express'", &format!("'{express}'"));
        let program = stage.write("programs/port", &format!("#!/usr/bin/env node\n{ported}"));
        executable(Path::new(&program));
        stage.cargo(&format!("echo '{{\"executable\":\"{program}\"}}'"));
        stage
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// What `cargo build` does.
    pub(crate) fn cargo(&self, build: &str) {
        self.program("cargo", &format!("[ \"$1\" = build ] || exit 0; {build}"));
    }

    /// Puts a program before all others of its name.
    pub(crate) fn program(&self, name: &str, script: &str) {
        // cargo also locks the versions, which is over at once.
        let guard = "[ \"$1\" = update ] && exit 0;";
        let path = self.write(
            &format!("bin/{name}"),
            &format!("#!/bin/sh\n{guard} {script}\n"),
        );
        executable(Path::new(&path));
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let path = std::env::var_os("PATH").unwrap();
        let own = self.folder.path().join("bin");
        let folders = [own].into_iter().chain(std::env::split_paths(&path));
        let mut command = Command::new(env!("CARGO_BIN_EXE_isobar"));
        command
            .arg("migrate")
            .args(arguments)
            .current_dir(self.folder.path())
            .env("STAGE", self.folder.path())
            .env("PATH", std::env::join_paths(folders).unwrap());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let arguments = [&["notes"], arguments].concat();
        self.command(&arguments).output().unwrap()
    }

    /// Starts a migration that serves; returns it with its report.
    pub(crate) fn serve(&self) -> (Running, String) {
        serve(self.command(&["notes"]))
    }

    /// The processes of a program that hangs.
    pub(crate) fn hanging(&self) -> Vec<String> {
        let file = self.folder.path().join("hanging");
        let begun = Instant::now();
        while !file.exists() {
            assert!(begun.elapsed() < Duration::from_secs(30), "nothing hangs");
            std::thread::sleep(Duration::from_millis(20));
        }
        let text = fs::read_to_string(file).unwrap();
        text.split_whitespace().map(str::to_owned).collect()
    }
}

/// Starts a migration and reads its report.
pub(crate) fn serve(mut command: Command) -> (Running, String) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let running = Running(child);
    let mut said = String::new();
    // The last line of a report.
    while !said.ends_with(" all\n") {
        let line = lines.next().expect("the migration ended").unwrap();
        said.push_str(&line);
        said.push('\n');
    }
    (running, said)
}

/// Where the gateway listens, as a report says it.
pub(crate) fn address(report: &str) -> String {
    let after = report.split("http://").nth(1).unwrap();
    after.split_whitespace().next().unwrap().to_owned()
}

fn executable(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
