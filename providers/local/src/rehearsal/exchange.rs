//! One request to one process of the application, over a connection of its own.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, Request};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use isobar::http::{Body, Response};
use isobar::{Error, ErrorKind, Result};
use tokio::net::TcpStream;

/// What belongs to a connection, not to a request (RFC 9110, section 7.6.1).
const OF_CONNECTION: [HeaderName; 5] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The response of the process at this address; its content may still be under way.
pub(super) async fn send(address: SocketAddr, request: Request<Bytes>) -> Result<Response> {
    let silent = |error: &dyn std::fmt::Display| {
        let message = format!("the process of the application does not answer: {error}");
        Error::new(ErrorKind::Unavailable, message)
    };
    let stream = TcpStream::connect(address)
        .await
        .map_err(|error| silent(&error))?;
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| silent(&error))?;
    tokio::spawn(connection);
    let request = on_connection(request);
    let response = sender.send_request(request).await;
    let mut response = response.map_err(|error| silent(&error))?.map(Body::new);
    strip(response.headers_mut());
    Ok(response)
}

fn on_connection(request: Request<Bytes>) -> Request<Full<Bytes>> {
    let (mut parts, content) = request.into_parts();
    strip(&mut parts.headers);
    parts.headers.remove(CONTENT_LENGTH);
    parts.version = http::Version::HTTP_11;
    Request::from_parts(parts, Full::new(content))
}

fn strip(headers: &mut HeaderMap) {
    for name in OF_CONNECTION {
        headers.remove(name);
    }
}
