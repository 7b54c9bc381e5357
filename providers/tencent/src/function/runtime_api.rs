//! SCF's runtime API, on a connection of its own for each request.
//!
//! An invocation has no id in its paths: there is one at a time, which `next` tells again until it is answered, and of
//! which the first answer counts (<https://www.tencentcloud.com/document/product/583/38130>).

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use isobar::{Error, ErrorKind, Result};
use tokio::net::TcpStream;

use crate::error::gone;

/// Where events come from.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    address: String,
    host: HeaderValue,
}

/// An event, and what is told of its invocation.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) headers: HeaderMap,
    pub(super) event: Bytes,
}

const READY: &str = "/runtime/init/ready";
const NEXT: &str = "/runtime/invocation/next";
const RESPONSE: &str = "/runtime/invocation/response";
const ERROR: &str = "/runtime/invocation/error";
const JSON: HeaderValue = HeaderValue::from_static("application/json");

impl RuntimeApi {
    /// `InvalidArgument` where the host is none.
    pub(super) fn at(host: &str, port: u16) -> Result<Self> {
        let address = format!("{host}:{port}");
        let host = HeaderValue::from_str(&address).map_err(|error| {
            let message = format!("the host of the runtime API is {host:?}, which is none");
            Error::invalid(message).with_source(error)
        })?;
        Ok(Self { address, host })
    }

    /// Content is demanded, and not looked at.
    pub(super) async fn ready(&self) -> Result<()> {
        let answer = self.send(Method::POST, READY, Bytes::from_static(b" "));
        succeeded(answer.await?).await.map(drop)
    }

    /// Waits for as long as there is no event.
    pub(super) async fn next(&self) -> Result<Invocation> {
        let answer = self.send(Method::GET, NEXT, Bytes::new()).await?;
        let (headers, event) = succeeded(answer).await?;
        Ok(Invocation { headers, event })
    }

    /// Whether SCF took the answer; where it did not, it tells the same event again.
    pub(super) async fn respond(&self, answer: Bytes) -> Result<bool> {
        let status = self.tell(RESPONSE, answer).await?;
        if !status.is_success() {
            tracing::error!(target: "isobar", %status, "SCF did not take the answer");
        }
        Ok(status.is_success())
    }

    /// `Unavailable` where SCF does not take that either, so that it would tell the same event for ever.
    pub(super) async fn fail(&self, error: &Error) -> Result<()> {
        let report = serde_json::json!({
            "errorType": format!("Isobar.{:?}", error.kind()),
            "errorMessage": error.message(),
        });
        let status = self.tell(ERROR, report.to_string().into()).await?;
        if status.is_success() {
            return Ok(());
        }
        let message = format!("SCF answers {status} to the failure of an invocation");
        Err(Error::new(ErrorKind::Unavailable, message))
    }

    async fn tell(&self, path: &str, content: Bytes) -> Result<StatusCode> {
        let answer = self.send(Method::POST, path, content).await?;
        Ok(answer.status())
    }

    async fn send(&self, method: Method, path: &str, content: Bytes) -> Result<Response<Incoming>> {
        let stream = TcpStream::connect(&self.address).await.map_err(gone)?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(gone)?;
        tokio::spawn(connection);
        let mut request = Request::new(Full::<Bytes>::from(content));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().map_err(gone)?;
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(CONTENT_TYPE, JSON);
        sender.send_request(request).await.map_err(gone)
    }
}

/// Fields and content of an answer that says that there is one.
async fn succeeded(answer: Response<Incoming>) -> Result<(HeaderMap, Bytes)> {
    let (head, body) = answer.into_parts();
    if !head.status.is_success() {
        let message = format!("the runtime API of SCF answers {}", head.status);
        return Err(Error::new(ErrorKind::Unavailable, message));
    }
    let content = body.collect().await.map_err(gone)?;
    Ok((head.headers, content.to_bytes()))
}
