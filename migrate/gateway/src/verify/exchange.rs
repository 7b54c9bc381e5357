//! One request to one application, and its whole answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderMap, HeaderValue};
use http::request::Parts;
use http::uri::Authority;
use http_body_util::{BodyExt as _, Full};

use super::request::Request;
use crate::compare::Answer;
use crate::proxy::{Forwarder, strip_response, whole};

/// Both sides' answers to one request.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) legacy: Answer,
    pub(super) ported: Answer,
}

/// Sends `request` to the application at `authority`; what is no answer comes back as a sentence.
pub(super) async fn ask(
    forwarder: &Forwarder,
    authority: &Authority,
    request: &Request,
    timeout: Duration,
) -> Result<Answer, String> {
    let head = head(request)?;
    let body = request.body.clone().unwrap_or_default();
    let asked = async {
        let answer = forwarder
            .send(authority, head, whole(Full::new(body)))
            .await;
        let (head, body) = answer.map_err(|error| error.to_string())?.into_parts();
        let mut headers = head.headers;
        strip_response(&mut headers);
        let body = body
            .collect()
            .await
            .map_err(|error| format!("broke off in its answer ({error})"))?;
        Ok(Answer {
            status: head.status,
            headers,
            body: body.to_bytes(),
        })
    };
    let late = || Err(format!("did not end its answer within {timeout:?}"));
    tokio::time::timeout(timeout, asked)
        .await
        .unwrap_or_else(|_| late())
}

fn head(request: &Request) -> Result<Parts, String> {
    let mut headers = HeaderMap::new();
    // Both sides see the same host, which is neither's own.
    headers.insert(HOST, HeaderValue::from_static("localhost"));
    for (name, value) in &request.headers {
        headers.append(name.clone(), value.clone());
    }
    if let Some(length) = request.body.as_ref().map(Bytes::len) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    let (mut head, ()) = http::Request::new(()).into_parts();
    head.method = request.method.clone();
    head.uri = request
        .target
        .parse()
        .map_err(|error| format!("cannot be asked ({error})"))?;
    head.headers = headers;
    Ok(head)
}
