//! Through Lambda as MiniStack runs it: a function that is deployed there, called by its URL, and woken
//! by the stream of a table and by a queue there, to which it sends itself.

mod queue;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{BehaviorVersion, Region};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Environment, EventSourcePosition, FunctionCode, FunctionResponseType, FunctionUrlAuthType,
    Runtime,
};
use isobar::{Capabilities, Capability, Collection};
use isobar_aws::DynamoStore;
use isobar_aws::config::Place;
use tokio::process::Command;

use super::{Door, Doors, WireMessage, WireRequest, WireResponse, WireWrite, http1};
use crate::emulator::{Emulator, PythonEmulator};
use crate::probe::callers::ISSUER;
use crate::probe::notes::{NOTES, Note};
use crate::{Evidence, Failure, issuer, probe};
use queue::Queue;

/// Doors to a function on MiniStack, for the cases about changes of documents and about messages alone.
#[derive(Debug)]
pub struct DeployedDoors;

#[derive(Debug)]
struct DeployedDoor {
    address: SocketAddr,
    /// What MiniStack puts before the path of a request to the function's URL.
    before: String,
    notes: Collection<Note>,
    queue: Queue,
    _emulator: Emulator,
}

const REGION: &str = "us-east-1";
const FUNCTION: &str = "probe";
/// How long a request waits for the function, which handles one event at a time.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(100);

#[async_trait]
impl Doors for DeployedDoors {
    fn capabilities(&self) -> Capabilities {
        Capabilities::of(&[
            Capability::ChangeEvents,
            Capability::OrderedChangeEvents,
            Capability::DeleteChangeEvents,
            Capability::Messages,
        ])
    }

    fn evidence(&self) -> Evidence {
        Evidence::ThirdPartyEmulator
    }

    fn one_at_a_time(&self) -> bool {
        true
    }

    fn counts_deliveries(&self) -> bool {
        true
    }

    async fn open(&self) -> Result<Box<dyn Door>, Failure> {
        let emulator = Emulator::start(&PythonEmulator::MINISTACK_WITH_FUNCTIONS)
            .await
            .map_err(failed)?;
        let url = emulator.url.clone();
        let (notes, stream) = table(&url).await?;
        let lambda = lambda(&url);
        let before = deploy(&lambda, &url).await?;
        wake(&lambda, &stream).await?;
        let queue = Queue::make(&url).await?;
        queue.wake(&lambda).await?;
        let address = url.trim_start_matches("http://").parse();
        Ok(Box::new(DeployedDoor {
            address: address.map_err(failed)?,
            before,
            notes,
            queue,
            _emulator: emulator,
        }))
    }
}

fn failed(error: impl std::error::Error) -> Failure {
    Failure::new(format!("the function is not deployed: {error:?}"))
}

/// The collection, by the driver of this library, and the ARN of its stream.
async fn table(url: &str) -> Result<(Collection<Note>, String), Failure> {
    let place = Place {
        region: Some(REGION.to_owned()),
        endpoint: Some(url.to_owned()),
        ..Place::default()
    };
    let (client, streams) = place.dynamodb().await?;
    let config = client.config().to_builder();
    let client = aws_sdk_dynamodb::Client::from_conf(config.credentials_provider(root()).build());
    let store = DynamoStore::new(client.clone()).with_streams(streams);
    let clock = Arc::new(isobar_aws::function::clock());
    let notes = Collection::new(Arc::new(store), clock, &NOTES, "");
    notes.ensure().await?;
    let told = client.describe_table().table_name(NOTES.name()).send();
    let told = told.await.map_err(failed)?.table;
    let stream = told.and_then(|table| table.latest_stream_arn);
    let stream = stream.ok_or_else(|| Failure::new("the table has no stream"))?;
    Ok((notes, stream))
}

fn root() -> Credentials {
    Credentials::new("test", "test", None, None, "isobar-conformance")
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

/// Makes this very program a function; returns what stands before the paths of its URL.
async fn deploy(lambda: &Client, url: &str) -> Result<String, Failure> {
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
        .timeout(20);
    function.send().await.map_err(failed)?;
    // One process, which knows all that came.
    let one = lambda
        .put_function_concurrency()
        .function_name(FUNCTION)
        .reserved_concurrent_executions(1);
    one.send().await.map_err(failed)?;
    let url = lambda
        .create_function_url_config()
        .function_name(FUNCTION)
        .auth_type(FunctionUrlAuthType::None);
    let url = url.send().await.map_err(failed)?.function_url;
    let host = url.trim_start_matches("https://");
    let id = host.split('.').next().unwrap_or_default();
    Ok(format!("/_aws/lambda-url/{id}"))
}

/// Has the stream wake the function, from its beginning on; by one record at a time, since MiniStack 1.5
/// takes a batch for done of which the answer names some as failed.
async fn wake(lambda: &Client, stream: &str) -> Result<(), Failure> {
    let mapping = lambda
        .create_event_source_mapping()
        .function_name(FUNCTION)
        .event_source_arn(stream)
        .starting_position(EventSourcePosition::TrimHorizon)
        .batch_size(1)
        .function_response_types(FunctionResponseType::ReportBatchItemFailures);
    mapping.send().await.map_err(failed)?;
    Ok(())
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

#[async_trait]
impl Door for DeployedDoor {
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        let target = format!("{}{}", self.before, request.target);
        let request = WireRequest {
            target,
            ..request.clone()
        };
        let give_up = tokio::time::Instant::now() + PATIENCE;
        loop {
            let exchange = http1::exchange(self.address, &request).await;
            let response =
                exchange.map_err(|error| Failure::new(format!("no answer over HTTP: {error}")))?;
            // It is with an event.
            if response.status != 429 || tokio::time::Instant::now() > give_up {
                return Ok(response);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The probe sends them itself, all at once, and the queue wakes it.
    async fn deliver(&self, messages: &[WireMessage]) -> Result<(), Failure> {
        probe::inbox::publish(self, messages).await?;
        self.queue.emptied().await
    }

    async fn write(&self, writes: &[WireWrite]) -> Result<(), Failure> {
        for WireWrite { owner, id, content } in writes {
            match content {
                Some(note) => drop(self.notes.upsert(note).await?),
                None => drop(self.notes.delete((owner.as_str(), *id)).await?),
            }
        }
        Ok(())
    }
}
