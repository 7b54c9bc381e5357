//! The load generator: wrk on the second core.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// GET requests per second over 64 connections; fails when an answer was not 2xx.
pub(crate) fn throughput(url: &str, span: Duration) -> Result<f64> {
    throughput_of(url, span, None)
}

/// The same for the requests that a script of wrk describes.
pub(crate) fn throughput_of(url: &str, span: Duration, script: Option<&Path>) -> Result<f64> {
    let mut command = Command::new("taskset");
    command
        .args(["-c", "1", "wrk", "-t1", "-c64"])
        .arg(format!("-d{}s", span.as_secs()));
    if let Some(script) = script {
        command.arg("-s").arg(script);
    }
    let output = command.arg(url).output().context("cannot start wrk")?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        bail!(
            "wrk failed (Debian has it in the package wrk): {}",
            reason.trim()
        );
    }
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        bail!("{url} did not answer every request: {text}");
    }
    let rate = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    rate.and_then(|rate| rate.trim().parse().ok())
        .context("wrk printed no rate")
}
