//! One request from the platform's door to the gateway on this machine, and its answer back.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse as _;
use http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use isobar::function::{Context, REQUEST_ID};
use isobar::http::{Request, Response};
use isobar_migrate_gateway::strip_request;

/// The way to the gateway.
#[derive(Debug, Clone)]
pub(crate) struct Passage {
    gateway: SocketAddr,
    /// Whether what a request says of its scheme was written by a door that is trusted.
    scheme_is_told: bool,
    client: Client<HttpConnector, Body>,
}

/// Well before the gateway ends an idle connection, which a request that is sent just then would be lost on.
const IDLE: Duration = Duration::from_secs(4);
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// What a door passes on as it came.
const OF_CLIENTS: [HeaderName; 3] = [
    FORWARDED,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-prefix"),
];

impl Passage {
    pub(crate) fn to(gateway: SocketAddr, scheme_is_told: bool) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Self {
            gateway,
            scheme_is_told,
            client,
        }
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
        strip_request(headers);
        self.tell_the_way(headers, invocation.remote_address());
        headers.insert(REQUEST_ID, invocation.id().header_value());
        let response = self.client.request(request).await;
        // The application that this is strips what belongs to a connection.
        let response = response.map_err(|error| error.to_string())?;
        Ok(response.map(Body::new))
    }

    /// The door knows whom to believe; what is told on is its finding alone, and never what a client wrote.
    fn tell_the_way(&self, headers: &mut HeaderMap, client: Option<IpAddr>) {
        for name in OF_CLIENTS {
            headers.remove(name);
        }
        if !self.scheme_is_told {
            headers.remove(FORWARDED_PROTO);
        }
        let client = client.and_then(|address| HeaderValue::try_from(address.to_string()).ok());
        match client {
            Some(client) => drop(headers.insert(FORWARDED_FOR, client)),
            None => drop(headers.remove(FORWARDED_FOR)),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn field((name, value): (&'static str, &'static str)) -> (HeaderName, HeaderValue) {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    }

    #[tokio::test]
    async fn nothing_that_a_client_writes_about_the_way_goes_on() {
        let written = [
            ("host", "shop.example"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-prefix", "/evil"),
            ("forwarded", "for=10.0.0.1;host=evil.example"),
        ];
        let told = |scheme_is_told, client: Option<&str>| {
            let mut headers = HeaderMap::from_iter(written.map(field));
            let passage = Passage::to(([127, 0, 0, 1], 1).into(), scheme_is_told);
            passage.tell_the_way(&mut headers, client.map(|client| client.parse().unwrap()));
            let mut lines: Vec<String> = headers
                .iter()
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                .collect();
            lines.sort();
            lines.join(", ")
        };
        assert_eq!(
            told(true, Some("203.0.113.7")),
            "host: shop.example, x-forwarded-for: 203.0.113.7, x-forwarded-proto: https"
        );
        assert_eq!(told(false, None), "host: shop.example");
    }
}
