//! An action below the proxy of an ActionLoop runtime: lines to its standard input, results from its descriptor 3.

use async_trait::async_trait;
use serde_json::Value;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::{Activates, PATIENCE};
use crate::Failure;
use crate::door::application::Application;
use crate::door::process::{Lines, ProbeProcess};

#[derive(Debug)]
pub(super) struct Proxy {
    pipes: Mutex<Pipes>,
    process: ProbeProcess,
}

struct Pipes {
    input: Box<dyn AsyncWrite + Send + Sync + Unpin>,
    results: Lines,
}

impl std::fmt::Debug for Pipes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipes").finish_non_exhaustive()
    }
}

impl Proxy {
    pub(super) async fn start(application: Option<&Application>) -> Result<Self, Failure> {
        let variables = [
            ("__OW_ACTION_NAME", "/guest/demo/probe".to_owned()),
            ("__OW_ACTION_VERSION", "0.0.1".to_owned()),
            ("__OW_API_HOST", "https://openwhisk.example.com".to_owned()),
            ("__OW_PROXY_VERSION", "1.18.0".to_owned()),
            ("__OW_WAIT_FOR_ACK", "1".to_owned()),
        ];
        let (process, input, results) = ProbeProcess::start_on_pipes(application, &variables)?;
        let mut pipes = Pipes {
            input: Box::new(input),
            results,
        };
        let ready = timeout(PATIENCE, pipes.results.next()).await;
        let ready = ready.map_err(|_| Failure::new("the probe says nothing"))??;
        let told: Option<Value> = serde_json::from_str(&ready).ok();
        if told.is_none_or(|told| told["ok"] != true) {
            return Err(Failure::new(format!("the probe says {ready:?}, not ok")));
        }
        Ok(Self {
            pipes: Mutex::new(pipes),
            process,
        })
    }
}

#[async_trait]
impl Activates for Proxy {
    async fn activate(&self, activation: &Value) -> Result<Value, Failure> {
        let mut pipes = self.pipes.lock().await;
        let line = format!("{activation}\n");
        let written = pipes.input.write_all(line.as_bytes()).await;
        written.map_err(|error| Failure::new(format!("the probe is gone: {error}")))?;
        let result = pipes.results.next().await?;
        let told: Value = serde_json::from_str(&result)
            .map_err(|error| Failure::new(format!("the result is no JSON: {error}: {result}")))?;
        if told.is_object() {
            return Ok(told);
        }
        Err(Failure::new(format!(
            "the action did not return a dictionary: {result}"
        )))
    }

    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        self.process.logged(text).await
    }
}
