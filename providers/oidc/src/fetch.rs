//! Fetching the keys of an issuer, from whoever answers there.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use isobar::driver::token::TokenIssuer;
use isobar::driver::{Clock, within};
use isobar::{Error, ErrorKind, Result};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;

use crate::key_set::KeySet;

/// The time for both documents together.
const BUDGET: Duration = Duration::from_secs(5);
/// Bytes of one document.
const MOST_BYTES: usize = 256 * 1024;
/// OpenID Connect Discovery 1.0, section 4.
const DISCOVERY: &str = "/.well-known/openid-configuration";

type HttpClient = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// An HTTP client that is made when it is needed: to read the platform's certificates takes a while.
#[derive(Debug, Default)]
pub(crate) struct Fetcher(OnceLock<HttpClient>);

/// What discovery tells.
#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

impl Fetcher {
    /// The keys as the issuer has them now; any failure is `Unavailable`.
    pub(crate) async fn keys(&self, issuer: &TokenIssuer, clock: &dyn Clock) -> Result<KeySet> {
        let fetched = within(clock, BUDGET, self.fetched(issuer)).await;
        fetched.map_err(|error| {
            let message = format!("the keys of {} cannot be had", issuer.url());
            tracing::warn!(target: "isobar", ?error, "{message}");
            Error::new(ErrorKind::Unavailable, message).with_source(error)
        })
    }

    async fn fetched(&self, issuer: &TokenIssuer) -> Result<KeySet> {
        let url = match issuer.keys() {
            Some(url) => url.to_owned(),
            None => self.discovered(issuer.url()).await?,
        };
        let content = self.get(&url).await?;
        KeySet::parse(&content).map_err(|error| malformed(&url).with_source(error))
    }

    /// Where discovery says that the keys are. It must speak for the issuer that it was asked for: otherwise whoever
    /// answers there could lend another issuer's name (section 4.3).
    async fn discovered(&self, issuer: &str) -> Result<String> {
        let url = format!("{}{DISCOVERY}", issuer.trim_end_matches('/'));
        let content = self.get(&url).await?;
        let found: Configuration =
            serde_json::from_slice(&content).map_err(|error| malformed(&url).with_source(error))?;
        if found.issuer != issuer {
            let message = format!("{url} speaks for another issuer");
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        if issuer.starts_with("https:") && !found.jwks_uri.starts_with("https:") {
            return Err(unsafe_at(&found.jwks_uri));
        }
        Ok(found.jwks_uri)
    }

    async fn get(&self, url: &str) -> Result<Bytes> {
        let uri: Uri = url
            .parse()
            .map_err(|error| unsafe_at(url).with_source(error))?;
        if !TokenIssuer::is_safe(&uri) {
            return Err(unsafe_at(url));
        }
        let request = Request::get(uri)
            .header(header::ACCEPT, "application/json")
            .body(Empty::new())
            .map_err(|error| unsafe_at(url).with_source(error))?;
        let failed = || Error::new(ErrorKind::Unavailable, format!("{url} cannot be read"));
        let response = self.client()?.request(request).await;
        let response = response.map_err(|error| failed().with_source(error))?;
        // Whoever sends elsewhere is not followed: keys come from where the configuration says.
        if response.status() != StatusCode::OK {
            let message = format!("{url} answered {}", response.status());
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        let content = Limited::new(response.into_body(), MOST_BYTES)
            .collect()
            .await;
        let content = content.map_err(|error| failed().with_source(error))?;
        Ok(content.to_bytes())
    }

    fn client(&self) -> Result<&HttpClient> {
        if let Some(client) = self.0.get() {
            return Ok(client);
        }
        let client = client()?;
        Ok(self.0.get_or_init(|| client))
    }
}

fn client() -> Result<HttpClient> {
    let mut roots = RootCertStore::empty();
    // One that cannot be read is left out, as everywhere else on the platform.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Internal, "TLS has no version").with_source(error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_http1()
        .build();
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

fn malformed(url: &str) -> Error {
    let message = format!("what {url} answers is malformed");
    Error::new(ErrorKind::Unavailable, message)
}

fn unsafe_at(url: &str) -> Error {
    let message = format!("{url:?} is no URL by https: or of this machine");
    Error::new(ErrorKind::Unavailable, message)
}
