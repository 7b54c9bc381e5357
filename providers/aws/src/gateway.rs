//! API Gateway HTTP APIs and Lambda function URLs: payload format 2.0 as request and response.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

mod answer;
mod arrival;

use bytes::Bytes;
use isobar::driver::gateway::GatewayDriver;
use isobar::http::Request;
use isobar::{Error, ErrorKind, Result};

use answer::Answer;
use serde_json::value::RawValue;

/// The codec of payload format 2.0.
#[derive(Debug, Clone, Copy, Default)]
pub struct HttpApi;

/// What a function may return at most: 6 MB ("Lambda quotas", synchronous invocation).
const ANSWER_BYTES: usize = 6 * 1_024 * 1_024;

impl GatewayDriver for HttpApi {
    fn provider(&self) -> &'static str {
        "api-gateway-v2"
    }

    fn decode(&self, event: &[u8]) -> Result<Request> {
        arrival::decode(event)
    }

    fn encode(&self, response: http::Response<Bytes>) -> Result<Bytes> {
        let answer: Box<str> = Self::answer(response)?.into();
        Ok(String::from(answer).into())
    }
}

impl HttpApi {
    /// The answer as JSON; `TooLarge` where Lambda would not take it.
    pub(crate) fn answer(response: http::Response<Bytes>) -> Result<Box<RawValue>> {
        let answer = serde_json::value::to_raw_value(&Answer::of(response)).map_err(|error| {
            Error::new(ErrorKind::Internal, "the response is not JSON").with_source(error)
        })?;
        let (limit, measured) = (ANSWER_BYTES as u64, answer.get().len() as u64);
        if measured > limit {
            let what = "the size in bytes of the response";
            return Err(Error::over_limit(
                ErrorKind::TooLarge,
                what,
                limit,
                measured,
            ));
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests;
