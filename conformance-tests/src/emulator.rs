//! Starts an emulator on a free port of the loopback interface, and ends it with this process.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What an emulator from PyPI is called and how it is started.
#[derive(Debug, Clone)]
pub struct PythonEmulator {
    /// The package's name, as in `emulators/requirements.txt`.
    pub package: &'static str,
    /// The command it installs.
    pub command: &'static str,
    /// What follows it; `{port}` stands for the port.
    pub arguments: Vec<String>,
    /// Environment variables; `{port}` stands for the port.
    pub variables: &'static [(&'static str, &'static str)],
    /// A path that answers 200 once it is ready; without one it is ready when it listens.
    pub ready: Option<&'static str>,
}

/// A running emulator; dropping it ends it.
#[derive(Debug)]
pub struct Emulator {
    /// The package's name.
    pub name: &'static str,
    /// Its version.
    pub version: String,
    /// Where it listens.
    pub url: String,
    child: Child,
}

/// Why there is no emulator.
#[derive(Debug)]
pub enum StartError {
    /// It is not installed; the text says how to install it.
    NotInstalled(String),
    /// It did not start; the text says what it printed.
    Failed(String),
}

/// How long an emulator may take to answer.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// Another process may take the free port before the emulator does.
const ATTEMPTS: usize = 3;

/// What is known of an emulator before it runs.
struct Start<'s> {
    name: &'static str,
    version: String,
    /// Its address once it runs; `{port}` stands for the port.
    url: &'s str,
    ready: Option<&'s str>,
}

impl PythonEmulator {
    /// MiniStack, which runs functions on this machine and tells them where it is itself.
    pub const MINISTACK_WITH_FUNCTIONS: Self = Self {
        package: "ministack",
        command: "ministack",
        arguments: Vec::new(),
        variables: &[
            ("BIND_HOST", "127.0.0.1"),
            ("GATEWAY_PORT", "{port}"),
            ("LAMBDA_EXECUTOR", "local"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:{port}"),
        ],
        ready: Some("/_ministack/health"),
    };
}

impl Emulator {
    /// Starts an emulator that `./test` installed, and waits until it answers.
    pub async fn start(what: &PythonEmulator) -> Result<Self, StartError> {
        let python = tools().join("venv/bin/python");
        let version = version(&python, what.package).ok_or_else(|| not_installed(what))?;
        let start = Start {
            name: what.package,
            version,
            url: "http://127.0.0.1:{port}",
            ready: what.ready,
        };
        start.run(|port, log| spawn(&python, what, port, log)).await
    }

    /// Starts PostgreSQL itself, of whatever version is installed, with an empty database.
    pub async fn start_postgres() -> Result<Self, StartError> {
        let script = "emulators/postgres.py";
        let url = "postgresql://postgres@127.0.0.1:{port}/postgres";
        let version = script_version(script)?.replace("postgres (PostgreSQL) ", "");
        Self::start_script("postgresql", (script, version), (url, None)).await
    }

    /// Starts s3s-fs with an empty directory, where it is installed.
    pub async fn start_s3s_fs() -> Result<Self, StartError> {
        Self::start_http("s3s-fs", "emulators/s3s_fs.py", None).await
    }

    /// Starts the Firestore emulator of the Google Cloud SDK that is installed.
    pub async fn start_firestore() -> Result<Self, StartError> {
        let name = "cloud-firestore-emulator";
        Self::start_http(name, "emulators/firestore.py", Some("/")).await
    }

    /// Starts the Pub/Sub emulator of the Google Cloud SDK that is installed.
    pub async fn start_pubsub() -> Result<Self, StartError> {
        Self::start_http("pubsub-emulator", "emulators/pubsub.py", Some("/")).await
    }

    /// Starts the tables of Azurite, which `./test` installed.
    pub async fn start_azurite_tables() -> Result<Self, StartError> {
        Self::start_http("azurite", "emulators/azurite/table.mjs", None).await
    }

    /// Starts the blobs of Azurite, which `./test` installed.
    pub async fn start_azurite_blobs() -> Result<Self, StartError> {
        Self::start_http("azurite", "emulators/azurite/blob.mjs", None).await
    }

    /// Starts an issuer of tokens at this port, which `./test` installed.
    pub async fn start_issuer(port: u16) -> Result<Self, StartError> {
        let script = "emulators/issuer/issuer.mjs";
        let start = Start {
            name: "oauth2-mock-server",
            version: script_version(script)?,
            url: "http://127.0.0.1:{port}",
            ready: Some("/.well-known/openid-configuration"),
        };
        start
            .at(port, &|port, log: &File| run_script(script, port, log))
            .await
    }

    /// Starts Google's Functions Framework with a function that echoes, which `./test` installed.
    pub async fn start_functions_framework() -> Result<Self, StartError> {
        let script = "emulators/functions-framework/run.mjs";
        Self::start_http("functions-framework", script, None).await
    }

    /// Starts the queues of Azurite, which `./test` installed.
    pub async fn start_azurite_queues() -> Result<Self, StartError> {
        Self::start_http("azurite", "emulators/azurite/queue.mjs", None).await
    }

    async fn start_http(
        name: &'static str,
        script: &str,
        ready: Option<&str>,
    ) -> Result<Self, StartError> {
        let version = script_version(script)?;
        Self::start_script(name, (script, version), ("http://127.0.0.1:{port}", ready)).await
    }

    async fn start_script(
        name: &'static str,
        (script, version): (&str, String),
        (url, ready): (&str, Option<&str>),
    ) -> Result<Self, StartError> {
        let start = Start {
            name,
            version,
            url,
            ready,
        };
        start.run(|port, log| run_script(script, port, log)).await
    }

    async fn becomes_ready(&mut self, port: u16, path: Option<&str>) -> bool {
        let started = Instant::now();
        while started.elapsed() < READY_WITHIN {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return false;
            }
            if answers(port, path).await.unwrap_or(false) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }
}

impl Start<'_> {
    async fn run(
        self,
        spawn: impl Fn(u16, &File) -> io::Result<Child> + Sync,
    ) -> Result<Emulator, StartError> {
        let mut attempts = 1;
        loop {
            let port = free_port().map_err(|error| failed(self.name, &error))?;
            match self.at(port, &spawn).await {
                Err(StartError::Failed(_)) if attempts < ATTEMPTS => attempts += 1,
                ended => return ended,
            }
        }
    }

    async fn at(
        &self,
        port: u16,
        spawn: &(impl Fn(u16, &File) -> io::Result<Child> + Sync),
    ) -> Result<Emulator, StartError> {
        let broken = |error: io::Error| failed(self.name, &error);
        let log = tempfile::NamedTempFile::new().map_err(broken)?;
        let mut emulator = Emulator {
            name: self.name,
            version: self.version.clone(),
            url: self.url.replace("{port}", &port.to_string()),
            child: spawn(port, log.as_file()).map_err(broken)?,
        };
        if emulator.becomes_ready(port, self.ready).await {
            return Ok(emulator);
        }
        let last = std::fs::read_to_string(log.path()).unwrap_or_default();
        let tail: Vec<&str> = last.lines().rev().take(5).collect();
        let tail = tail.into_iter().rev().collect::<Vec<_>>().join("; ");
        Err(failed(self.name, &format!("it printed: {tail}")))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It has no state that is worth an orderly end.
        if self.child.kill().is_ok() {
            let _ = self.child.wait();
        }
    }
}

/// Where `./test` installs what the tests need.
fn tools() -> PathBuf {
    own("../target/tools")
}

/// A port that nobody listens on just now, and that nobody in this process was given before: whoever
/// was may not listen yet.
pub fn free_port() -> io::Result<u16> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    loop {
        let port = TcpListener::bind(any)?.local_addr()?.port();
        let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
        // After so many, whoever had one has listened or ended long ago.
        if given.len() > 1_000 {
            given.clear();
        }
        if given.insert(port) {
            return Ok(port);
        }
    }
}

fn spawn(python: &Path, what: &PythonEmulator, port: u16, log: &File) -> io::Result<Child> {
    let with_port = |text: &str| text.replace("{port}", &port.to_string());
    let variables = what.variables.iter();
    let variables = variables.map(|(name, value)| (*name, with_port(value)));
    let mut command = Command::new(python);
    command
        .arg(own("emulators/start.py"))
        .arg(what.command)
        .args(what.arguments.iter().map(|argument| with_port(argument)))
        .envs(variables);
    piped(&mut command, log)
}

/// The program that runs a script.
fn interpreter(path: &str) -> &'static str {
    match Path::new(path).extension() {
        Some(extension) if extension == "mjs" => "node",
        _ => "python3",
    }
}

fn script(path: &str) -> Command {
    let mut command = Command::new(interpreter(path));
    command.arg(own(path));
    command
}

/// What a script says it would run, if that is installed.
fn script_version(path: &str) -> Result<String, StartError> {
    let asked = script(path).arg("--version").output();
    let missing = |error| StartError::NotInstalled(format!("{}: {error}", interpreter(path)));
    let asked = asked.map_err(missing)?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if asked.status.success() {
        Ok(said(&asked.stdout))
    } else {
        Err(StartError::NotInstalled(said(&asked.stderr)))
    }
}

fn run_script(path: &str, port: u16, log: &File) -> io::Result<Child> {
    piped(script(path).arg(port.to_string()), log)
}

/// Starts a script that ends when its input does, which is when this process does.
fn piped(command: &mut Command, log: &File) -> io::Result<Child> {
    command
        .stdin(Stdio::piped())
        .stdout(log.try_clone()?)
        .stderr(log.try_clone()?)
        .spawn()
}

/// A file of this package.
fn own(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn version(python: &Path, package: &str) -> Option<String> {
    let program = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))";
    let output = Command::new(python)
        .args(["-c", program, package])
        .output()
        .ok()?;
    let version = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !version.is_empty()).then_some(version)
}

async fn answers(port: u16, path: Option<&str>) -> io::Result<bool> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let Some(path) = path else {
        return Ok(true);
    };
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).await?;
    Ok(head.ends_with(b" 200"))
}

fn not_installed(what: &PythonEmulator) -> StartError {
    let package = what.package;
    StartError::NotInstalled(format!(
        "{package} is not installed; in the checkout, run: python3 -m venv target/tools/venv && \
         target/tools/venv/bin/pip install --no-deps -r conformance-tests/emulators/requirements.txt"
    ))
}

fn failed(name: &str, why: &dyn std::fmt::Display) -> StartError {
    StartError::Failed(format!("{name} did not start: {why}"))
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::NotInstalled(message) | Self::Failed(message)) = self;
        f.write_str(message)
    }
}

impl std::error::Error for StartError {}
