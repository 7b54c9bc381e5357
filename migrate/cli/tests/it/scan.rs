//! `isobar scan` on applications that lie on disk.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

const APP: &str = "\
const express = require('express');
const app = express();
const notes = [];
app.use(express.json());
app.get('/notes/:id', (req, res) => {
  const note = notes.find((note) => note.id === req.params.id);
  if (!note) return res.status(404).json({ error: 'not found' });
  res.json({ id: note.id, text: note.text });
});
app.post('/notes', (req, res) => { notes.push({ text: req.body.text }); res.status(201).end(); });
app.delete('/notes/:note', (req, res) => res.sendStatus(204));
app.get('/search', (req, res) => res.send(String(req.query.q)));
app.get(/^\\/old/, (req, res) => res.redirect('/'));
";

const MANIFEST: &str =
    r#"{ "name": "notes", "main": "app.js", "dependencies": { "express": "^4.18.0" } }"#;

fn application(app: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("package.json"), MANIFEST).unwrap();
    fs::write(folder.path().join("app.js"), app).unwrap();
    folder
}

fn scan(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isobar"));
    command.arg("scan").args(arguments).arg(folder);
    command.output().unwrap()
}

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_exit_status_tells_whether_somebody_must_act() {
    let movable = application("require('express')().get('/', (req, res) => res.send('hello'));");
    let held_back = application(
        "require('express')().get('/', (req, res) => require('child_process').exec('ls'));",
    );
    let file = movable.path().join("app.js");
    for (folder, status) in [
        (movable.path(), 0),
        (held_back.path(), 1),
        (Path::new("/nowhere"), 2),
        (file.as_path(), 2),
    ] {
        let output = scan(&[], folder);
        assert_eq!(output.status.code(), Some(status), "{output:?}");
    }
    let help = scan(&["--help"], movable.path());
    assert!(String::from_utf8_lossy(&help.stdout).contains("Exit status: 0"));
}

#[test]
fn json_has_routes_with_their_places_state_groups_and_findings() {
    let whole = json_of(&scan(&["--json"], application(APP).path()));
    assert_eq!(whole["express"], json!(4));
    let route = &whole["routes"][0];
    let facts = ["method", "path", "file", "line"].map(|name| route[name].clone());
    assert_eq!(
        Value::from(facts.to_vec()),
        json!(["GET", "/notes/:id", "app.js", 5])
    );
    assert!(["ported", "blocked"].contains(&route["verdict"].as_str().unwrap()));
    for list in ["middleware", "reasons"] {
        assert!(route[list].is_array(), "{route}");
    }
    assert_eq!(whole["stateGroups"][0]["states"][0]["name"], json!("notes"));
    assert!(whole["findings"].is_array());
}

#[test]
fn openapi_has_the_contract_that_the_code_shows() {
    let document = json_of(&scan(&["--openapi"], application(APP).path()));
    assert_eq!(document["openapi"], json!("3.1.0"));
    assert_eq!(
        document["info"],
        json!({ "title": "notes", "version": "0" })
    );
    let get = &document["paths"]["/notes/{id}"]["get"];
    assert_eq!(
        get["parameters"],
        json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }])
    );
    assert_eq!(
        get["responses"]["404"],
        json!({
            "description": "Not Found",
            "content": { "application/json": { "schema": {
                "type": "object", "properties": { "error": { "type": "string" } }
            } } }
        })
    );
    let post = &document["paths"]["/notes"]["post"];
    assert_eq!(
        post["requestBody"]["content"]["application/json"]["schema"],
        json!({ "type": "object", "properties": { "text": {} } })
    );
    assert_eq!(
        post["responses"],
        json!({ "201": { "description": "Created" } })
    );
    let search = &document["paths"]["/search"]["get"]["parameters"];
    assert_eq!(
        *search,
        json!([{ "name": "q", "in": "query", "schema": {} }])
    );
    // The same path under another name, and a path that no template can write.
    assert!(document["paths"]["/notes/{id}"]["delete"].is_object());
    assert_eq!(document["paths"].as_object().unwrap().len(), 3);
    assert_eq!(
        document["x-isobar-other-routes"],
        json!([{ "method": "GET", "path": "/^\\/old/", "at": "app.js:13" }])
    );
}

#[test]
fn links_in_a_circle_end() {
    let folder = application(APP);
    symlink(folder.path(), folder.path().join("self")).unwrap();
    symlink("loop", folder.path().join("loop")).unwrap();
    symlink("/", folder.path().join("root")).unwrap();
    let routes = json_of(&scan(&["--json"], folder.path()));
    assert_eq!(routes["routes"].as_array().unwrap().len(), 5);
}

#[test]
fn what_is_no_file_is_not_read() {
    let folder = application(
        "const app = require('express')();\nrequire('./pipe');\nrequire('./zero');\n\
         app.get('/', (req, res) => res.send(''));",
    );
    let pipe = folder.path().join("pipe.js");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    symlink("/dev/zero", folder.path().join("zero.js")).unwrap();
    symlink("/dev/zero", folder.path().join(".env")).unwrap();
    symlink("/dev/zero", folder.path().join("tsconfig.json")).unwrap();
    let began = Instant::now();
    let whole = json_of(&scan(&["--json"], folder.path()));
    assert_eq!(whole["routes"].as_array().unwrap().len(), 1);
    for special in ["pipe.js", "zero.js"] {
        fs::write(
            folder.path().join("package.json"),
            MANIFEST.replace("app.js", special),
        )
        .unwrap();
        let shown = json_of(&scan(&["--json"], folder.path()));
        assert!(shown["findings"].is_array(), "{special}");
    }
    fs::remove_file(folder.path().join("package.json")).unwrap();
    symlink("/dev/zero", folder.path().join("package.json")).unwrap();
    scan(&["--json"], folder.path());
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[test]
fn directories_without_permission_are_findings_or_an_error() {
    let folder = application(APP);
    let secret = folder.path().join("secret");
    fs::create_dir(&secret).unwrap();
    let allow = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(folder.path(), 0o755);
    allow(&secret, 0o000);
    let scan_as_nobody = |folder: &Path| {
        // Root may read everything.
        let binary = folder
            .parent()
            .unwrap()
            .join(format!("isobar-{}", std::process::id()));
        fs::copy(env!("CARGO_BIN_EXE_isobar"), &binary).unwrap();
        let mut command = Command::new(&binary);
        command.args(["scan", "--json"]).arg(folder);
        if fs::read_dir(&secret).is_ok() {
            command.uid(65_534);
        }
        let output = command.output().unwrap();
        fs::remove_file(&binary).unwrap();
        output
    };
    let whole = json_of(&scan_as_nobody(folder.path()));
    assert_eq!(whole["routes"].as_array().unwrap().len(), 5);
    let finding = &whole["findings"][0];
    assert_eq!(finding["code"], json!("unreadable"));
    assert_eq!(finding["file"], json!("secret"));
    allow(folder.path(), 0o000);
    let refused = scan_as_nobody(folder.path());
    allow(folder.path(), 0o755);
    allow(&secret, 0o755);
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
}
