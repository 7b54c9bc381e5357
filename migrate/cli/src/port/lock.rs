//! The crate's `Cargo.lock`: the versions that Isobar itself was tested with.

use std::path::Path;
use std::process::Command;

use super::manifest::at;
use crate::exit::Failure;

/// Writes a `Cargo.lock` so that the crate builds with `--locked`, unless it has one that fits.
pub(super) fn lock(directory: &Path, checkout: &Path) -> Result<(), Failure> {
    let target = directory.join("Cargo.lock");
    if !target.exists() {
        let source = checkout.join("Cargo.lock");
        std::fs::copy(&source, &target)
            .map_err(|error| Failure::environment(at(&source, error)))?;
    }
    // Drops what the crate does not use and keeps every version that it does.
    let mut complaint = String::new();
    for reach in [&["--offline"][..], &[]] {
        let output = Command::new("cargo")
            .args(["update", "--workspace", "--quiet"])
            .args(reach)
            .current_dir(directory)
            .output()
            .map_err(|error| {
                let error = anyhow::Error::from(error).context("cargo cannot be started");
                Failure::environment(error)
            })?;
        if output.status.success() {
            return Ok(());
        }
        complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    }
    Err(Failure::environment(anyhow::anyhow!(
        "the crate's Cargo.lock cannot be made: {complaint}"
    )))
}
