//! The collector, and the way to it.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_http::hyper::HyperClient;
use opentelemetry_otlp::{RetryPolicy, SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use tokio::sync::Mutex;

use crate::config::Config;

/// The longest that an export takes where nobody waits for it; the exporter itself heeds `OTEL_EXPORTER_OTLP_TIMEOUT`.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Sends spans by HTTP, with `http/protobuf`.
#[derive(Debug)]
pub(super) struct Collector(Mutex<SpanExporter>);

impl Collector {
    /// The exporter reads the other variables of OTLP itself: headers, compression, time-outs.
    pub(super) fn of(config: &Config, endpoint: &str, name: &'static str) -> Result<Self, String> {
        // A retry takes its time from an answer that waits.
        let builder = SpanExporter::builder()
            .with_http()
            .with_retry_policy(RetryPolicy::disabled());
        let builder = if endpoint.starts_with("https:") {
            builder.with_http_client(HyperClient::new(encrypted()?, PATIENCE, None))
        } else {
            builder.with_http_client(HyperClient::with_default_connector(PATIENCE, None))
        };
        let mut exporter = builder
            .build()
            .map_err(|error| format!("spans cannot be exported to {endpoint}: {error}"))?;
        let mut resource = Resource::builder();
        let names = config.get("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
        if config.get("OTEL_SERVICE_NAME").is_none() && !names.contains("service.name=") {
            resource = resource.with_service_name(name);
        }
        exporter.set_resource(&resource.build());
        Ok(Self(Mutex::new(exporter)))
    }

    /// Sends a batch; must be given up by whoever cannot wait.
    pub(super) async fn send(&self, batch: Vec<SpanData>) -> Result<(), String> {
        let exporter = self.0.lock().await;
        let sent = exporter.export(batch).await;
        sent.map_err(|error| error.to_string())
    }
}

type Encrypted = hyper_rustls::HttpsConnector<hyper_util::client::legacy::connect::HttpConnector>;

fn encrypted() -> Result<Encrypted, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(provider)
        .map_err(|error| format!("this machine trusts nobody: {error}"))?;
    Ok(connector.https_only().enable_http1().build())
}
