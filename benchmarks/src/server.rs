//! A program under load: started on one core, stopped when dropped.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

const PATIENCE: Duration = Duration::from_secs(10);

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

    /// Starts a program that listens at an address it is told, and waits until it does.
    pub(crate) fn start_at(
        program: &OsStr,
        arguments: &[OsString],
        environment: &[(&str, OsString)],
        address: &str,
    ) -> Result<Self> {
        let process = Command::new("taskset")
            .args(["-c", "0"])
            .arg(program)
            .args(arguments)
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start taskset; it is part of util-linux")?;
        let mut server = Self {
            process,
            url: format!("http://{address}"),
        };
        let begin = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.process.try_wait()? {
                bail!("{} ended before it listened: {status}", program.display());
            }
            if begin.elapsed() > PATIENCE {
                bail!("{} does not listen", program.display());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    /// Resident memory of the process, in bytes; taskset has become the program.
    pub(crate) fn memory(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = resident.and_then(|text| text.split_whitespace().next());
        let kibibytes: f64 = kibibytes.context("the process has no VmRSS")?.parse()?;
        Ok(kibibytes * 1024.0)
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

/// A port that nobody listens at now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
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
