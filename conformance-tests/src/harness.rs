//! Starts each provider together with what has to stand behind it.

pub mod aws;
pub mod aws_deployed;
pub mod aws_doors;
pub mod aws_moto;
pub mod aws_s3s;
pub mod aws_topics;
pub mod aws_url;
pub mod azure_blob;
pub mod azure_queue;
pub mod azure_tables;
pub mod cloud_run_pubsub;
pub mod contract;
pub mod gcp;
pub mod gcs;
pub mod local;
pub mod opendal;
pub mod postgres;

use std::pin::Pin;

use crate::Provider;
use crate::emulator::StartError;

/// What a harness is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// A service to use instead of an emulator of our own.
    pub endpoint: Option<String>,
}

/// A provider that starts.
pub type Starting = Pin<Box<dyn Future<Output = Result<Provider, StartFailure>> + Send>>;

/// The harness of a provider outside of this crate.
#[derive(Debug, Clone, Copy)]
pub struct Harness {
    /// The provider's name on the command line and in reports.
    pub name: &'static str,
    /// Starts it together with what has to stand behind it.
    pub start: fn(Options) -> Starting,
}

/// Why a provider could not be started.
#[derive(Debug)]
pub enum StartFailure {
    /// Something is not installed: its cases are not run, and the text says what to do.
    Missing(String),
    /// Something does not work.
    Broken(String),
}

impl std::fmt::Display for StartFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Missing(message) | Self::Broken(message)) = self;
        f.write_str(message)
    }
}

impl std::error::Error for StartFailure {}

impl From<StartError> for StartFailure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::NotInstalled(message) => Self::Missing(message),
            StartError::Failed(message) => Self::Broken(message),
        }
    }
}

/// The providers there is a harness for, in the order of reports.
pub const PROVIDERS: [&str; 38] = [
    "local",
    "aws",
    "aws-moto",
    "aws-s3s",
    "aws-url",
    "aws-stream",
    "aws-http-api",
    "aws-http-api-v1",
    "aws-rest",
    "aws-alb",
    "aws-alb-multi",
    "aws-sqs-fifo",
    "aws-sns",
    "aws-sns-fifo",
    "aws-deployed",
    "aws-deployed-sns",
    "postgres",
    "gcp",
    "gcs",
    "azure-tables",
    "azure-blob",
    "azure-queue",
    "opendal-fs",
    "opendal-memory",
    "opendal-s3",
    "cloud-run",
    "cloud-run-pubsub",
    "azure-functions",
    "azure-functions-invoked",
    "alibaba-fc",
    "tencent-scf",
    "tencent-scf-events",
    "knative",
    "openfaas",
    "fission",
    "fn",
    "openwhisk",
    "openwhisk-loop",
];

/// Starts the provider of this name, one of [`PROVIDERS`].
pub async fn start(name: &str, options: &Options) -> Result<Provider, StartFailure> {
    match name {
        "local" => local::start().await,
        "aws" => aws::start(options).await,
        "aws-moto" => aws_moto::start(options).await,
        "aws-s3s" => aws_s3s::start(options).await,
        "aws-url" => aws_url::start().await,
        "postgres" => postgres::start(options).await,
        "gcp" => gcp::start(options).await,
        "gcs" => gcs::start(options).await,
        "cloud-run-pubsub" => cloud_run_pubsub::start().await,
        "azure-tables" => azure_tables::start(options).await,
        "azure-queue" => azure_queue::start(options).await,
        "azure-blob" => azure_blob::start(options).await,
        "opendal-fs" => opendal::start_fs(),
        "opendal-memory" => opendal::start_memory(),
        "opendal-s3" => opendal::start_s3(options).await,
        name if aws_topics::starts(name) => aws_topics::start(name, options).await,
        name if aws_doors::starts(name) => aws_doors::start(name),
        name if aws_deployed::starts(name) => aws_deployed::start(name),
        name if contract::starts(name) => contract::start(name),
        _ => {
            let all = PROVIDERS.join(", ");
            let message = format!("there is no provider {name:?}, only {all}");
            Err(StartFailure::Broken(message))
        }
    }
}
