//! MiniStack, AWS in one process: one for each test binary, on a port of its own.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use isobar_fault_proxy::{Protocol, Proxy};

const INSTALL: &str = "python3 -m venv target/tools/venv && \
                       target/tools/venv/bin/pip install --no-deps -r conformance-tests/emulators/requirements.txt";

/// The endpoint of the emulator, which is started at the first call and ends with this process.
pub(crate) fn endpoint() -> &'static str {
    static EMULATOR: OnceLock<Emulator> = OnceLock::new();
    &EMULATOR.get_or_init(|| start("false")).endpoint
}

/// The endpoint of another one, which checks signatures and permissions.
#[cfg(any(feature = "blob", feature = "document"))]
pub(crate) fn guarded() -> &'static str {
    static EMULATOR: OnceLock<Emulator> = OnceLock::new();
    &EMULATOR.get_or_init(|| start("true")).endpoint
}

/// A proxy before that emulator.
pub(crate) async fn behind_a_proxy() -> Proxy {
    let upstream = endpoint().trim_start_matches("http://");
    let upstream = upstream.parse().expect("a port of this machine");
    let proxy = Proxy::before(upstream, Protocol::Http1).await;
    proxy.expect("a port")
}

/// The checkout that is tested.
pub(crate) fn workspace() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("the crate lies two levels deep").to_owned()
}

struct Emulator {
    endpoint: String,
    /// Its input ends when this process does, however it does; then it stops the emulator.
    _shell: Child,
}

fn start(checks_who_asks: &str) -> Emulator {
    let program = workspace().join("target/tools/venv/bin/ministack");
    assert!(
        program.exists(),
        "the AWS emulator is not installed; in {}, run: {INSTALL}",
        workspace().display()
    );
    let port = free_port();
    let shell = Command::new("sh")
        .args(["-c", "\"$0\" & cat >/dev/null; kill $!; wait"])
        .arg(program)
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("LAMBDA_EXECUTOR", "local")
        .env("AUTH", checks_who_asks)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    await_port(port);
    Emulator {
        endpoint: format!("http://127.0.0.1:{port}"),
        _shell: shell,
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn await_port(port: u16) {
    let give_up = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < give_up, "the emulator does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
}
