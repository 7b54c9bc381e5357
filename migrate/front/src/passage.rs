//! One request from the platform's door to the gateway on this machine, and its answer back.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse as _;
use http::header::{CONNECTION, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use isobar::function::{Context, REQUEST_ID};
use isobar::http::{Request, Response};

/// The way to the gateway.
#[derive(Debug, Clone)]
pub(crate) struct Passage {
    gateway: SocketAddr,
    client: Client<HttpConnector, Body>,
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// What is between this program and the gateway alone.
const OF_THE_CONNECTION: [HeaderName; 4] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    TRANSFER_ENCODING,
    UPGRADE,
];

impl Passage {
    pub(crate) fn to(gateway: SocketAddr) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { gateway, client }
    }

    /// Sends on what the application's door has made of a request, with the path as the client sent it.
    async fn send(&self, invocation: &Context, mut request: Request) -> Result<Response, String> {
        let target = request.uri().path_and_query().cloned();
        let target = target.unwrap_or_else(|| PathAndQuery::from_static("/"));
        let authority = self.gateway.to_string().parse::<Authority>();
        let uri = Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(authority.map_err(|error| error.to_string())?)
            .path_and_query(target)
            .build();
        *request.uri_mut() = uri.map_err(|error| error.to_string())?;
        *request.version_mut() = http::Version::HTTP_11;
        let headers = request.headers_mut();
        for name in OF_THE_CONNECTION {
            headers.remove(name);
        }
        // The door knows whom to believe; what is told on is its finding alone.
        let client = invocation.remote_address();
        let client = client.and_then(|address| HeaderValue::try_from(address.to_string()).ok());
        match client {
            Some(client) => drop(headers.insert(FORWARDED_FOR, client)),
            None => drop(headers.remove(FORWARDED_FOR)),
        }
        headers.insert(REQUEST_ID, invocation.id().header_value());
        let response = self.client.request(request).await;
        let mut response = response.map_err(|error| error.to_string())?;
        for name in OF_THE_CONNECTION {
            response.headers_mut().remove(name);
        }
        Ok(response.map(Body::new))
    }
}

/// Answers as the gateway does, or 502 where it is not there.
pub(crate) async fn pass(
    State(passage): State<Passage>,
    invocation: Context,
    request: Request,
) -> Response {
    match passage.send(&invocation, request).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(error, "the gateway does not answer");
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}
