//! A folder with two small Node applications and the file that ties them together.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) struct Migration {
    pub(crate) folder: TempDir,
}

/// A process of the command that is killed when the test ends before it.
pub(crate) struct Running(pub(crate) Child);

const TEXT: &str = r#"
format = 1
listen = "127.0.0.1:0"
legacy = { command = ["node", "legacy.js"] }
ported = { command = ["node", "ported.js"] }
route = [
    { method = "GET", path = "/who", effects = "none" },
    { method = "GET", path = "/notes", effects = "none", group = "notes" },
    { method = "POST", path = "/notes", group = "notes" },
    { method = "GET", path = "/help", effects = "none", legacy-only = "sends a file" },
]
"#;

/// An application that says who it is and what its process is.
fn application(name: &str) -> String {
    format!(
        "require('http').createServer((req, res) => {{
            if (req.url === '/who') res.setHeader('x-pid', process.pid);
            res.end(req.url === '/who' ? '{name}' : 'notes');
        }}).listen(80);"
    )
}

impl Migration {
    /// Two applications; they differ where `/who` says their name.
    pub(crate) fn new(legacy: &str, ported: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("migration.toml", TEXT);
        write("legacy.js", &application(legacy));
        write("ported.js", &application(ported));
        Self { folder }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_isobar"));
        command.args(arguments).current_dir(self.folder.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Starts a gateway; returns it and where it listens.
    pub(crate) fn gateway(&self) -> (Running, String) {
        let mut command = self.command(&["gateway"]);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut errors = child.stderr.take().unwrap();
        let marker = "listening on http://";
        while !said.ends_with('\n') || !said.contains(marker) {
            let mut byte = [0];
            assert_ne!(
                errors.read(&mut byte).unwrap(),
                0,
                "the gateway ended: {said}"
            );
            said.push(char::from(byte[0]));
        }
        // Somebody has to read what it goes on to say.
        std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
        let address = said.split(marker).nth(1).unwrap().trim().to_owned();
        (Running(child), address)
    }
}

impl Running {
    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .args([signal, &self.0.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The answer to a GET.
pub(crate) fn get(address: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// The process that answered `/who`.
pub(crate) fn pid(answer: &str) -> String {
    let line = answer.lines().find_map(|line| line.strip_prefix("x-pid: "));
    line.expect("the answer names its process").to_owned()
}

/// The processes that `parent` has started, which this word is in the command of; not those that have ended, nor the shells that
/// only wait for the end of `parent`.
pub(crate) fn children(parent: u32, word: &str) -> Vec<String> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let found = all.filter(|process| {
        let read =
            |file: &str| std::fs::read_to_string(process.path().join(file)).unwrap_or_default();
        let command = read("cmdline");
        let is_own = !command.is_empty() && !command.contains("kill -KILL 0");
        is_own && command.contains(word) && read("status").contains(&format!("PPid:\t{parent}\n"))
    });
    found
        .map(|process| process.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Waits until a process does nothing any more.
pub(crate) fn assert_gone(pid: &str) {
    let begun = Instant::now();
    let status = Path::new("/proc").join(pid).join("status");
    let is_alive = || std::fs::read_to_string(&status).is_ok_and(|it| !it.contains("State:\tZ"));
    while is_alive() {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "process {pid} is left behind"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
