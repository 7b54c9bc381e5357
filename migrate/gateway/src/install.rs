//! The packages that a Node application needs: found, or installed by npm.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::start;

/// Whether missing packages may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// npm may be run.
    Install,
    /// Missing packages are an error.
    Never,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installed {
    /// The packages were there, or none are needed.
    Already,
    /// npm installed them.
    Now,
}

/// Makes sure that the packages of the application in `folder` are installed.
///
/// With a lock file exactly what it says is installed (`npm ci`), without one what package.json asks for. npm's own words
/// go to standard error, where its progress belongs.
pub async fn ensure(folder: &Path, permission: Permission) -> Result<Installed> {
    if !needs_packages(folder)? || has_packages(folder) {
        return Ok(Installed::Already);
    }
    let locked = ["package-lock.json", "npm-shrinkwrap.json"]
        .iter()
        .any(|name| folder.join(name).exists());
    let verb = if locked { "ci" } else { "install" };
    let place = folder.display();
    if permission == Permission::Never {
        let message = format!(
            "the packages of {place} are not installed; run `npm {verb}` there, or allow it to be run"
        );
        return Err(Error::new(ErrorKind::NotInstalled, message));
    }
    let failed = || {
        Error::new(
            ErrorKind::NotInstalled,
            format!("cannot run `npm {verb}` in {place}"),
        )
    };
    let status = tokio::process::Command::new("npm")
        .args([verb, "--no-audit", "--no-fund"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .kill_on_drop(true)
        .status()
        .await
        .map_err(|error| failed().with_source(error))?;
    if status.success() {
        Ok(Installed::Now)
    } else {
        Err(failed().with_source(status.to_string()))
    }
}

fn needs_packages(folder: &Path) -> Result<bool> {
    let package = start::package(folder)?;
    let dependencies = package.get("dependencies").and_then(Value::as_object);
    Ok(dependencies.is_some_and(|dependencies| !dependencies.is_empty()))
}

/// Node looks for packages in the folder and in every folder above it.
fn has_packages(folder: &Path) -> bool {
    let folder: PathBuf = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    folder
        .ancestors()
        .any(|above| above.join("node_modules").is_dir())
}
