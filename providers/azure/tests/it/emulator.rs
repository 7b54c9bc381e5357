//! Azurite: one process of each service for each test binary, on a port of its own.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const READY_WITHIN: Duration = Duration::from_secs(30);

/// Its input ends when this process does, however it does; then it ends too.
struct Emulator {
    port: u16,
    _process: Child,
}

/// The port of the tables, which are started at the first call.
#[cfg(feature = "tables")]
pub(crate) fn port() -> u16 {
    static TABLES: OnceLock<Emulator> = OnceLock::new();
    TABLES.get_or_init(|| start("table")).port
}

/// The port of the blobs, which are started at the first call.
#[cfg(feature = "blob")]
pub(crate) fn blob_port() -> u16 {
    static BLOBS: OnceLock<Emulator> = OnceLock::new();
    BLOBS.get_or_init(|| start("blob")).port
}

fn start(service: &str) -> Emulator {
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
