//! How a Node application is started, as its package.json says.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::config::{Application, Command};
use crate::error::{Error, ErrorKind, Result};
use crate::state::Side;
use crate::upstream::Upstream;

/// How long an application may take to listen when it is tried.
const PATIENCE: Duration = Duration::from_secs(20);

/// Files that Node applications begin with, where package.json names none.
const USUAL_FILES: [&str; 8] = [
    "server.js",
    "index.js",
    "app.js",
    "main.js",
    "src/server.js",
    "src/index.js",
    "src/app.js",
    "bin/www",
];

/// The commands that may start the application in `folder`, the likeliest first: its start script, then Node with its main
/// file, with the usual files, and with `hint`, a file that is known to make the application.
///
/// A script that only calls Node is called without npm, which would stand between the gateway and the application.
pub fn start_commands(folder: &Path, hint: Option<&str>) -> Result<Vec<Vec<String>>> {
    let package = package(folder)?;
    let script = |name: &str| {
        package
            .pointer(&format!("/scripts/{name}"))
            .and_then(Value::as_str)
    };
    let mut commands = Vec::new();
    if let Some(start) = script("start") {
        let direct = node_words(start).filter(|_| script("prestart").is_none());
        commands.push(direct.unwrap_or_else(|| words(&["npm", "start"])));
    }
    let main = package.get("main").and_then(Value::as_str);
    for file in main.into_iter().chain(USUAL_FILES).chain(hint) {
        let command = words(&["node", file]);
        if is_script(folder, file) && !commands.contains(&command) {
            commands.push(command);
        }
    }
    if commands.is_empty() {
        let place = folder.display();
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!(
                "{place} has no start script and no main file, so nobody knows how it is started"
            ),
        ));
    }
    Ok(commands)
}

/// The first of `commands` with which the application in `folder` listens. Each is tried once and ended again; its output
/// goes to a file in `logs`.
pub async fn command_that_works(
    folder: &Path,
    commands: Vec<Vec<String>>,
    environment: &[(String, String)],
    logs: &Path,
) -> Result<Vec<String>> {
    let mut failures = Vec::new();
    for words in commands {
        let command = Command {
            words: words.clone(),
            folder: folder.to_owned(),
            environment: environment.to_vec(),
            address: None,
            ready_timeout: PATIENCE,
        };
        let tried = Upstream::new(Side::Legacy, &Application::Command(command), logs)?;
        let authority = tried.authority().await;
        tried.stop().await;
        match authority {
            Ok(_) => return Ok(words),
            Err(unavailable) => failures.push(format!("`{}`: {unavailable}", words.join(" "))),
        }
    }
    let message = format!(
        "no way to start {} works\n{}",
        folder.display(),
        failures.join("\n")
    );
    Err(Error::new(ErrorKind::Application, message))
}

/// package.json, or nothing where there is none.
pub(crate) fn package(folder: &Path) -> Result<Value> {
    let path = folder.join("package.json");
    let text = match std::fs::read(&path) {
        Err(error) if is_absence(&error) => return Ok(Value::Null),
        text => text.map_err(|error| Error::file("read", &path, error))?,
    };
    serde_json::from_slice(&text).map_err(|error| {
        Error::invalid(format!("{} is not JSON", path.display())).with_source(error)
    })
}

fn is_absence(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// The words of a script that is nothing but a call of Node; `None` where a shell is needed to understand it.
fn node_words(script: &str) -> Option<Vec<String>> {
    let plain = |word: &&str| {
        word.chars()
            .all(|symbol| symbol.is_ascii_alphanumeric() || "-_./=:".contains(symbol))
    };
    let words: Vec<&str> = script.split_whitespace().collect();
    let is_call = words.first() == Some(&"node") && words.len() > 1 && words.iter().all(plain);
    is_call.then(|| words.iter().map(|&word| word.to_owned()).collect())
}

/// Node also finds a main file by its name without `.js`, and a folder by its index.
fn is_script(folder: &Path, file: &str) -> bool {
    let path = folder.join(file);
    path.is_file() || folder.join(format!("{file}.js")).is_file() || path.join("index.js").is_file()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `files` are made empty; the commands come back one a line.
    fn check(package: &str, files: &[&str], expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        if !package.is_empty() {
            write("package.json", package);
        }
        for file in files {
            write(file, "");
        }
        match start_commands(folder.path(), Some("hint.js")) {
            Ok(commands) => {
                let commands: Vec<String> =
                    commands.iter().map(|command| command.join(" ")).collect();
                assert_eq!(commands.join("; "), expected);
            }
            Err(error) => assert!(error.to_string().contains(expected), "{error}"),
        }
    }

    #[test]
    fn a_start_script_goes_first() {
        check(
            r#"{"scripts": {"start": "node  server.js --port=1"}, "main": "x.js"}"#,
            &["x.js", "server.js"],
            "node server.js --port=1; node x.js; node server.js",
        );
        for script in [
            "nodemon app.js",
            "NODE_ENV=x node app.js",
            "node app.js && true",
            "node 'a b.js'",
        ] {
            check(
                &format!(r#"{{"scripts": {{"start": "{script}"}}}}"#),
                &[],
                "npm start",
            );
        }
        check(
            r#"{"scripts": {"start": "node a.js", "prestart": "make"}}"#,
            &[],
            "npm start",
        );
    }

    #[test]
    fn a_main_file_goes_before_the_usual_ones_and_the_hint_comes_last() {
        check(
            r#"{"main": "lib/start"}"#,
            &["lib/start.js", "index.js", "hint.js"],
            "node lib/start; node index.js; node hint.js",
        );
        check(
            r#"{"main": "gone.js"}"#,
            &["app.js", "server.js"],
            "node server.js; node app.js",
        );
        check("", &["index.js"], "node index.js");
    }

    #[test]
    fn what_cannot_be_started_is_named() {
        check("{}", &["readme.md"], "nobody knows how it is started");
        check("{", &[], "package.json is not JSON");
    }
}
