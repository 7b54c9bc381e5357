//! PostgreSQL: one server for each test binary, on a port of its own.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use isobar_fault_proxy::{Protocol, Proxy};

/// A server that ends with this process, or when it is dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// Its input ends when this process does, however it does; then it stops the server.
    script: Child,
}

impl Server {
    /// Starts a server with these settings beside its own, and waits until it takes connections.
    pub(crate) fn start(settings: &[&str]) -> Self {
        let script = workspace().join("conformance-tests/emulators/postgres.py");
        let installed = Command::new("python3")
            .arg(&script)
            .arg("--version")
            .output();
        let installed = installed.expect("Python 3");
        let told = String::from_utf8_lossy(&installed.stderr);
        assert!(installed.status.success(), "{told}");
        let port = free_port();
        let script = Command::new("python3")
            .arg(script)
            .arg(port.to_string())
            .args(settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Python 3");
        let mut server = Self { port, script };
        let mut told = String::new();
        let output = server.script.stdout.as_mut().expect("it is piped");
        let _ = BufReader::new(output).read_line(&mut told);
        assert_eq!(told, "ready\n", "the server did not start");
        server
    }

    /// The URL of the store, with these parameters.
    pub(crate) fn url(&self, parameters: &str) -> String {
        url(self.port, parameters)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

pub(crate) fn url(port: u16, parameters: &str) -> String {
    format!("postgresql://postgres@127.0.0.1:{port}/postgres?{parameters}")
}

/// The server of this test binary, which is started at the first call.
pub(crate) fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(&[]))
}

/// A proxy before that server.
pub(crate) async fn behind_a_proxy() -> Proxy {
    let upstream = SocketAddr::from((Ipv4Addr::LOCALHOST, shared().port));
    let proxy = Proxy::before(upstream, Protocol::Postgres).await;
    proxy.expect("a port")
}

/// The checkout that is tested.
pub(crate) fn workspace() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("the crate lies two levels deep").to_owned()
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
