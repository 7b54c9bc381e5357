//! The collector, and the way to it.

use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use tokio::sync::{Mutex, MutexGuard};

use crate::causes::with_causes;
use crate::config::Config;

/// The longest that an export takes where nobody waits for it; the exporter itself heeds `OTEL_EXPORTER_OTLP_TIMEOUT`.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Sends spans by HTTP, with `http/protobuf`.
#[derive(Debug)]
pub(super) struct Collector {
    exporter: Mutex<SpanExporter>,
    cause: Cause,
}

/// Why the last request could not be sent, of which the exporter says only that it could not.
type Cause = Arc<StdMutex<Option<String>>>;

/// Sends requests, and keeps the cause where one fails.
#[derive(Debug)]
struct Client {
    sender: Box<dyn HttpClient>,
    cause: Cause,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.sender.send_bytes(request).await;
        let failed = sent.as_ref().err();
        let cause = failed.map(|error| with_causes(&**error));
        *self.cause.lock().unwrap_or_else(PoisonError::into_inner) = cause;
        sent
    }
}

impl Collector {
    /// The exporter reads the other variables of OTLP itself: headers, compression, time-outs.
    ///
    /// What it says of an endpoint is shown without the credentials that may be in it.
    pub(super) fn of(config: &Config, endpoint: &str, name: &'static str) -> Result<Self, String> {
        // A retry takes its time from an answer that waits.
        let builder = SpanExporter::builder()
            .with_http()
            .with_endpoint(endpoint)
            .with_retry_policy(RetryPolicy::disabled());
        let sender: Box<dyn HttpClient> = if endpoint.starts_with("https:") {
            Box::new(HyperClient::new(encrypted()?, PATIENCE, None))
        } else {
            Box::new(HyperClient::with_default_connector(PATIENCE, None))
        };
        let cause = Cause::default();
        let client = Client {
            sender,
            cause: Arc::clone(&cause),
        };
        let mut exporter = builder.with_http_client(client).build().map_err(|error| {
            let shown = without_credentials(endpoint);
            let why = error.to_string().replace(endpoint, &shown);
            format!("spans cannot be exported to {shown}: {why}")
        })?;
        let mut resource = Resource::builder();
        let names = config.get("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
        let is_named = names
            .split(',')
            .any(|told| told.trim_start().starts_with("service.name="));
        if config.get("OTEL_SERVICE_NAME").is_none() && !is_named {
            resource = resource.with_service_name(name);
        }
        exporter.set_resource(&resource.build());
        Ok(Self {
            exporter: Mutex::new(exporter),
            cause,
        })
    }

    /// Waits until nobody else sends; the first who waits is the next.
    pub(super) async fn turn(&self) -> Turn<'_> {
        Turn {
            exporter: self.exporter.lock().await,
            cause: &self.cause,
        }
    }
}

/// The right to send.
#[derive(Debug)]
pub(super) struct Turn<'c> {
    exporter: MutexGuard<'c, SpanExporter>,
    cause: &'c Cause,
}

impl Turn<'_> {
    /// Sends a batch; must be given up by whoever cannot wait.
    pub(super) async fn send(&self, batch: Vec<SpanData>) -> Result<(), String> {
        let sent = self.exporter.export(batch).await;
        sent.map_err(|error| {
            let cause = self
                .cause
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
        })
    }
}

fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

type Encrypted = hyper_rustls::HttpsConnector<hyper_util::client::legacy::connect::HttpConnector>;

fn encrypted() -> Result<Encrypted, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(provider)
        .map_err(|error| format!("this machine trusts nobody: {error}"))?;
    Ok(connector.https_only().enable_http1().build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_not_shown() {
        for (url, shown) in [
            ("http://ann:secret@host:4318/v1", "http://host:4318/v1"),
            ("http://ann:s@cret@host", "http://host"),
            ("http://host/a@b", "http://host/a@b"),
            ("host", "host"),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }
}
