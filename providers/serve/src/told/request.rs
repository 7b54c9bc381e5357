//! A client's request that a platform tells as JSON, once its parts are read.

use std::net::IpAddr;

use axum::extract::OriginalUri;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use isobar::http::{Body, RebuiltQuery, RemoteAddress, Request};
use isobar::{Error, Result};

/// What a client has sent through a platform's door.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "almost every one is the large one, and none is kept"
)]
pub enum ToldRequest {
    /// A request.
    Request(Request),
    /// None, which the client is to be told.
    Malformed(Error),
}

/// What is told of a request beside its content.
#[derive(Debug)]
pub struct ToldHead {
    /// Its method.
    pub method: Method,
    /// Its target for the application.
    pub target: Uri,
    /// Its target as the client sent it.
    pub original: Uri,
    /// Its fields.
    pub headers: HeaderMap,
    /// Whether keys and values alone are told of its query (rule N2).
    pub is_rebuilt: bool,
    /// The address that it came from, where the platform tells it.
    pub remote_address: Option<IpAddr>,
}

impl ToldRequest {
    /// The request with its content, or why there is none.
    pub fn of(head: Result<ToldHead>, content: Bytes) -> Self {
        match head {
            Ok(head) => Self::Request(head.request(content)),
            Err(error) => Self::Malformed(error),
        }
    }

    /// The request; `InvalidArgument` where there is none.
    pub fn read(self) -> Result<Request> {
        match self {
            Self::Request(request) => Ok(request),
            Self::Malformed(error) => Err(error),
        }
    }
}

impl ToldHead {
    /// The request with this content.
    pub fn request(self, content: Bytes) -> Request {
        let mut request = Request::new(Body::from(content));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.target;
        *request.headers_mut() = self.headers;
        let extensions = request.extensions_mut();
        extensions.insert(OriginalUri(self.original));
        if self.is_rebuilt {
            extensions.insert(RebuiltQuery);
        }
        if let Some(address) = self.remote_address {
            extensions.insert(RemoteAddress(address));
        }
        request
    }
}

/// Adds a field that is told as text; `InvalidArgument` where it is none, or one more than a request can have.
pub fn add_told_field(headers: &mut HeaderMap, name: &str, value: &str) -> Result<()> {
    let malformed = || Error::invalid(format!("the header field {name:?} is malformed"));
    let field =
        HeaderName::from_bytes(name.as_bytes()).map_err(|error| malformed().with_source(error))?;
    let value = HeaderValue::from_bytes(value.as_bytes())
        .map_err(|error| malformed().with_source(error))?;
    headers
        .try_append(field, value)
        .map(drop)
        .map_err(|_| Error::invalid("there are more header fields than a request can have"))
}
