//! The response under way: status and headers as Node's `ServerResponse` keeps them, and where the bytes go.

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::sync::{mpsc, oneshot};

use super::node_error;
use super::stream::ChunkBody;
use crate::unanswered::{NotMine, Unanswered};
use crate::value::{JsObject, JsValue, Thrown};

/// Everything `res` remembers.
#[derive(Debug)]
pub(crate) struct ResponseState {
    pub(crate) status: JsValue,
    pub(crate) locals: JsObject,
    headers: Vec<Header>,
    /// `_removedContLen`: somebody has removed `Content-Length`, so Node does not add it again.
    length_removed: bool,
    is_head: bool,
    wire: Wire,
}

#[derive(Debug)]
struct Header {
    /// As it was written last.
    name: String,
    value: JsValue,
}

/// How far the response has got.
#[derive(Debug)]
enum Wire {
    /// Nothing was sent.
    Unsent(oneshot::Sender<http::Response<Body>>),
    /// The headers were sent, the body goes on.
    Streaming(mpsc::UnboundedSender<Result<Bytes, Aborted>>),
    Ended,
}

/// Ends a body that cannot be finished, so that the client sees a broken connection.
#[derive(Debug)]
pub(crate) struct Aborted;

impl ResponseState {
    pub(crate) fn new(method: &str, sender: oneshot::Sender<http::Response<Body>>) -> Self {
        Self {
            status: JsValue::Number(200.0),
            locals: JsObject::new(),
            headers: Vec::new(),
            length_removed: false,
            is_head: method == Method::HEAD,
            wire: Wire::Unsent(sender),
        }
    }

    pub(crate) fn headers_sent(&self) -> bool {
        !matches!(self.wire, Wire::Unsent(_))
    }

    pub(crate) fn ended(&self) -> bool {
        matches!(self.wire, Wire::Ended)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&JsValue> {
        self.headers
            .iter()
            .find(|own| own.name.eq_ignore_ascii_case(name))
            .map(|own| &own.value)
    }

    pub(crate) fn header_names(&self) -> Vec<String> {
        self.headers
            .iter()
            .map(|header| header.name.to_ascii_lowercase())
            .collect()
    }

    /// `setHeader`. The value is what [`node_error::header_value`] let through.
    pub(crate) fn set_header(&mut self, name: &str, value: JsValue) -> Result<(), Thrown> {
        if self.headers_sent() {
            return Err(node_error::headers_sent("set"));
        }
        if name.eq_ignore_ascii_case("content-length") {
            self.length_removed = false;
        }
        match self
            .headers
            .iter_mut()
            .find(|own| own.name.eq_ignore_ascii_case(name))
        {
            Some(header) => {
                *header = Header {
                    name: name.to_owned(),
                    value,
                }
            }
            None => self.headers.push(Header {
                name: name.to_owned(),
                value,
            }),
        }
        Ok(())
    }

    pub(crate) fn remove_header(&mut self, name: &str) -> Result<(), Thrown> {
        if self.headers_sent() {
            return Err(node_error::headers_sent("remove"));
        }
        self.headers
            .retain(|own| !own.name.eq_ignore_ascii_case(name));
        self.length_removed |= name.eq_ignore_ascii_case("content-length");
        Ok(())
    }

    /// Sends the whole response, or the rest of it.
    pub(crate) fn end(&mut self, chunk: Bytes) -> Result<(), Thrown> {
        if let Wire::Streaming(body) = &self.wire {
            if !chunk.is_empty() {
                // The client may have gone; Node ignores that too.
                let _ = body.send(Ok(chunk));
            }
            self.wire = Wire::Ended;
            return Ok(());
        }
        let mut head = self.head()?;
        let Wire::Unsent(sender) = std::mem::replace(&mut self.wire, Wire::Ended) else {
            return Ok(());
        };
        let without_length = !head.headers().contains_key(CONTENT_LENGTH);
        if self.has_body(&head) {
            if without_length && !self.length_removed {
                head.headers_mut()
                    .insert(CONTENT_LENGTH, HeaderValue::from(chunk.len()));
            }
            *head.body_mut() = Body::from(chunk);
        }
        let _ = sender.send(head);
        Ok(())
    }

    /// Sends the headers, if they were not sent, and a part of the body.
    pub(crate) fn write(&mut self, chunk: Option<Bytes>) -> Result<(), Thrown> {
        if let Wire::Unsent(_) = self.wire {
            self.start_streaming()?;
        }
        if let (Wire::Streaming(body), Some(chunk)) = (&self.wire, chunk) {
            let _ = body.send(Ok(chunk));
        }
        Ok(())
    }

    fn start_streaming(&mut self) -> Result<(), Thrown> {
        let mut head = self.head()?;
        let (chunks, receiver) = mpsc::unbounded_channel();
        if self.has_body(&head) {
            *head.body_mut() = Body::new(ChunkBody(receiver));
        }
        let wire = std::mem::replace(&mut self.wire, Wire::Streaming(chunks));
        if let Wire::Unsent(sender) = wire {
            let _ = sender.send(head);
        }
        Ok(())
    }

    /// Answers for an application that never will, or cuts off what it has begun.
    pub(crate) fn give_up(&mut self, why: Unanswered) {
        match std::mem::replace(&mut self.wire, Wire::Ended) {
            Wire::Unsent(sender) => {
                let _ = sender.send(marked(StatusCode::INTERNAL_SERVER_ERROR, why));
            }
            Wire::Streaming(body) => {
                let _ = body.send(Err(Aborted));
            }
            Wire::Ended => {}
        }
    }

    /// Leaves the request to the legacy application.
    pub(crate) fn leave(&mut self) {
        if let Wire::Unsent(_) = self.wire
            && let Wire::Unsent(sender) = std::mem::replace(&mut self.wire, Wire::Ended)
        {
            let _ = sender.send(marked(StatusCode::MISDIRECTED_REQUEST, NotMine));
        }
    }

    fn has_body(&self, head: &http::Response<Body>) -> bool {
        let status = head.status();
        let bodiless = status.is_informational()
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED;
        !self.is_head && !bodiless
    }

    fn head(&self) -> Result<http::Response<Body>, Thrown> {
        let mut response = http::Response::new(Body::empty());
        *response.status_mut() = node_error::status_code(&self.status)?;
        for header in &self.headers {
            append(response.headers_mut(), header)?;
        }
        Ok(response)
    }
}

fn append(headers: &mut HeaderMap, header: &Header) -> Result<(), Thrown> {
    let name = HeaderName::from_bytes(header.name.as_bytes())
        .map_err(|_| node_error::header_name(&header.name))?;
    let values = match header.value.as_array() {
        Some(values) => values.to_vec(),
        None => vec![header.value.clone()],
    };
    for value in values {
        let bytes = node_error::latin1_bytes(&header.name, &value)?;
        let value = HeaderValue::from_bytes(&bytes)
            .map_err(|_| node_error::header_content(&header.name))?;
        // Two of them would make the message ambiguous; Node writes both, and clients refuse it.
        if name == CONTENT_LENGTH || name == CONTENT_TYPE {
            headers.insert(&name, value);
        } else {
            headers.append(&name, value);
        }
    }
    Ok(())
}

fn marked(status: StatusCode, mark: impl Clone + Send + Sync + 'static) -> http::Response<Body> {
    let mut response = http::Response::new(Body::empty());
    *response.status_mut() = status;
    response.extensions_mut().insert(mark);
    response
}
