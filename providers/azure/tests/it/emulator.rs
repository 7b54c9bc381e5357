//! Azurite: one process of each service for each test binary, on a port of its own.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The account of every emulator, and one whose key this library does not know.
const ACCOUNTS: &str = "devstoreaccount1:Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6\
                        tq/K1SZFPTOtr/KBHBeksoGMGw==;shop:c2hvcA==";
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Its input ends when this process does, however it does; then it ends too.
pub(crate) struct Emulator {
    pub(crate) port: u16,
    _process: Child,
}

/// The port of the tables, which are started at the first call.
#[cfg(feature = "tables")]
pub(crate) fn port() -> u16 {
    static TABLES: OnceLock<Emulator> = OnceLock::new();
    TABLES.get_or_init(|| start("table", &[])).port
}

/// The port of the blobs, which are started at the first call.
#[cfg(feature = "blob")]
pub(crate) fn blob_port() -> u16 {
    static BLOBS: OnceLock<Emulator> = OnceLock::new();
    BLOBS.get_or_init(|| start("blob", &[])).port
}

/// The port of the queues, which are started at the first call.
#[cfg(feature = "queue")]
pub(crate) fn queue_port() -> u16 {
    static QUEUES: OnceLock<Emulator> = OnceLock::new();
    QUEUES.get_or_init(|| start("queue", &[])).port
}

/// Starts a service with more flags of Azurite.
pub(crate) fn start(service: &str, flags: &[&str]) -> Emulator {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let root = root.expect("the crate lies two levels deep");
    let script = root.join(format!("conformance-tests/emulators/azurite/{service}.mjs"));
    let asked = Command::new("node").arg(&script).arg("--version").output();
    let asked = asked.expect("Node");
    let told = String::from_utf8_lossy(&asked.stderr);
    assert!(asked.status.success(), "{told}");
    let port = free_port();
    let process = Command::new("node")
        .arg(script)
        .arg(port.to_string())
        .args(flags)
        .env("AZURITE_ACCOUNTS", ACCOUNTS)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("Node");
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < READY_WITHIN, "Azurite did not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    Emulator {
        port,
        _process: process,
    }
}

/// A port that nobody listens on just now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
