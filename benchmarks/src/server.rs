//! A program under load: started on one core, stopped when dropped.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// A server process pinned to the first core; the load generator gets the other one.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
}

impl Server {
    /// Starts a program that prints its URL as the first line of its output.
    pub(crate) fn start<A: AsRef<OsStr>>(
        program: &OsStr,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Self> {
        let mut process = Command::new("taskset")
            .args(["-c", "0"])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start taskset; it is part of util-linux")?;
        let output = process.stdout.take().context("the output is piped")?;
        let mut url = String::new();
        BufReader::new(output).read_line(&mut url)?;
        let server = Self {
            process,
            url: url.trim().to_owned(),
        };
        if !server.url.starts_with("http://") {
            bail!(
                "{} did not print its URL but {:?}",
                program.display(),
                server.url
            );
        }
        Ok(server)
    }

    /// A program of this package, built beside this one.
    pub(crate) fn beside(name: &str) -> Result<PathBuf> {
        let path = std::env::current_exe()?.with_file_name(name);
        if !path.exists() {
            bail!("{} is missing: build with --bins", path.display());
        }
        Ok(path)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone is as good as killed.
        let _gone = self.process.kill();
        let _status = self.process.wait();
    }
}

/// The folder that holds `node_modules/express4`.
pub(crate) fn express_package(folder: &Path) -> Result<PathBuf> {
    if !folder.join("node_modules/express4").exists() {
        bail!(
            "express4 is not installed: run npm ci in {}",
            folder.display()
        );
    }
    Ok(folder.canonicalize()?)
}

/// A program of a peer, from the folder `benchmarks/peers`.
pub(crate) fn peer(name: &str) -> Result<PathBuf> {
    let path = Path::new("benchmarks/peers").join(name);
    path.canonicalize()
        .context("run this from the root of the repository")
}
