//! Formats generated files with `rustfmt`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::exit::Failure;

/// The files as `rustfmt` writes them.
pub(super) fn format_all(
    files: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Failure> {
    let formatted = files.into_iter().map(|(path, text)| {
        let text = if Path::new(&path).extension().is_some_and(|it| it == "rs") {
            format(&path, &text)?
        } else {
            text
        };
        Ok((path, text))
    });
    formatted.collect()
}

fn format(path: &str, text: &str) -> Result<String, Failure> {
    let failed = |error: std::io::Error| {
        let error = anyhow::Error::from(error).context("rustfmt cannot be started");
        Failure::environment(error).with_hint("install it with `rustup component add rustfmt`")
    };
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = rustfmt.stdin.take() {
        input.write_all(text.as_bytes()).map_err(failed)?;
    }
    let output = rustfmt.wait_with_output().map_err(failed)?;
    if output.status.success() {
        return String::from_utf8(output.stdout).map_err(Failure::environment);
    }
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Failure::environment(anyhow::anyhow!(
        "rustfmt refuses {path}: {complaint}"
    )))
}
