//! How a service of each protocol says that it has too much to do.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;

use crate::Protocol;
use crate::fault::Answer;

/// Codes of gRPC.
const RESOURCE_EXHAUSTED: u8 = 8;
const UNAVAILABLE: u8 = 14;

/// The answer in the terms of HTTP.
pub(crate) fn response(answer: &Answer, protocol: Protocol) -> Response<Full<Bytes>> {
    match answer {
        Answer::Throttled(wait) if protocol == Protocol::Grpc => failed(RESOURCE_EXHAUSTED, *wait),
        Answer::Unavailable(wait) if protocol == Protocol::Grpc => failed(UNAVAILABLE, *wait),
        Answer::Throttled(wait) => busy(StatusCode::TOO_MANY_REQUESTS, *wait),
        Answer::Unavailable(wait) => busy(StatusCode::SERVICE_UNAVAILABLE, *wait),
        Answer::Http {
            status,
            content_type,
            body,
        } => {
            let mut response = Response::new(Full::from(body.clone()));
            *response.status_mut() = StatusCode::from_u16(*status).unwrap_or_default();
            put(&mut response, "content-type", content_type);
            response
        }
        Answer::Postgres(code) => busy(StatusCode::INTERNAL_SERVER_ERROR, Duration::ZERO)
            .map(|_| Full::from(format!("{code} is no answer of HTTP"))),
    }
}

/// As a load balancer says it, which knows nothing of the service behind it.
fn busy(status: StatusCode, wait: Duration) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from("<html><body>busy</body></html>"));
    *response.status_mut() = status;
    put(&mut response, "content-type", "text/html");
    put(&mut response, "retry-after", &wait.as_secs().to_string());
    response
}

/// With the wait as a `google.rpc.RetryInfo` in the details, as Google's services give it.
fn failed(code: u8, wait: Duration) -> Response<Full<Bytes>> {
    let seconds = u8::try_from(wait.as_secs()).unwrap_or(u8::MAX).min(127);
    let duration = field(1, &[0x08, seconds]);
    let mut any = field(1, b"type.googleapis.com/google.rpc.RetryInfo");
    any.extend(field(2, &duration));
    let mut status = vec![0x08, code];
    status.extend(field(3, &any));
    let mut response = Response::new(Full::default());
    put(&mut response, "content-type", "application/grpc");
    put(&mut response, "grpc-status", &code.to_string());
    put(&mut response, "grpc-message", "not now");
    put(&mut response, "grpc-status-details-bin", &base64(&status));
    response
}

fn put(response: &mut Response<Full<Bytes>>, name: &'static str, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}

/// A field of a protobuf message that holds bytes, fewer than 128.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    let mut field = vec![number << 3 | 2, length];
    field.extend(bytes);
    field
}

/// Without padding, as gRPC has it in headers.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut block = [0_u8; 4];
        block[1..=chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes(block);
        for digit in 0..=chunk.len() {
            let at = (bits >> (18 - 6 * digit)) & 63;
            text.push(char::from(DIGITS[at as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_has_no_padding() {
        let texts = ["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes()));
        assert_eq!(texts, ["", "Zg", "Zm8", "Zm9v", "Zm9vYg"]);
    }
}
