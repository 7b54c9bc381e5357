//! A container that is an action, as the invoker starts, initialises and activates it.

use std::net::{Ipv4Addr, SocketAddr};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::{Duration, Instant, sleep, timeout};

use super::{Activates, PATIENCE};
use crate::door::application::Application;
use crate::door::process::{Lines, ProbeProcess};
use crate::door::{WireRequest, WireResponse, http1};
use crate::{Failure, emulator};

#[derive(Debug)]
pub(super) struct Container {
    address: SocketAddr,
    /// Of standard output and standard error.
    logs: Mutex<[Lines; 2]>,
    _process: ProbeProcess,
}

const PAUSE: Duration = Duration::from_millis(20);
/// How long the end of the logs may take: the response may be there first.
const LOGS: Duration = Duration::from_secs(5);
const END: &str = "XXX_THE_END_OF_A_WHISK_ACTIVATION_XXX";

impl Container {
    pub(super) async fn start(application: Option<&Application>) -> Result<Self, Failure> {
        let failed = |error| Failure::new(format!("no port for the probe: {error}"));
        let port = emulator::free_port().map_err(failed)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let variables = [
            ("__OW_API_HOST", "https://openwhisk.example.com".to_owned()),
            // The port is fixed, and several probes run at once.
            (isobar_serve::LISTEN_VARIABLE, address.to_string()),
        ];
        let (process, logs) = ProbeProcess::start_logging(application, &variables)?;
        let container = Self {
            address,
            logs: Mutex::new(logs),
            _process: process,
        };
        container.initialise().await?;
        Ok(container)
    }

    async fn initialise(&self) -> Result<(), Failure> {
        let start = Instant::now();
        // As the invoker does, which takes no connection for a process that is ready.
        let early = loop {
            match self.post("/run", &json!({ "value": {} })).await {
                Err(_) if start.elapsed() < PATIENCE => sleep(PAUSE).await,
                answer => break answer?,
            }
        };
        expect_error(&early, 500)?;
        let code = json!({
            "value": { "name": "probe", "main": "main", "code": "", "binary": false, "env": {} }
        });
        let first = self.post("/init", &code).await?;
        if first.status != 200 {
            let status = first.status;
            return Err(Failure::new(format!("/init is answered {status}")));
        }
        expect_error(&self.post("/init", &code).await?, 403)
    }

    async fn post(&self, path: &str, content: &Value) -> Result<WireResponse, Failure> {
        let request = WireRequest::new("POST", path)
            .header("content-type", "application/json")
            .body(content.to_string());
        let answer = http1::exchange(self.address, &request).await;
        answer.map_err(|error| Failure::new(format!("no answer over HTTP: {error}")))
    }
}

/// "The response must be a JSON object with a single field called `error`".
fn expect_error(answer: &WireResponse, status: u16) -> Result<(), Failure> {
    let told: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let has_error = told.is_some_and(|told| {
        let only = told.as_object().is_some_and(|told| told.len() == 1);
        only && told.get("error").is_some()
    });
    if answer.status == status && has_error {
        return Ok(());
    }
    let (found, body) = (answer.status, String::from_utf8_lossy(&answer.body));
    Err(Failure::new(format!(
        "the answer should be {status} with an error, and is {found}: {body}"
    )))
}

#[async_trait]
impl Activates for Container {
    async fn activate(&self, activation: &Value) -> Result<Value, Failure> {
        let mut logs = self.logs.lock().await;
        let answer = self.post("/run", activation).await?;
        for stream in logs.iter_mut() {
            let ended = timeout(LOGS, stream.until(END)).await;
            let ended = ended.map_err(|_| Failure::new("the logs have no end"))?;
            ended?;
        }
        let body = String::from_utf8_lossy(&answer.body);
        let told = serde_json::from_str(&body);
        let told: Value =
            told.map_err(|error| Failure::new(format!("the result is no JSON: {error}: {body}")))?;
        // "/run" of an action that failed: 502 with an object that has an error.
        let status = answer.status;
        if status == 200 || (status == 502 && told.get("error").is_some()) {
            return Ok(told);
        }
        Err(Failure::new(format!("/run is answered {status}: {body}")))
    }

    /// They end before the activation does, and so are all there.
    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        let logs = self.logs.lock().await;
        Ok(logs.iter().flat_map(|stream| stream.heard(text)).collect())
    }
}
