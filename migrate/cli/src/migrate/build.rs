//! The ported crate becomes a program.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use isobar_migrate_gateway::tether::{self, Tethered};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use super::step::Step;
use crate::exit::Failure;
use crate::printer::Printer;

/// Lines of the compiler that are shown where it fails.
const SHOWN_LINES: usize = 40;

/// Builds the crate in `folder`; returns the program, which is kept in `programs`.
///
/// All ported crates share one target directory, so that Isobar is built once. Crates of the same name would replace
/// each other's program there, which is why each keeps its own.
pub(super) async fn build(
    folder: &Path,
    programs: &Path,
    printer: &Printer,
) -> Result<PathBuf, Failure> {
    let step = Step::begin("building the ported crate", printer);
    let mut cargo = tether::command("cargo");
    cargo
        .args([
            "build",
            "--locked",
            "--message-format",
            "json-render-diagnostics",
        ])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut cargo = Tethered::spawn(cargo).map_err(not_started)?;
    let (messages, words) = cargo.output();
    let (built, said) = tokio::join!(executable(messages), listen(words, &step));
    let status = cargo.wait().await.map_err(not_started)?;
    if !status.success() {
        return Err(does_not_build(folder, &said));
    }
    let built = built.ok_or_else(|| {
        Failure::environment(anyhow::anyhow!("{} builds no program", folder.display()))
    })?;
    let program = keep(&built, programs).map_err(|error| {
        let place = programs.display();
        let error = anyhow::Error::from(error).context(format!("cannot keep a program in {place}"));
        Failure::environment(error)
    })?;
    step.done("built the ported crate");
    Ok(program)
}

fn not_started(error: std::io::Error) -> Failure {
    let error = anyhow::Error::from(error).context("cargo cannot be run");
    Failure::environment(error).with_hint("install Rust, for example from https://rustup.rs")
}

/// The last executable that cargo tells of: dependencies have none.
async fn executable(messages: Option<impl AsyncRead + Unpin>) -> Option<PathBuf> {
    let mut lines = BufReader::new(messages?).lines();
    let mut program = None;
    while let Ok(Some(line)) = lines.next_line().await {
        let message: Value = serde_json::from_str(&line).unwrap_or_default();
        if let Some(path) = message["executable"].as_str() {
            program = Some(PathBuf::from(path));
        }
    }
    program
}

async fn listen(words: Option<impl AsyncRead + Unpin>, step: &Step<'_>) -> Vec<String> {
    let mut said = Vec::new();
    let Some(words) = words else { return said };
    let mut lines = BufReader::new(words).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if is_status(&line) {
            step.show(line.trim());
        }
        said.push(line);
    }
    said
}

/// Whether cargo says what it is doing: a verb that ends in the twelfth column. Everything else is the compiler's.
fn is_status(line: &str) -> bool {
    let verb = line
        .split_at_checked(STATUS_COLUMNS)
        .map(|(verb, _)| verb.trim_start());
    verb.is_some_and(|verb| {
        verb.starts_with(|first: char| first.is_ascii_uppercase())
            && verb.chars().all(|letter| letter.is_ascii_alphabetic())
    })
}

const STATUS_COLUMNS: usize = 12;

fn does_not_build(folder: &Path, said: &[String]) -> Failure {
    let first = said.iter().position(|line| line.starts_with("error"));
    let shown = said.iter().skip(first.unwrap_or(0)).take(SHOWN_LINES);
    let shown: Vec<&str> = shown.map(String::as_str).collect();
    let place = folder.display();
    let error = anyhow::anyhow!(
        "the ported crate in {place} does not build\n{}",
        shown.join("\n")
    );
    Failure::environment(error).with_hint(
        "where nobody has changed the crate, this is a fault of isobar; please report it",
    )
}

/// Links or copies the program beside what else belongs to the migration.
fn keep(built: &Path, programs: &Path) -> std::io::Result<PathBuf> {
    let name = built.file_name().unwrap_or(built.as_os_str());
    let kept = programs.join(name);
    match std::fs::remove_file(&kept) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if std::fs::hard_link(built, &kept).is_err() {
        std::fs::copy(built, &kept)?;
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_does_is_told_from_what_the_compiler_says() {
        for status in [
            "   Compiling redb v2.6.3",
            "    Finished `dev` profile",
            "    Blocking waiting",
        ] {
            assert!(is_status(status), "{status}");
        }
        for other in [
            "",
            "warning: unused",
            "   = note: x",
            "113 |     pub fn next_id",
            "error[E0308]: mismatched",
        ] {
            assert!(!is_status(other), "{other}");
        }
    }
}
