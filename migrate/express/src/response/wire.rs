//! Where the bytes of a response go.

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use hyper::ext::ReasonPhrase;
use tokio::sync::{mpsc, oneshot};

use super::head::Header;
use super::node_error;
use super::stream::{ChunkBody, SilentBody};
use crate::statuses;
use crate::value::{JsValue, Thrown};

pub(super) type Sender = oneshot::Sender<http::Response<Body>>;
pub(super) type Chunks = mpsc::UnboundedSender<Result<Bytes, Aborted>>;

/// How far a response has got.
#[derive(Debug, Default)]
pub(super) enum Wire {
    /// Nothing was said.
    Unsent(Sender),
    /// Status and headers are fixed, but not sent.
    Fixed(Sender, Head),
    /// They were sent, the body goes on.
    Streaming(Chunks),
    #[default]
    Ended,
}

/// Ends a body that cannot be finished, so that the client sees a broken connection.
#[derive(Debug)]
pub(crate) struct Aborted;

/// Status and headers in their final form.
#[derive(Debug)]
pub(super) struct Head {
    response: http::Response<Body>,
    has_body: bool,
}

impl Head {
    pub(super) fn new(
        status: StatusCode,
        message: &JsValue,
        headers: &[Header],
        is_head: bool,
    ) -> Result<Self, Thrown> {
        // The length of a body that is known to be empty would be told; Node tells none.
        let body = if is_head {
            Body::new(SilentBody)
        } else {
            Body::empty()
        };
        let mut response = http::Response::new(body);
        *response.status_mut() = status;
        if let Some(reason) = reason(status, message)? {
            response.extensions_mut().insert(reason);
        }
        for header in headers {
            append(response.headers_mut(), header)?;
        }
        let bodiless = status.is_informational()
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED;
        Ok(Self {
            response,
            has_body: !is_head && !bodiless,
        })
    }

    /// Sends a body that comes whole, with its length.
    pub(super) fn send_whole(mut self, sender: Sender, body: Bytes) {
        if self.has_body {
            let headers = self.response.headers_mut();
            headers
                .entry(CONTENT_LENGTH)
                .or_insert_with(|| HeaderValue::from(body.len()));
            *self.response.body_mut() = Body::from(body);
        }
        // The client may have gone; Node ignores that too.
        let _ = sender.send(self.response);
    }

    /// Sends the headers; the body follows in pieces.
    pub(super) fn send_chunked(mut self, sender: Sender) -> Chunks {
        let (chunks, receiver) = mpsc::unbounded_channel();
        if self.has_body {
            *self.response.body_mut() = Body::new(ChunkBody(receiver));
        }
        let _ = sender.send(self.response);
        chunks
    }
}

pub(super) fn push(chunks: &Chunks, chunk: Bytes) {
    if !chunk.is_empty() {
        let _ = chunks.send(Ok(chunk));
    }
}

pub(super) fn cut_off(chunks: &Chunks) {
    let _ = chunks.send(Err(Aborted));
}

/// Sends an empty response with a mark for the server.
pub(super) fn send_marked(
    sender: Sender,
    status: StatusCode,
    mark: impl Clone + Send + Sync + 'static,
) {
    let mut response = http::Response::new(Body::empty());
    *response.status_mut() = status;
    response.extensions_mut().insert(mark);
    let _ = sender.send(response);
}

/// What stands behind the status code, where it is not what a Rust server would write.
fn reason(status: StatusCode, message: &JsValue) -> Result<Option<ReasonPhrase>, Thrown> {
    let bytes = if message.truthy() {
        node_error::latin1_bytes("statusMessage", message)
            .map_err(|_| node_error::status_message())?
    } else {
        statuses::message(status.as_u16())
            .unwrap_or("unknown")
            .as_bytes()
            .to_vec()
    };
    if status
        .canonical_reason()
        .is_some_and(|usual| usual.as_bytes() == bytes)
    {
        return Ok(None);
    }
    ReasonPhrase::try_from(bytes)
        .map(Some)
        .map_err(|_| node_error::status_message())
}

fn append(headers: &mut HeaderMap, header: &Header) -> Result<(), Thrown> {
    let Some(values) = header.value.as_array() else {
        return append_value(headers, &header.name, &header.value);
    };
    let values = values.to_vec();
    let mut values = values.iter();
    values.try_for_each(|value| append_value(headers, &header.name, value))
}

fn append_value(headers: &mut HeaderMap, name: &HeaderName, value: &JsValue) -> Result<(), Thrown> {
    let value = node_error::header_value(name.as_str(), value)?;
    // Two of them would make the message ambiguous; Node writes both, and clients refuse it.
    if name == CONTENT_LENGTH || name == CONTENT_TYPE {
        headers.insert(name, value);
    } else {
        headers.append(name, value);
    }
    Ok(())
}
