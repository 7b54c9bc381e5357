//! One request to one process of the application, over a connection of its own.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{CONNECTION, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, Request};
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
pub(super) async fn send<B>(address: SocketAddr, request: Request<B>) -> Result<Response>
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
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
    let mut request = request;
    strip(request.headers_mut());
    *request.version_mut() = http::Version::HTTP_11;
    let response = sender.send_request(request).await;
    let mut response = response.map_err(|error| silent(&error))?.map(Body::new);
    strip(response.headers_mut());
    Ok(response)
}

fn strip(headers: &mut HeaderMap) {
    for name in OF_CONNECTION {
        headers.remove(name);
    }
}
