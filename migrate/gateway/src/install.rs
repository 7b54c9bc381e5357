//! The packages that a Node application needs: found, or installed by npm.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::start;
use crate::tether::{self, Tethered};

/// Whether missing packages may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// npm may be run.
    Install,
    /// Missing packages are an error.
    Never,
}

/// Makes sure that the packages of the application in `folder` are installed.
///
/// With a lock file exactly what it says is installed (`npm ci`), without one what package.json asks for. `tell` hears
/// what is going to run; npm's own words go to standard error, where its progress belongs. npm ends with this process.
pub async fn ensure(folder: &Path, permission: Permission, tell: impl FnOnce(&str)) -> Result<()> {
    let missing = missing(folder)?;
    if missing.is_empty() {
        return Ok(());
    }
    let locked = ["package-lock.json", "npm-shrinkwrap.json"]
        .iter()
        .any(|name| folder.join(name).exists());
    let verb = if locked { "ci" } else { "install" };
    let place = folder.display();
    if permission == Permission::Never {
        let message = format!(
            "packages of {place} are not installed ({}); run `npm {verb}` there, or allow it to be run",
            missing.join(", ")
        );
        return Err(Error::new(ErrorKind::NotInstalled, message));
    }
    tell(&format!("npm {verb} in {place}"));
    let failed = || {
        Error::new(
            ErrorKind::NotInstalled,
            format!("cannot run `npm {verb}` in {place}"),
        )
    };
    let mut npm = tether::command("npm");
    npm.args([verb, "--no-audit", "--no-fund"])
        .current_dir(folder)
        .stdout(std::io::stderr());
    let npm = Tethered::spawn(npm).map_err(|error| failed().with_source(error))?;
    let status = npm.wait().await;
    let status = status.map_err(|error| failed().with_source(error))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed().with_source(status.to_string()))
    }
}

/// The dependencies that are not there. One that was begun and not finished has no package.json yet.
fn missing(folder: &Path) -> Result<Vec<String>> {
    let package = start::package(folder)?;
    let Some(dependencies) = package.get("dependencies").and_then(Value::as_object) else {
        return Ok(Vec::new());
    };
    if folder.join(".pnp.cjs").exists() {
        // Yarn's Plug'n'Play resolves packages itself; there is no folder to look into.
        return Ok(Vec::new());
    }
    let folder: PathBuf = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let is_missing = |name: &&String| {
        let installed = Path::new("node_modules").join(name).join("package.json");
        // Node looks in the folder and in every folder above it.
        !folder
            .ancestors()
            .any(|above| above.join(&installed).is_file())
    };
    Ok(dependencies.keys().filter(is_missing).cloned().collect())
}
