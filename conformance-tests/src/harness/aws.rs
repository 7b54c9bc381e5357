//! The AWS provider on MiniStack, an emulator of many AWS services in one process, or on AWS.

use std::sync::Arc;

use aws_credential_types::Credentials;
use isobar_aws::DynamoStore;
use isobar_aws::config::Place;

use super::{Options, StartFailure};
use crate::emulator::{Emulator, PythonEmulator};
use crate::{Evidence, Provider};

const MINISTACK: PythonEmulator = PythonEmulator {
    package: "ministack",
    command: "ministack",
    variables: &[("BIND_HOST", "127.0.0.1"), ("GATEWAY_PORT", "{port}")],
    ready: "/_ministack/health",
};

/// The endpoint that stands for AWS itself, with the credentials of the standard environment.
const LIVE: &str = "live";
const REGION: &str = "us-east-1";

/// Starts MiniStack, or uses the endpoint that was given; `live` is AWS itself.
pub async fn start(options: &Options) -> Result<Provider, StartFailure> {
    match options.endpoint.as_deref() {
        Some(LIVE) => connect(Place::default(), Provider::new("aws", Evidence::LiveCloud)).await,
        Some(endpoint) => {
            let place = emulated(endpoint);
            connect(place, Provider::new("aws", Evidence::ThirdPartyEmulator)).await
        }
        None => {
            let emulator = Emulator::start(&MINISTACK).await?;
            let place = emulated(&emulator.url);
            let provider = Provider {
                emulator: Some(emulator),
                ..Provider::new("aws", Evidence::ThirdPartyEmulator)
            };
            connect(place, provider).await
        }
    }
}

fn emulated(endpoint: &str) -> Place {
    Place {
        region: Some(REGION.to_owned()),
        endpoint: Some(endpoint.to_owned()),
        ..Place::default()
    }
}

async fn connect(place: Place, provider: Provider) -> Result<Provider, StartFailure> {
    let broken = |error: isobar::Error| StartFailure::Broken(error.to_string());
    let mut dynamodb = place.dynamodb().await.map_err(broken)?;
    if place.endpoint.is_some() {
        // What emulators take for the account's root, whose secret they do not check.
        let test = Credentials::new("test", "test", None, None, "isobar-conformance");
        let config = dynamodb.config().to_builder().credentials_provider(test);
        dynamodb = aws_sdk_dynamodb::Client::from_conf(config.build());
    }
    let endpoint = place.endpoint.unwrap_or_else(|| LIVE.to_owned());
    Ok(Provider {
        documents: Some(Arc::new(DynamoStore::new(dynamodb))),
        endpoint,
        ..provider
    })
}
