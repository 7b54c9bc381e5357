//! Through a function URL of cargo-lambda, whose own server makes the events and reads the answers.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use isobar::{Capabilities, Capability};
use isobar_aws::{FrontDoor, LambdaPlatform};
use tempfile::TempDir;

use super::{Door, Doors, ProbeProcess, SizeLimit, WireRequest, WireResponse, http1};
use crate::emulator::{Emulator, PythonEmulator, StartError};
use crate::{Evidence, Failure};

/// Doors to Lambda behind a function URL.
#[derive(Debug)]
pub struct FunctionUrlDoors;

#[derive(Debug)]
struct FunctionUrlDoor {
    address: SocketAddr,
    process: ProbeProcess,
    _lambda: CargoLambda,
}

/// A running cargo-lambda that knows one function.
#[derive(Debug)]
pub(crate) struct CargoLambda {
    pub(crate) emulator: Emulator,
    /// It asks for a package with a binary of the function's name, which is never built.
    _package: TempDir,
}

const PATIENCE: Duration = Duration::from_secs(30);
const FUNCTION: &str = "probe";
const MANIFEST: &str =
    "[package]\nname = \"probe\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n";

impl CargoLambda {
    pub(crate) async fn start() -> Result<Self, StartError> {
        let package = package().map_err(|error| StartError::Failed(error.to_string()))?;
        let manifest = package.path().join("Cargo.toml");
        let manifest = manifest.to_string_lossy();
        let arguments = [
            "lambda",
            "watch",
            "--only-lambda-apis",
            "--invoke-address",
            "127.0.0.1",
            "--invoke-port",
            "{port}",
            "--manifest-path",
            &manifest,
        ];
        let what = PythonEmulator {
            package: "cargo-lambda",
            command: "cargo-lambda",
            arguments: arguments.map(str::to_owned).to_vec(),
            variables: &[],
            ready: None,
        };
        Ok(Self {
            emulator: Emulator::start(&what).await?,
            _package: package,
        })
    }
}

fn package() -> std::io::Result<TempDir> {
    let package = TempDir::new()?;
    std::fs::write(package.path().join("Cargo.toml"), MANIFEST)?;
    std::fs::create_dir(package.path().join("src"))?;
    std::fs::write(package.path().join("src/main.rs"), "fn main() {}\n")?;
    Ok(package)
}

#[async_trait]
impl Doors for FunctionUrlDoors {
    fn capabilities(&self) -> Capabilities {
        let others = Capabilities::of(&[
            Capability::Schedules,
            Capability::Messages,
            Capability::BlobEvents,
            Capability::ChangeEvents,
            Capability::OrderedChangeEvents,
            Capability::DeleteChangeEvents,
        ]);
        LambdaPlatform::CAPABILITIES.without(others)
    }

    fn evidence(&self) -> Evidence {
        Evidence::ThirdPartyEmulator
    }

    fn deadline(&self) -> Option<Duration> {
        // It tells one that has passed, which is none, and by its domain it is taken for an HTTP API.
        Some(FrontDoor::HttpApi.limits().time)
    }

    fn content_limit(&self) -> SizeLimit {
        let most = usize::try_from(FrontDoor::FunctionUrl.limits().content);
        SizeLimit::exactly(most.unwrap_or(usize::MAX - 1))
    }

    fn one_at_a_time(&self) -> bool {
        true
    }

    fn counts_deliveries(&self) -> bool {
        true
    }

    async fn open(&self) -> Result<Box<dyn Door>, Failure> {
        let lambda = CargoLambda::start().await;
        let lambda = lambda.map_err(|error| Failure::new(error.to_string()))?;
        let url = &lambda.emulator.url;
        let variables = [
            ("AWS_LAMBDA_RUNTIME_API", format!("{url}/.rt/{FUNCTION}")),
            ("AWS_LAMBDA_FUNCTION_NAME", FUNCTION.to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
        ];
        let address = url.trim_start_matches("http://").parse();
        let malformed = |_| Failure::new(format!("cargo-lambda is at {url:?}"));
        Ok(Box::new(FunctionUrlDoor {
            address: address.map_err(malformed)?,
            process: ProbeProcess::start("lambda", &variables)?,
            _lambda: lambda,
        }))
    }
}

#[async_trait]
impl Door for FunctionUrlDoor {
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        let target = format!("/lambda-url/{FUNCTION}{}", request.target);
        let request = WireRequest {
            target,
            ..request.clone()
        };
        // cargo-lambda waits for ever for a function that is gone.
        let exchange = http1::exchange(self.address, &request);
        let Ok(exchange) = tokio::time::timeout(PATIENCE, exchange).await else {
            return Err(Failure::new("no answer over HTTP in 30 s"));
        };
        exchange.map_err(|error| Failure::new(format!("no answer over HTTP: {error}")))
    }

    fn process(&self) -> Option<&ProbeProcess> {
        Some(&self.process)
    }

    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        self.process.logged(text).await
    }
}
