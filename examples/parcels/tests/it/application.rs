//! The application as a process, and requests to it.

use std::process::Stdio;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::scanners::DEPOT;

const PROGRAM: &str = env!("CARGO_BIN_EXE_parcels");

/// A running application; dropping it ends it.
pub(crate) struct Application {
    child: Child,
    url: String,
}

impl Application {
    /// Starts it with these variables and no others, and waits until it listens.
    pub(crate) async fn start(variables: &[(&str, String)]) -> Self {
        let mut child = Command::new(PROGRAM)
            .env_clear()
            .env("ISOBAR_LISTEN", "127.0.0.1:0")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told = Vec::new();
        let url = loop {
            let line = lines.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("it has ended: {told:#?}"));
            if let Some((_, url)) = line.split_once("listens on ") {
                break url.trim().to_owned();
            }
            told.push(line);
        };
        // What it goes on telling is read, so that it is never held up.
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                drop(line);
            }
        });
        Self { child, url }
    }

    pub(crate) async fn stop(mut self) {
        self.child.kill().await.unwrap();
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.exchange("GET", path, Bytes::new()).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.exchange(method, path, body.to_string().into()).await
    }

    async fn exchange(&self, method: &str, path: &str, body: Bytes) -> (u16, Value) {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{}/depots/{DEPOT}{path}", self.url))
            .header("content-type", "application/json")
            .body(Full::new(body))
            .unwrap();
        let client = Client::builder(TokioExecutor::new()).build_http();
        let answer = client.request(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }
}

/// What the program prints when it is asked something other than to serve.
pub(crate) fn output(arguments: &[&str], variables: &[(&str, String)]) -> String {
    let output = std::process::Command::new(PROGRAM)
        .args(arguments)
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
