//! The contract of a gateway whose requests arrive as events: a pure codec.
//!
//! Platforms whose requests arrive as HTTP have no codec; they serve the application on
//! `isobar-serve`.

use std::fmt;

use bytes::Bytes;

use crate::error::Result;
use crate::http::Request;

/// A codec between a vendor's HTTP event and the portable request and response.
///
/// Must keep what the client sent to the byte: raw path and raw query never re-encoded, duplicate
/// headers and cookies in order (rules N1 to N7); bytes out must equal bytes in for any content.
pub trait GatewayDriver: fmt::Debug + Send + Sync + 'static {
    /// The gateway's name in errors and reports, such as `api-gateway-v2`.
    fn provider(&self) -> &'static str;

    /// The request that an event carries; `InvalidArgument` where it is not such an event, naming
    /// the member that is wrong.
    fn decode(&self, event: &[u8]) -> Result<Request>;

    /// The event's answer. Must carry no body where HTTP allows none.
    fn encode(&self, response: http::Response<Bytes>) -> Result<Bytes>;
}
