//! The AWS provider on MiniStack, an emulator of many AWS services in one process, or on AWS.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use isobar::driver::blob::BlobDriver;
use isobar::driver::document::DocumentDriver;
use isobar_aws::config::{Place, TopicPlace};
use isobar_aws::topic::TopicKind;
use isobar_aws::{DynamoStore, S3Store};
use isobar_fault_proxy::Protocol;

use super::aws_doors::FUNCTION_URL;
use super::{Options, StartFailure};
use crate::emulator::{Emulator, PythonEmulator};
use crate::exchange::sqs::SqsExchanges;
use crate::setting::S3Settings;
use crate::{Evidence, Provider, Waiver, Wire};

pub(super) const MINISTACK: PythonEmulator = PythonEmulator {
    package: "ministack",
    command: "ministack",
    arguments: Vec::new(),
    variables: &[
        ("BIND_HOST", "127.0.0.1"),
        ("GATEWAY_PORT", "{port}"),
        // Signatures are compared.
        ("AUTH", "true"),
    ],
    ready: Some("/_ministack/health"),
};

/// The endpoint that stands for AWS itself, with the credentials of the standard environment.
pub(super) const LIVE: &str = "live";
/// Where MiniStack 1.5 is known to differ from AWS, read in its source and seen.
const KNOWN_FAULTS: &[Waiver] = &[
    Waiver::fails(
        "B-403",
        "the copy succeeded",
        "MiniStack ignores If-None-Match on CopyObject",
    ),
    Waiver::fails(
        "D-434",
        "Incorrect operand type for operator or function",
        "MiniStack refuses begins_with where an item has another type there",
    ),
    Waiver::fails(
        "D-435",
        "it must be [\"b\"]",
        "MiniStack fills a new index with items whose attributes have another type",
    ),
    Waiver::fails(
        "D-440",
        "the units of get_batch are",
        "MiniStack does not say what BatchGetItem consumes",
    ),
    TRACES,
];
/// What MiniStack does to the traces of messages.
pub(super) const TRACES: Waiver = Waiver::fails(
    "G-414",
    "the trace is \"",
    "MiniStack drops the system attributes of batches, and its SNS passes no trace on",
);
pub(super) const REGION: &str = "us-east-1";

/// Starts MiniStack, or uses the endpoint that was given; `live` is AWS itself.
pub async fn start(options: &Options) -> Result<Provider, StartFailure> {
    match options.endpoint.as_deref() {
        Some(LIVE) => {
            let provider = Provider {
                doors: Some(Arc::new(FUNCTION_URL)),
                ..Provider::new("aws", Evidence::LiveCloud)
            };
            connect(Place::default(), provider).await
        }
        endpoint => {
            let provider = Provider {
                known_faults: KNOWN_FAULTS,
                doors: Some(Arc::new(FUNCTION_URL)),
                ..Provider::new("aws", Evidence::ThirdPartyEmulator)
            };
            connect_emulator((&MINISTACK, endpoint), provider).await
        }
    }
}

/// The provider on the emulator at an endpoint, or on one that is started.
pub(super) async fn connect_emulator(
    (what, endpoint): (&PythonEmulator, Option<&str>),
    provider: Provider,
) -> Result<Provider, StartFailure> {
    let emulator = match endpoint {
        Some(_) => None,
        None => Some(Emulator::start(what).await?),
    };
    connect_emulator_at((emulator, endpoint), provider).await
}

/// The provider on the emulator that was started, or on the one at an endpoint.
pub(super) async fn connect_emulator_at(
    (emulator, endpoint): (Option<Emulator>, Option<&str>),
    provider: Provider,
) -> Result<Provider, StartFailure> {
    let started = emulator.as_ref().map(|emulator| emulator.url.clone());
    let endpoint = endpoint.map(str::to_owned).or(started).unwrap_or_default();
    let provider = Provider {
        emulator,
        ..provider
    };
    connect(emulated(&endpoint), provider).await
}

pub(super) fn emulated(endpoint: &str) -> Place {
    Place {
        region: Some(REGION.to_owned()),
        endpoint: Some(endpoint.to_owned()),
        ..Place::default()
    }
}

/// A client as the suite uses it: of an emulator with its root's credentials, and with patience. Clients share no type.
macro_rules! tried {
    ($sdk:ident, $client:expr, $place:expr) => {
        if $place.endpoint.is_none() {
            $client
        } else {
            let config = $client.config().to_builder();
            let config = config.timeout_config(timeouts(PATIENT));
            let config = config.credentials_provider(root()).build();
            $sdk::Client::from_conf(config)
        }
    };
}

async fn connect(place: Place, provider: Provider) -> Result<Provider, StartFailure> {
    let broken = |error: isobar::Error| StartFailure::Broken(error.to_string());
    let (dynamodb, mut streams) = place.dynamodb().await.map_err(broken)?;
    let dynamodb = tried!(aws_sdk_dynamodb, dynamodb, place);
    let s3 = s3_client(&place).await?;
    let sqs = sqs_client(&place).await?;
    if place.endpoint.is_some() {
        let config = streams.to_builder();
        let config = config.timeout_config(timeouts(PATIENT));
        streams = config.credentials_provider(root()).build();
    }
    let document_wire = document_wire(&place, dynamodb.clone());
    let blob_wire = blob_wire(&place, s3.clone());
    let endpoint = place.endpoint.unwrap_or_else(|| LIVE.to_owned());
    Ok(Provider {
        documents: Some(Arc::new(DynamoStore::new(dynamodb).with_streams(streams))),
        document_wire,
        blob_wire,
        settings: Some(Arc::new(S3Settings(s3.clone()))),
        blobs: Some(Arc::new(S3Store::new(s3))),
        exchanges: Some(Arc::new(SqsExchanges::new(sqs, TopicKind::Standard))),
        endpoint,
        names_units: true,
        ..provider
    })
}

fn document_wire(
    place: &Place,
    client: aws_sdk_dynamodb::Client,
) -> Option<Wire<dyn DocumentDriver>> {
    Wire::new(Protocol::Http1, place.endpoint.as_deref()?, move |url| {
        let config = client.config().to_builder();
        let config = config.timeout_config(timeouts(ATTEMPT)).endpoint_url(url);
        let client = aws_sdk_dynamodb::Client::from_conf(config.build());
        Ok(Arc::new(DynamoStore::new(client)) as _)
    })
}

fn blob_wire(place: &Place, client: aws_sdk_s3::Client) -> Option<Wire<dyn BlobDriver>> {
    Wire::new(Protocol::Http1, place.endpoint.as_deref()?, move |url| {
        let config = client.config().to_builder();
        let config = config.timeout_config(untimed()).endpoint_url(url);
        let client = aws_sdk_s3::Client::from_conf(config.build());
        Ok(Arc::new(S3Store::new(client)) as _)
    })
}

/// What emulators take for the account's root, whose secret they do not check.
fn root() -> Credentials {
    Credentials::new("test", "test", None, None, "isobar-conformance")
}

async fn s3_client(place: &Place) -> Result<aws_sdk_s3::Client, StartFailure> {
    let client = place.s3().await;
    let client = client.map_err(|error| StartFailure::Broken(error.to_string()))?;
    Ok(tried!(aws_sdk_s3, client, place))
}

/// The vendor's client of SQS.
pub(super) async fn sqs_client(place: &Place) -> Result<aws_sdk_sqs::Client, StartFailure> {
    let place = TopicPlace::at(place.clone());
    let client = place.sqs().await;
    let client = client.map_err(|error| StartFailure::Broken(error.to_string()))?;
    Ok(tried!(aws_sdk_sqs, client, place.place))
}

/// The vendor's client of SNS.
pub(super) async fn sns_client(place: &Place) -> Result<aws_sdk_sns::Client, StartFailure> {
    let place = TopicPlace::at(place.clone());
    let client = place.sns().await;
    let client = client.map_err(|error| StartFailure::Broken(error.to_string()))?;
    Ok(tried!(aws_sdk_sns, client, place.place))
}

/// The vendor's own client of S3, for an emulator at an endpoint.
pub(super) async fn emulated_s3(endpoint: &str) -> Result<aws_sdk_s3::Client, StartFailure> {
    s3_client(&emulated(endpoint)).await
}

/// An emulator on a busy machine may take seconds, after which a write would not know its outcome.
const PATIENT: Duration = Duration::from_secs(30);
/// Behind a proxy that swallows requests, an attempt has to end before its call does.
const ATTEMPT: Duration = Duration::from_secs(1);

/// As `Place::s3` has it: requests that move content may take any time.
fn untimed() -> TimeoutConfig {
    TimeoutConfig::builder()
        .disable_operation_attempt_timeout()
        .build()
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(attempt)
        .build()
}
