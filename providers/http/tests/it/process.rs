//! A process of the application `waits`, and requests to it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Command as Plain, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
}

/// Examples lie beside the folder of the tests, whatever the target folder is called.
fn example() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let profile = tests.ancestors().nth(2).unwrap();
    profile.join("examples").join("waits")
}

impl Process {
    pub(crate) async fn start(platform: &str, variables: &[(&str, &str)]) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let child = Command::new(example())
            .arg(platform)
            .env_clear()
            .env("ISOBAR_LISTEN", address.to_string())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let process = Self { child, address };
        for _ in 0..500 {
            if TcpStream::connect(address).await.is_ok() {
                return process;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the process does not listen");
    }

    /// Asks the process to end.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().unwrap().to_string();
        let sent = Plain::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
    }

    /// The status and the content of the answer, on a connection of its own.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        fields: &str,
        body: &str,
    ) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: {length}\r\n{fields}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, content) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, content.to_owned())
    }

    pub(crate) async fn status(&self, path: &str) -> u16 {
        self.ask("GET", path, "", "").await.0
    }
}
