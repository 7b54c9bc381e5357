//! What the front doors let through.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request};
use isobar::{Error, ErrorKind, Result};
use isobar_serve::FrontLimits;

use super::FrontDoor;

/// What a front door lets through, in bytes, and how long it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DoorLimits {
    /// The content of a request, and the event as JSON that brings it.
    pub content: u64,
    /// The names and values of a request's header fields with its method and target; `None` where no limit is published.
    pub head: Option<u64>,
    /// The answer of the function as JSON.
    pub answer: u64,
    /// How long it waits for the answer.
    pub time: Duration,
}

const MEGABYTE: u64 = 1_024 * 1_024;

impl FrontDoor {
    /// What the door lets through: Lambda's 6 MB for a synchronous invocation, the load balancers' 1 MB each way, the
    /// 10,240 bytes of header fields of API Gateway. A REST API waits 29 s, an HTTP API 30 s, the others
    /// as long as a function may run, 15 minutes.
    ///
    /// "Lambda quotas", "Quotas for configuring and running a REST API in API Gateway", "Quotas for configuring and
    /// running an HTTP API", "Lambda functions as targets".
    pub const fn limits(self) -> DoorLimits {
        let lambda = DoorLimits {
            content: 6 * MEGABYTE,
            head: None,
            answer: 6 * MEGABYTE,
            time: Duration::from_mins(15),
        };
        match self {
            Self::FunctionUrl => lambda,
            Self::HttpApi | Self::HttpApiV1 => DoorLimits {
                head: Some(10_240),
                time: Duration::from_secs(30),
                ..lambda
            },
            Self::RestApi => DoorLimits {
                head: Some(10_240),
                time: Duration::from_secs(29),
                ..lambda
            },
            Self::LoadBalancer | Self::LoadBalancerMulti => DoorLimits {
                content: MEGABYTE,
                answer: MEGABYTE,
                ..lambda
            },
        }
    }

    /// How long the door waits, where the integration of API Gateway was given this time: more than usual by a quota of a REST
    /// API, never more of an HTTP API, less of both.
    pub(crate) fn time(self, integration: Option<Duration>) -> Duration {
        let usual = self.limits().time;
        match (self, integration) {
            (Self::HttpApi | Self::HttpApiV1, Some(own)) => own.min(usual),
            (Self::RestApi, Some(own)) => own,
            _ => usual,
        }
    }

    /// What of a request's size is looked at once more in the function; the head has the server's limit, since the door adds
    /// fields of its own to what it has measured.
    pub(crate) fn request_limits(self) -> FrontLimits {
        let limits = self.limits();
        FrontLimits {
            request: Some(limits.content),
            ..FrontLimits::NONE
        }
    }

    /// Refuses by `TooLarge` a request whose event is larger than the door lets through, by an estimate of that event.
    pub fn check_event(self, request: &Request<Bytes>) -> Result<()> {
        let (most, measured) = (self.limits().content, event_bytes(request));
        if measured <= most {
            return Ok(());
        }
        let what = "the size in bytes of the event that brings the request";
        Err(Error::over_limit(ErrorKind::TooLarge, what, most, measured))
    }
}

/// What an event has beside the content, the fields and the target.
const CONTEXT: usize = 1_024;
/// The quotes, the colon, and the comma of a member.
const MEMBER: usize = 6;

/// The content as text or Base64, the fields, and the target, which is there as path and as query, in JSON.
fn event_bytes(request: &Request<Bytes>) -> u64 {
    let content = request.body();
    let text = std::str::from_utf8(content).ok();
    let text = text.filter(|_| is_text(request.headers()));
    let content = match text {
        Some(text) => text.bytes().map(escaped).sum(),
        None => content.len().div_ceil(3) * 4,
    };
    let fields = request.headers().iter();
    let fields = fields.map(|(name, value)| name.as_str().len() + value.len() + MEMBER);
    let target = request.uri().path_and_query();
    let target = target.map_or(1, |target| target.as_str().len());
    (CONTEXT + content + fields.sum::<usize>() + 2 * target) as u64
}

/// The bytes of a character's byte in a string of JSON.
fn escaped(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        0..0x20 => 6,
        _ => 1,
    }
}

/// Whether the doors hand content on as text: without a coding, of these types.
///
/// "Working with AWS Lambda proxy integrations for HTTP APIs", "Lambda functions as targets".
fn is_text(headers: &HeaderMap) -> bool {
    if headers.contains_key(CONTENT_ENCODING) {
        return false;
    }
    let media = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let Some(media) = media.and_then(|media| std::str::from_utf8(media).ok()) else {
        return true;
    };
    let media = media.split(';').next().unwrap_or_default().trim();
    let media = media.to_ascii_lowercase();
    let types = [
        "application/json",
        "application/javascript",
        "application/xml",
    ];
    media.starts_with("text/")
        || types.contains(&&*media)
        || media.ends_with("+json")
        || media.ends_with("+xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_weighed_with_its_content_as_it_is_written() {
        let request = |media: &'static str, content: usize| {
            let mut request = Request::new(Bytes::from(vec![b'x'; content]));
            let media = HeaderValue::from_static(media);
            request.headers_mut().insert(CONTENT_TYPE, media);
            request
        };
        let megabyte = 1_024 * 1_024;
        let check = |media, content| FrontDoor::HttpApi.check_event(&request(media, content));
        check("text/plain", 5 * megabyte).unwrap();
        let error = check("application/octet-stream", 5 * megabyte).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        check("application/octet-stream", 4 * megabyte).unwrap();
        check("application/json; charset=utf-8", 6 * megabyte).unwrap_err();
        let balancer = FrontDoor::LoadBalancer;
        balancer
            .check_event(&request("image/png", megabyte - 2_048))
            .unwrap_err();
    }
}
