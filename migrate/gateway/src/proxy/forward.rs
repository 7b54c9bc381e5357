//! The third phase: the request goes to an application, and the head of its answer comes back.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, HeaderMap};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http::{Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::body::GatewayBody;
use super::refusal::Refusal;
use crate::config::Timeouts;
use crate::state::Side;

/// The connections to the applications.
#[derive(Clone, Debug)]
pub(crate) struct Forwarder {
    client: Client<HttpConnector, GatewayBody>,
    response: Duration,
}

/// Why an application gave no answer.
#[derive(Debug)]
pub(crate) enum ForwardError {
    /// Nothing takes connections there.
    Unreachable(String),
    /// It took the request and said nothing in time.
    Silent(Duration),
    /// It broke off, or said something that is not HTTP.
    Broken(String),
}

/// Node closes an idle connection after five seconds; a request that is sent just then would be lost.
const IDLE: Duration = Duration::from_secs(4);

impl Forwarder {
    pub(crate) fn new(timeouts: &Timeouts) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(timeouts.connect));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .set_host(false)
            .build(connector);
        Self {
            client,
            response: timeouts.response,
        }
    }

    /// Sends a request whose head has been rewritten.
    pub(crate) async fn send(
        &self,
        authority: &Authority,
        mut head: Parts,
        body: GatewayBody,
    ) -> Result<Response<Incoming>, ForwardError> {
        head.uri = target(authority, head.uri.path_and_query());
        head.version = Version::HTTP_11;
        let answer = self.client.request(Request::from_parts(head, body));
        match tokio::time::timeout(self.response, answer).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) if error.is_connect() => Err(ForwardError::Unreachable(chain(&error))),
            Ok(Err(error)) => Err(ForwardError::Broken(chain(&error))),
            Err(_) => Err(ForwardError::Silent(self.response)),
        }
    }
}

/// Whether the ported application has left a request to the legacy one: a 421 without a body, which no handler sends
/// (`isobar_express::NotMine`). It has changed nothing then.
pub(crate) fn is_handed_back(status: StatusCode, headers: &HeaderMap) -> bool {
    let is_empty = headers
        .get(CONTENT_LENGTH)
        .is_some_and(|length| length == "0");
    status == StatusCode::MISDIRECTED_REQUEST && is_empty
}

impl fmt::Display for ForwardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(cause) => write!(f, "cannot be reached ({cause})"),
            Self::Silent(timeout) => write!(f, "did not begin an answer within {timeout:?}"),
            Self::Broken(cause) => write!(f, "broke off, or did not answer in HTTP ({cause})"),
        }
    }
}

impl ForwardError {
    pub(crate) fn into_refusal(self, side: Side) -> Refusal {
        let (status, code) = match self {
            Self::Unreachable(_) => (StatusCode::BAD_GATEWAY, "unreachable"),
            Self::Silent(_) => (StatusCode::GATEWAY_TIMEOUT, "no_answer"),
            Self::Broken(_) => (StatusCode::BAD_GATEWAY, "broken_answer"),
        };
        Refusal::side(side, status, code, &self.to_string())
    }
}

fn target(authority: &Authority, path: Option<&PathAndQuery>) -> Uri {
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority.clone());
    parts.path_and_query = Some(path.cloned().unwrap_or(PathAndQuery::from_static("/")));
    Uri::from_parts(parts).expect("scheme, authority and path make a URI")
}

/// The innermost cause says what happened.
fn chain(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
