//! Google's own emulators: one process of each for each test binary, on a port of its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const READY_WITHIN: Duration = Duration::from_mins(1);

/// Its input ends when this process does, however it does; then it ends too.
struct Emulator {
    port: u16,
    _process: Child,
}

/// The port of Firestore's emulator, which is started at the first call.
pub(crate) fn port() -> u16 {
    static EMULATOR: OnceLock<Emulator> = OnceLock::new();
    EMULATOR.get_or_init(|| start("firestore.py")).port
}

/// That of Pub/Sub's.
#[cfg(feature = "function")]
pub(crate) fn pubsub_port() -> u16 {
    static EMULATOR: OnceLock<Emulator> = OnceLock::new();
    EMULATOR.get_or_init(|| start("pubsub.py")).port
}

fn path(script: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let root = root.expect("the crate lies two levels deep");
    root.join("conformance-tests/emulators").join(script)
}

fn start(script: &str) -> Emulator {
    let python = |argument: &str| {
        let mut command = Command::new("python3");
        command.arg(path(script)).arg(argument);
        command
    };
    let asked = python("--version").output().expect("Python");
    let told = String::from_utf8_lossy(&asked.stderr);
    assert!(asked.status.success(), "{told}");
    let port = free_port();
    let process = python(&port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("Python");
    let started = Instant::now();
    while !answers(port) {
        assert!(
            started.elapsed() < READY_WITHIN,
            "the emulator of {script} did not start"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    Emulator {
        port,
        _process: process,
    }
}

/// Whether it answers requests, which it does some time after its port is open.
fn answers(port: u16) -> bool {
    use std::io::{Read as _, Write as _};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let request = b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n";
    let mut answer = [0; 12];
    stream.write_all(request).is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && answer.ends_with(b" 200")
}

/// A port that nobody listens on just now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
