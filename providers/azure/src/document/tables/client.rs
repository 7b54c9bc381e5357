//! Requests to the service, signed and with a bound each; their answers, classified.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use isobar::driver::{Effect, Failure};
use isobar::{Error, ErrorKind, Result};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use crate::credential::Credential;
use crate::date;
use crate::entra::no_token;
use crate::error::{TABLES, refused};

/// The newest version of the table service's protocol ("Versioning for the Azure Storage services").
const VERSION: &str = "2019-02-02";
const MS_DATE: HeaderName = HeaderName::from_static("x-ms-date");
/// How long one attempt may take; the service itself gives up on a query after 5 s.
const ATTEMPT: Duration = Duration::from_secs(8);
const CONNECT: Duration = Duration::from_secs(3);

/// A client of one storage account's tables; a clone shares its connections.
///
/// The native type of a [`TablesStore`](super::TablesStore): [`Self::send`] asks whatever the
/// service's REST interface knows.
#[derive(Debug, Clone)]
pub struct TablesClient(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    account: String,
    /// The scheme and authority.
    origin: String,
    /// What goes before each path: the account, on an emulator.
    path: String,
    credential: Credential,
}

impl TablesClient {
    pub(super) fn new(account: &str, endpoint: &str, credential: Credential) -> Result<Self> {
        let malformed = || Error::invalid(format!("{endpoint:?} is no endpoint of Azure Tables"));
        let uri: Uri = endpoint.parse().map_err(|_| malformed())?;
        let (scheme, authority) = (uri.scheme_str(), uri.authority());
        let (Some(scheme @ ("http" | "https")), Some(authority)) = (scheme, authority) else {
            return Err(malformed());
        };
        credential.check(endpoint)?;
        Ok(Self(Arc::new(Inner {
            http: http_client()?,
            account: account.to_owned(),
            origin: format!("{scheme}://{authority}"),
            path: uri.path().trim_end_matches('/').to_owned(),
            credential,
        })))
    }

    /// The storage account.
    pub fn account(&self) -> &str {
        &self.0.account
    }

    /// Where the account's tables are, without a slash at the end.
    pub fn endpoint(&self) -> String {
        format!("{}{}", self.0.origin, self.0.path)
    }

    /// Sends one request of the service's REST interface, once, and gives its answer where that is
    /// a success.
    ///
    /// `path` follows the endpoint, such as `/Tables?$top=1`, percent-encoded; date, version and
    /// authorisation are added. JSON with minimal metadata is asked for unless the headers say
    /// otherwise.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Bytes>> {
        let is_read = method == Method::GET;
        let answer = self.attempt(method, path, headers, body).await;
        answer.map_err(|failure| {
            if is_read {
                failure.error
            } else {
                failure.of_write()
            }
        })
    }

    pub(super) async fn attempt(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Bytes>, Failure> {
        let attempt = async {
            let bearer = self.0.credential.bearer().await;
            let request = bearer
                .map_err(no_token)
                .and_then(|bearer| self.signed((method, path), bearer, headers, body));
            let request = request.map_err(|error| Failure {
                error,
                effect: Effect::None,
            })?;
            self.exchange(request).await
        };
        match tokio::time::timeout(ATTEMPT, attempt).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure {
                error: Error::new(
                    ErrorKind::Unavailable,
                    format!("Azure Tables did not answer within {} s", ATTEMPT.as_secs()),
                ),
                effect: Effect::Unknown,
            }),
        }
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Failure> {
        let answer = self.0.http.request(request).await;
        let answer = answer.map_err(|error| {
            let effect = if error.is_connect() {
                Effect::None
            } else {
                Effect::Unknown
            };
            unreachable(error, effect)
        })?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await;
        let body = body.map_err(|error| unreachable(error, Effect::Unknown))?;
        let body = body.to_bytes();
        if head.status.is_success() {
            Ok(Response::from_parts(head, body))
        } else {
            Err(refused(head.status, &head.headers, &body))
        }
    }

    fn signed(
        &self,
        (method, path): (Method, &str),
        bearer: Option<String>,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>> {
        let inner = &*self.0;
        let path = format!("{}{path}", inner.path);
        let (resource, query) = path.split_once('?').unwrap_or((&path, ""));
        let date = date::now()?;
        // "Authorize with Shared Key", the lite form for tables.
        let account = &inner.account;
        let signature = inner
            .credential
            .sign(&format!("{date}\n/{account}{resource}"));
        let authorization =
            signature.map(|signature| format!("SharedKeyLite {account}:{signature}"));
        let authorization = bearer.or(authorization);
        let parameters = [query, inner.credential.parameters().unwrap_or_default()];
        let parameters = parameters.into_iter().filter(|part| !part.is_empty());
        let parameters = parameters.collect::<Vec<_>>().join("&");
        let mark = if parameters.is_empty() { "" } else { "?" };
        let uri = format!("{}{resource}{mark}{parameters}", inner.origin);
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header(DATE, &date)
            .header(MS_DATE, &date)
            .header("x-ms-version", VERSION)
            .header("dataserviceversion", "3.0;NetFx")
            .header("maxdataserviceversion", "3.0;NetFx");
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(body));
        let mut request = request
            .map_err(|error| Error::invalid("the request has no valid URL").with_source(error))?;
        let all = request.headers_mut();
        let json = |text| HeaderValue::from_static(text);
        all.insert(ACCEPT, json("application/json;odata=minimalmetadata"));
        all.insert(CONTENT_TYPE, json("application/json"));
        all.extend(headers);
        Ok(request)
    }
}

fn unreachable(
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    effect: Effect,
) -> Failure {
    let message = match effect {
        Effect::None => TABLES.unreachable(),
        Effect::Unknown => TABLES.broken(),
    };
    Failure {
        error: Error::new(ErrorKind::Unavailable, message).with_source(error),
        effect,
    }
}

/// HTTP/1.1, with TLS by rustls with ring that trusts the platform's certificates.
fn http_client() -> Result<Client<HttpsConnector<HttpConnector>, Full<Bytes>>> {
    let mut roots = RootCertStore::empty();
    // One that cannot be read is left out, as everywhere else on the platform.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Internal, "TLS has no version").with_source(error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT));
    tcp.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(30))
        .build(connector))
}
