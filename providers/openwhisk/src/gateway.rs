//! Raw web actions: an activation's arguments as a request, and a response as its result.
//!
//! <https://github.com/apache/openwhisk/blob/master/docs/webactions.md>, and what that leaves open
//! <https://github.com/apache/openwhisk/blob/master/core/controller/src/main/scala/org/apache/openwhisk/core/controller/WebActions.scala>

mod answer;
mod arrival;
mod media;

use bytes::Bytes;
use http::Response;
use isobar::driver::gateway::GatewayDriver;
use isobar::http::Request;
use isobar::{Error, ErrorKind, Result};

pub(crate) use arrival::arrival;

use crate::config::ENTITY_BYTES;

/// The codec of a web action that was created with `--web raw`.
///
/// What a request loses on its way is the controller's doing: of fields of one name the last is told, path and query are
/// written anew, and text is what was left of it as UTF-8. Text that is none cannot be answered: `encode` says so
/// (`Unsupported`), since a client would see other bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebAction;

impl GatewayDriver for WebAction {
    fn provider(&self) -> &'static str {
        "openwhisk-web-action"
    }

    fn decode(&self, event: &[u8]) -> Result<Request> {
        arrival(event)?.read()
    }

    fn encode(&self, response: Response<Bytes>) -> Result<Bytes> {
        let answer = answer::encode(response)?;
        let measured = answer.len() as u64;
        if measured > ENTITY_BYTES {
            let what = "the size in bytes of the result";
            let kind = ErrorKind::TooLarge;
            return Err(Error::over_limit(kind, what, ENTITY_BYTES, measured));
        }
        Ok(answer.into())
    }
}

#[cfg(test)]
mod tests;
