//! The probe as an application that logs, and exports its spans.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use isobar_conformance::{emulator, probe};
use libtest_mimic::Failed;
use tempfile::NamedTempFile;

/// The caller's trace.
pub(crate) const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
pub(super) const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

pub(crate) struct Application {
    child: Child,
    address: SocketAddr,
    log: NamedTempFile,
}

/// What came back, as text.
pub(crate) struct Response {
    pub(crate) status: u16,
    head: String,
}

impl Response {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = fields.filter(|(own, _)| own.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value)
    }
}

impl Application {
    /// On a platform that freezes what has answered.
    pub(crate) fn function_compute(collector: &str) -> Result<Self, Failed> {
        Self::start(collector, |port| {
            vec![
                ("FC_FUNCTION_NAME", "probe".to_owned()),
                ("FC_SERVER_PORT", port.to_string()),
            ]
        })
    }

    /// On one whose instances have no processor between requests.
    pub(crate) fn cloud_run(collector: &str) -> Result<Self, Failed> {
        Self::start(collector, |port| {
            vec![
                ("K_SERVICE", "probe".to_owned()),
                ("K_REVISION", "probe-00001".to_owned()),
                ("PORT", port.to_string()),
            ]
        })
    }

    /// On a web function of SCF.
    pub(crate) fn scf(collector: &str) -> Result<Self, Failed> {
        Self::start(collector, |_| {
            vec![
                ("TENCENTCLOUD_RUNENV", "SCF".to_owned()),
                ("SCF_FUNCTIONNAME", "probe".to_owned()),
            ]
        })
    }

    /// Behind the Functions host, which ends a process and does not freeze it.
    pub(crate) fn azure_functions(collector: &str) -> Result<Self, Failed> {
        Self::start(collector, |port| {
            vec![
                ("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string()),
                ("FUNCTIONS_WORKER_RUNTIME", "Custom".to_owned()),
            ]
        })
    }

    /// In a container that is an action.
    pub(super) fn action(collector: &str) -> Result<Self, Failed> {
        Self::start(collector, |_| {
            vec![("__OW_API_HOST", "https://openwhisk.example.com".to_owned())]
        })
    }

    /// With these variables, where nothing listens at a port; the address is somebody's whom it asks.
    pub(super) fn asking(
        collector: &str,
        api: SocketAddr,
        mut variables: Vec<(&'static str, String)>,
    ) -> Result<Self, Failed> {
        variables.push((ENDPOINT, collector.to_owned()));
        Self::spawn(api, variables)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// On one that does not.
    pub(crate) fn knative(collector: &str) -> Result<Self, Failed> {
        Self::start(collector, |port| {
            vec![
                ("K_SERVICE", "probe".to_owned()),
                ("KUBERNETES_SERVICE_HOST", "10.96.0.1".to_owned()),
                ("PORT", port.to_string()),
            ]
        })
    }

    /// On a platform that freezes what has answered, where this file has the authorities that are trusted.
    pub(crate) fn trusting(authorities: &Path, collector: &str) -> Result<Self, Failed> {
        let authorities = authorities.to_string_lossy().into_owned();
        Self::start(collector, |port| {
            vec![
                ("FC_FUNCTION_NAME", "probe".to_owned()),
                ("FC_SERVER_PORT", port.to_string()),
                ("SSL_CERT_FILE", authorities),
            ]
        })
    }

    fn start(
        collector: &str,
        variables: impl FnOnce(u16) -> Vec<(&'static str, String)>,
    ) -> Result<Self, Failed> {
        let port = emulator::free_port()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut variables = variables(port);
        variables.push(("ISOBAR_LISTEN", address.to_string()));
        variables.push((ENDPOINT, collector.to_owned()));
        Self::spawn(address, variables)?.listens()
    }

    fn listens(self) -> Result<Self, Failed> {
        let begin = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            if begin.elapsed() > Duration::from_secs(30) {
                return Err("the probe does not listen".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(self)
    }

    /// Below a runtime API.
    pub(crate) fn lambda(collector: &str, api: SocketAddr) -> Result<Self, Failed> {
        let variables = vec![
            ("AWS_LAMBDA_RUNTIME_API", api.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", "probe".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
        ];
        Self::asking(collector, api, variables)
    }

    fn spawn(address: SocketAddr, variables: Vec<(&'static str, String)>) -> Result<Self, Failed> {
        let log = tempfile::Builder::new().append(true).tempfile()?;
        // Function Compute wants the marks of its invocations on the same stream as what is logged, which is stdout.
        let mut command = command(variables)?;
        command.stdout(log.as_file().try_clone()?);
        let child = command.stderr(log.as_file().try_clone()?).spawn()?;
        Ok(Self {
            child,
            address,
            log,
        })
    }

    /// Without anybody who reads what it logs.
    pub(crate) fn unheard() -> Result<Self, Failed> {
        let port = emulator::free_port()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let variables = vec![("ISOBAR_LISTEN", address.to_string())];
        let mut child = command(variables)?.stderr(Stdio::piped()).spawn()?;
        drop(child.stderr.take());
        let application = Self {
            child,
            address,
            log: NamedTempFile::new()?,
        };
        application.listens()
    }

    /// On Knative, where this file says what is logged.
    pub(crate) fn with_levels(levels: &Path) -> Result<Self, Failed> {
        let levels = levels.to_string_lossy().into_owned();
        Self::start("", |port| {
            vec![
                ("K_SERVICE", "probe".to_owned()),
                ("KUBERNETES_SERVICE_HOST", "10.96.0.1".to_owned()),
                ("PORT", port.to_string()),
                ("ISOBAR_LOG_FILE", levels),
            ]
        })
    }

    /// What it has logged.
    pub(crate) fn logged(&self) -> Result<String, Failed> {
        Ok(std::fs::read_to_string(self.log.path())?)
    }

    /// Has it log this word within a request of the caller's trace.
    pub(crate) fn log(&self, word: &str) -> Result<Response, Failed> {
        self.get(&format!("/log/{word}"))
    }

    /// Asks for this within the caller's trace.
    pub(crate) fn get(&self, path: &str) -> Result<Response, Failed> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: probe\r\nconnection: close\r\ntraceparent: {PARENT}\r\n\r\n"
        );
        stream.write_all(request.as_bytes())?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let head = text.split("\r\n\r\n").next().unwrap_or_default().to_owned();
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.ok_or("no status")?;
        Ok(Response { status, head })
    }

    /// Ends it as platforms do, and waits for that.
    pub(crate) fn terminate(&mut self) -> Result<(), Failed> {
        // Waiting closes its input, with which the probe ends before it has told everything.
        let input = self.child.stdin.take();
        self.signal("-TERM")?;
        let begin = Instant::now();
        while self.child.try_wait()?.is_none() {
            if begin.elapsed() > Duration::from_secs(30) {
                return Err("the probe does not end".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(input);
        Ok(())
    }

    pub(crate) fn signal(&self, signal: &str) -> Result<(), Failed> {
        let id = self.child.id().to_string();
        Command::new("kill").args([signal, &id]).status()?;
        Ok(())
    }
}

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

fn command(variables: Vec<(&'static str, String)>) -> Result<Command, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .env_clear()
        .env(probe::VARIABLE, probe::CONNECT)
        .envs(variables)
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    Ok(command)
}

impl Drop for Application {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            let _ = self.child.wait();
        }
    }
}
