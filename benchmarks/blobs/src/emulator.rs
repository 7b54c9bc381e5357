//! The emulators that `./test` installs, and s3s-fs, on ports of their own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

/// An emulator, which ends with this process: it then loses its input.
pub(crate) struct Emulator {
    pub(crate) url: String,
    _process: Child,
}

/// What Azurite may hold in memory.
const MEMORY_MIB: &str = "14000";
const PATIENCE: Duration = Duration::from_secs(30);

impl Emulator {
    pub(crate) async fn ministack() -> Result<Self> {
        let port = free_port().await?;
        let python = root().join("target/tools/venv/bin/python");
        ensure!(python.exists(), "MiniStack is not installed: run ./test");
        let mut command = Command::new(python);
        command
            .arg(root().join("conformance-tests/emulators/start.py"))
            .arg("ministack")
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string());
        Self::start(&mut command, port).await
    }

    pub(crate) async fn azurite() -> Result<Self> {
        let port = free_port().await?;
        let script = root().join("conformance-tests/emulators/azurite/blob.mjs");
        let mut command = Command::new("node");
        command.arg(script).arg(port.to_string());
        // It keeps for minutes what is overwritten: 12 GiB of large blobs.
        command.args(["--extentMemoryLimit", MEMORY_MIB]);
        Self::start(&mut command, port).await
    }

    pub(crate) async fn s3s_fs() -> Result<Self> {
        let script = root().join("conformance-tests/emulators/s3s_fs.py");
        let mut asked = Command::new("python3");
        let asked = asked.arg(&script).arg("--version").output().await?;
        let told = String::from_utf8_lossy(&asked.stderr);
        ensure!(asked.status.success(), "{told}");
        let port = free_port().await?;
        let mut command = Command::new("python3");
        command.arg(script).arg(port.to_string());
        Self::start(&mut command, port).await
    }

    async fn start(command: &mut Command, port: u16) -> Result<Self> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::null());
        let process = command.stderr(Stdio::null()).spawn()?;
        let listens = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let listens = tokio::time::timeout(PATIENCE, listens).await;
        listens.context("the emulator does not listen")?;
        Ok(Self {
            url: format!("http://127.0.0.1:{port}"),
            _process: process,
        })
    }
}

async fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    Ok(listener.local_addr()?.port())
}

/// The checkout, two levels above this package.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
