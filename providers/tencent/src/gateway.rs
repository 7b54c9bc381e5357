//! API Gateway in front of an event function: its integration request, and the integration response.
//!
//! <https://www.tencentcloud.com/document/product/583/12513>. The API must have `isIntegratedResponse`; content that is not
//! text needs `isBase64Encoded`, with which requests say so themselves.

mod answer;
mod arrival;

use bytes::Bytes;
use http::Response;
use isobar::driver::gateway::GatewayDriver;
use isobar::http::Request;
use isobar::{Error, ErrorKind, Result};

pub(crate) use arrival::{ToldBase, arrival, is_request};

use crate::config::MOST_BYTES;

/// The codec of an API with an integration request and an integration response.
///
/// What a request loses on its way is API Gateway's doing: of fields of one name one value is told, and queries are decoded
/// into keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiGateway;

impl GatewayDriver for ApiGateway {
    fn provider(&self) -> &'static str {
        "tencent-api-gateway"
    }

    fn decode(&self, event: &[u8]) -> Result<Request> {
        arrival(event)?.read()
    }

    fn encode(&self, response: Response<Bytes>) -> Result<Bytes> {
        let answer = answer::encode(response)?;
        let measured = answer.len() as u64;
        if measured > MOST_BYTES {
            let what = "the size in bytes of the response";
            let kind = ErrorKind::TooLarge;
            return Err(Error::over_limit(kind, what, MOST_BYTES, measured));
        }
        Ok(answer.into())
    }
}

#[cfg(test)]
mod tests;
