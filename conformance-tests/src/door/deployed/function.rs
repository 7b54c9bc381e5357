//! The function itself: this very program, deployed to MiniStack and called by its URL.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{BehaviorVersion, Region};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, FunctionUrlAuthType, Runtime};
use tokio::process::Command;
use tokio::time::Instant;

use super::services::Services;
use super::{FUNCTION, PATIENCE, PAUSE, REGION, failed, queue, root};
use crate::door::{Door, WireRequest, WireResponse, http1};
use crate::emulator::{Emulator, PythonEmulator};
use crate::probe::callers::ISSUER;
use crate::{Failure, issuer, probe};

/// How long MiniStack lets it run.
pub(super) const TIMEOUT: Duration = Duration::from_secs(20);
/// How often MiniStack tries an event again of which nobody waits for the answer. Lambda itself does so twice, and as long
/// as it takes where the function is busy
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>): MiniStack 1.5 counts that, too.
const RETRIES: i32 = 8;

#[derive(Debug)]
pub(super) struct Function {
    pub(super) services: Services,
    pub(super) client: Client,
    pub(super) arn: String,
    /// What MiniStack puts before the path of a request to the function's URL.
    before: String,
    pub(super) emulator: Emulator,
}

impl Function {
    /// Starts a MiniStack with the function and nothing that wakes it.
    pub(super) async fn deploy() -> Result<Self, Failure> {
        let emulator = Emulator::start(&PythonEmulator::MINISTACK_WITH_FUNCTIONS)
            .await
            .map_err(failed)?;
        let address = emulator.url.trim_start_matches("http://").parse();
        let services = Services(address.map_err(failed)?);
        services.keep_logs().await?;
        let client = lambda(&emulator.url);
        let arn = create(&client, &emulator.url).await?;
        let before = open_url(&client).await?;
        Ok(Self {
            services,
            client,
            arn,
            before,
            emulator,
        })
    }
}

#[async_trait]
impl Door for Function {
    /// Asks again while the function is with an event.
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        let target = format!("{}{}", self.before, request.target);
        let request = WireRequest {
            target,
            ..request.clone()
        };
        let give_up = Instant::now() + PATIENCE;
        loop {
            let exchange = http1::exchange(self.services.0, &request).await;
            let response =
                exchange.map_err(|error| Failure::new(format!("no answer over HTTP: {error}")))?;
            // A limit of the route under test is answered by the same status.
            let body = String::from_utf8_lossy(&response.body);
            let is_busy = response.status == 429 && body.contains("TooManyRequestsException");
            if !is_busy || Instant::now() > give_up {
                return Ok(response);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        self.services.logged(text).await
    }
}

fn lambda(url: &str) -> Client {
    let config = aws_sdk_lambda::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(root())
        .endpoint_url(url)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

/// Makes this very program a function; returns its ARN.
async fn create(lambda: &Client, url: &str) -> Result<String, Failure> {
    let environment = Environment::builder()
        .variables(probe::VARIABLE, "lambda")
        .variables(probe::TOPICS, queue::place(url))
        .variables(ISSUER.name(), issuer::url());
    let code = FunctionCode::builder().zip_file(Blob::new(package().await?));
    let function = lambda
        .create_function()
        .function_name(FUNCTION)
        .runtime(Runtime::Providedal2023)
        .role("arn:aws:iam::000000000000:role/probe")
        .handler("bootstrap")
        .code(code.build())
        .environment(environment.build())
        .timeout(i32::try_from(TIMEOUT.as_secs()).unwrap_or(i32::MAX));
    let arn = function.send().await.map_err(failed)?.function_arn;
    // One process, which knows all that came.
    let one = lambda
        .put_function_concurrency()
        .function_name(FUNCTION)
        .reserved_concurrent_executions(1);
    one.send().await.map_err(failed)?;
    let again = lambda
        .put_function_event_invoke_config()
        .function_name(FUNCTION)
        .maximum_retry_attempts(RETRIES);
    again.send().await.map_err(failed)?;
    arn.ok_or_else(|| Failure::new("the function has no ARN"))
}

/// What stands before the paths of the function's URL.
async fn open_url(lambda: &Client) -> Result<String, Failure> {
    let url = lambda
        .create_function_url_config()
        .function_name(FUNCTION)
        .auth_type(FunctionUrlAuthType::None);
    let url = url.send().await.map_err(failed)?.function_url;
    let host = url.trim_start_matches("https://");
    let id = host.split('.').next().unwrap_or_default();
    Ok(format!("/_aws/lambda-url/{id}"))
}

/// A package whose program starts this one, with an input that does not end.
async fn package() -> Result<Vec<u8>, Failure> {
    const SCRIPT: &str = "
import sys, zipfile
entry = zipfile.ZipInfo('bootstrap')
entry.external_attr = 0o755 << 16
with zipfile.ZipFile(sys.argv[2], 'w') as archive:
    archive.writestr(entry, f'#!/bin/sh\\nmkfifo input 2>/dev/null\\nexec {sys.argv[1]!r} 0<>input\\n')
";
    let directory = tempfile::tempdir().map_err(failed)?;
    let archive = directory.path().join("function.zip");
    let program = std::env::current_exe().map_err(failed)?;
    zip(SCRIPT, &program, &archive).await?;
    std::fs::read(archive).map_err(failed)
}

async fn zip(script: &str, program: &Path, archive: &Path) -> Result<(), Failure> {
    let mut python = Command::new("python3");
    python.args(["-c", script]).arg(program).arg(archive);
    let status = python.status().await.map_err(failed)?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new("the function cannot be packed"))
    }
}
