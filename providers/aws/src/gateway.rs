//! The front doors of Lambda: their events as requests, and responses as their answers.
//!
//! Each kind of event is told by its own shape, never by trying; decision record 0070 says how, and which
//! doors decode paths.
//!
//! - HTTP APIs: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>
//! - REST APIs: <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
//! - function URLs: <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>
//! - load balancers: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>

mod answer;
mod arrival;
mod callers;
mod event;
mod limits;
mod path;
mod query;

use bytes::Bytes;
use http::HeaderMap;
use http::uri::Scheme;
use isobar::driver::gateway::GatewayDriver;
use isobar::http::Request;
use isobar::{Error, ErrorKind, Result};
use isobar_serve::client_scheme;

pub(crate) use answer::{no_socket, prelude};
pub(crate) use arrival::Arrival;
pub(crate) use callers::{Checked, Checker};
pub use limits::DoorLimits;

/// A kind of front door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FrontDoor {
    /// A function URL: payload format 2.0, with the path as the client sent it.
    FunctionUrl,
    /// An HTTP API with payload format 2.0, which decodes the path.
    HttpApi,
    /// An HTTP API with payload format 1.0, which decodes the path.
    HttpApiV1,
    /// A REST API.
    RestApi,
    /// An Application Load Balancer that passes one value of each header and parameter, the last.
    LoadBalancer,
    /// An Application Load Balancer with `lambda.multi_value_headers.enabled`.
    LoadBalancerMulti,
}

impl FrontDoor {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::FunctionUrl,
        Self::HttpApi,
        Self::HttpApiV1,
        Self::RestApi,
        Self::LoadBalancer,
        Self::LoadBalancerMulti,
    ];

    /// The door that an event comes from, with its request; `None` where it is no request of a client,
    /// `Unsupported` where it is one of a WebSocket API or a question to an authorizer.
    pub fn read(event: &Bytes) -> Result<Option<(Self, Request)>> {
        match Arrival::of(event)? {
            Arrival::Request(door, request) => Ok(Some((door, request))),
            Arrival::Malformed(_, error) => Err(error),
            Arrival::Socket => Err(event::unsupported("a WebSocket API")),
            Arrival::Other => Ok(None),
        }
    }

    /// Whether it appends the address that it saw to `X-Forwarded-For`, so that entries can be counted from the end.
    ///
    /// Function URLs are reported to keep the first entry alone, which is whatever a client writes
    /// (<https://speedrun.nobackspacecrew.com/blog/2026/03/06/obtaining-caller-ip-address-with-lambda-furls.html>).
    pub(crate) fn appends_addresses(self) -> bool {
        self != Self::FunctionUrl
    }

    /// The scheme by which its clients come: API Gateway and function URLs have HTTPS alone
    /// (<https://aws.amazon.com/api-gateway/faqs/>), a load balancer tells it.
    ///
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html>
    pub(crate) fn scheme(self, headers: &HeaderMap) -> Option<Scheme> {
        match self {
            Self::LoadBalancer | Self::LoadBalancerMulti => client_scheme(headers, 1),
            _ => Some(Scheme::HTTPS),
        }
    }

    /// The answer that this door takes.
    pub(crate) fn answer(self, response: http::Response<Bytes>) -> Result<Bytes> {
        let limit = self.limits().answer;
        let answer = answer::encode(self, response)?;
        let measured = answer.len() as u64;
        if measured > limit {
            let what = "the size in bytes of the response";
            let kind = ErrorKind::TooLarge;
            return Err(Error::over_limit(kind, what, limit, measured));
        }
        Ok(answer.into())
    }
}

impl GatewayDriver for FrontDoor {
    fn provider(&self) -> &'static str {
        match self {
            Self::FunctionUrl => "lambda-url",
            Self::HttpApi => "api-gateway-http",
            Self::HttpApiV1 => "api-gateway-http-v1",
            Self::RestApi => "api-gateway-rest",
            Self::LoadBalancer => "load-balancer",
            Self::LoadBalancerMulti => "load-balancer-multi",
        }
    }

    fn decode(&self, event: &[u8]) -> Result<Request> {
        match Self::read(&Bytes::copy_from_slice(event))? {
            Some((door, request)) if door == *self => Ok(request),
            Some((other, _)) => {
                let (own, other) = (self.provider(), other.provider());
                let message = format!("the event is one of {other}, not of {own}");
                Err(Error::invalid(message))
            }
            None => Err(Error::invalid("the event is no request of a client")),
        }
    }

    fn encode(&self, response: http::Response<Bytes>) -> Result<Bytes> {
        self.answer(response)
    }
}

#[cfg(test)]
mod tests;
