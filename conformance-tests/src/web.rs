//! A client without credentials, for requests that were signed for it.

use isobar::blob::PresignedRequest;

use crate::Failure;
use crate::door::{WireRequest, WireResponse, http1};

/// Sends a signed request with all of its headers, over HTTP without TLS.
pub(crate) async fn send(
    request: &PresignedRequest,
    body: impl Into<Vec<u8>>,
) -> Result<WireResponse, Failure> {
    let headers = request.headers.iter();
    let headers: Vec<_> = headers.map(|(name, value)| (&**name, &**value)).collect();
    send_to(&request.url, request.method.as_str(), &headers, body).await
}

/// Sends a request to a URL of HTTP without TLS.
pub(crate) async fn send_to(
    url: &str,
    method: &str,
    headers: &[(&str, &str)],
    body: impl Into<Vec<u8>>,
) -> Result<WireResponse, Failure> {
    let url = url.strip_prefix("http://").ok_or_else(|| {
        Failure::new("the suite sends signed requests over HTTP without TLS only")
    })?;
    let (authority, target) = url.split_at(url.find('/').unwrap_or(url.len()));
    let address = tokio::net::lookup_host(authority).await;
    let address = address.ok().and_then(|mut found| found.next());
    let address = address.ok_or_else(|| Failure::new(format!("{authority} has no address")))?;
    let body = body.into();
    let mut wire = WireRequest::new(method, target).header("Host", authority);
    for (name, value) in headers {
        wire = wire.header(name, value);
    }
    if body.is_empty() && method == "PUT" {
        wire = wire.header("Content-Length", "0");
    }
    let answer = http1::exchange(address, &wire.body(body)).await;
    answer.map_err(|error| Failure::new(format!("no answer over HTTP: {error}")))
}
