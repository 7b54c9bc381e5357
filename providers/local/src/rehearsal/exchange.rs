//! One request to one process of the application, over a connection of its own.

use std::net::SocketAddr;

use bytes::Bytes;
use http::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use isobar::driver::drop_connection_fields;
use isobar::http::{Body, Response};
use isobar::{Error, ErrorKind, Result};
use tokio::net::TcpStream;

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
    drop_connection_fields(request.headers_mut());
    *request.version_mut() = http::Version::HTTP_11;
    let response = sender.send_request(request).await;
    let mut response = response.map_err(|error| silent(&error))?.map(Body::new);
    drop_connection_fields(response.headers_mut());
    Ok(response)
}
