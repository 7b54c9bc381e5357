//! Collectors: one that others wrote, and those that are of no use.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use isobar_conformance::emulator;
use libtest_mimic::Failed;
use tempfile::TempDir;

use super::application::TRACE;

/// Rotel, which prints the spans that it gets.
pub(crate) struct Rotel {
    pub(crate) url: String,
    child: Child,
    folder: TempDir,
}

const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

impl Rotel {
    pub(crate) fn start() -> Result<Self, Failed> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = TempDir::new()?;
        let (http, grpc) = (emulator::free_port()?, emulator::free_port()?);
        let printed = File::create(folder.path().join("printed"))?;
        let child = Command::new(here.join("../target/tools/venv/bin/python"))
            .arg(here.join("emulators/otlp_collector.py"))
            .args([http.to_string(), grpc.to_string()])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(printed.try_clone()?)
            .stderr(printed)
            .spawn()?;
        let url = format!("http://127.0.0.1:{http}");
        let rotel = Self { url, child, folder };
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", http)).is_err() {
            if begin.elapsed() > PATIENCE {
                return Err(format!("rotel did not start: {}", rotel.printed()?).into());
            }
            thread::sleep(PAUSE);
        }
        Ok(rotel)
    }

    fn printed(&self) -> Result<String, Failed> {
        Ok(std::fs::read_to_string(self.folder.path().join("printed"))?)
    }

    /// It was told of a span with this id in the caller's trace, below the caller's own.
    pub(crate) fn has_span(&self, id: &str) -> Result<(), Failed> {
        self.has(&[
            TRACE,
            "Parent ID      : b7ad6b7169203331",
            &format!("ID             : {id}"),
        ])
    }

    /// Whether it has printed this so far.
    pub(crate) fn has_now(&self, text: &str) -> Result<bool, Failed> {
        Ok(self.printed()?.contains(text))
    }

    /// It has printed all of these.
    pub(crate) fn has(&self, texts: &[&str]) -> Result<(), Failed> {
        let begin = Instant::now();
        loop {
            let printed = self.printed()?;
            let missing = texts.iter().find(|text| !printed.contains(**text));
            let Some(missing) = missing else {
                return Ok(());
            };
            if begin.elapsed() > Duration::from_secs(3) {
                return Err(format!("rotel has no {missing:?} in {printed}").into());
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Rotel {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            let _ = self.child.wait();
        }
    }
}

/// TLS before a collector that has none, with a certificate of an authority that nobody else knows.
pub(crate) struct Encrypted {
    pub(crate) url: String,
    child: Child,
    folder: TempDir,
}

impl Encrypted {
    pub(crate) fn before(rotel: &Rotel) -> Result<Self, Failed> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = TempDir::new()?;
        let port = emulator::free_port()?;
        let inner = rotel.url.rsplit(':').next().unwrap_or_default();
        let child = Command::new(here.join("../target/tools/venv/bin/python"))
            .arg(here.join("emulators/tls_proxy.py"))
            .args([&port.to_string(), inner])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .spawn()?;
        let url = format!("https://127.0.0.1:{port}");
        let encrypted = Self { url, child, folder };
        let begin = Instant::now();
        while !encrypted.authority().exists() {
            if begin.elapsed() > PATIENCE {
                return Err("the proxy of TLS did not start".into());
            }
            thread::sleep(PAUSE);
        }
        Ok(encrypted)
    }

    /// The file with the certificate of the authority.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            let _ = self.child.wait();
        }
    }
}

/// One that accepts connections, and never answers.
pub(crate) struct Silent {
    pub(crate) url: String,
    _listener: TcpListener,
}

impl Silent {
    pub(crate) fn start() -> Result<Self, Failed> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        Ok(Self {
            url,
            _listener: listener,
        })
    }
}

/// Where nobody listens.
pub(crate) fn absent() -> Result<String, Failed> {
    Ok(format!("http://127.0.0.1:{}", emulator::free_port()?))
}

/// One that answers everything with 500, for as long as this process runs.
pub(crate) fn failing() -> Result<String, Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut ignored = [0; 8_192];
            let _ = stream.read(&mut ignored);
            let answer = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    Ok(url)
}
