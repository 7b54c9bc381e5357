//! Status and headers of a response under way, as Node's `ServerResponse` keeps them.

use bytes::Bytes;
use http::{Method, StatusCode};
use tokio::sync::oneshot;

use super::node_error;
use super::wire::{self, Head, Wire};
use crate::unanswered::{NotMine, Unanswered};
use crate::value::{JsObject, JsValue, Thrown};

/// Everything `res` remembers.
#[derive(Debug)]
pub(crate) struct ResponseState {
    pub(crate) status: JsValue,
    /// `res.statusMessage`; `undefined` for the usual one.
    pub(crate) message: JsValue,
    pub(crate) locals: JsObject,
    headers: Vec<Header>,
    /// `_removedContLen`: somebody has removed `Content-Length`, so Node does not add it again.
    length_removed: bool,
    is_head: bool,
    wire: Wire,
}

#[derive(Debug)]
pub(super) struct Header {
    /// As it was written last.
    pub(super) name: String,
    pub(super) value: JsValue,
}

impl ResponseState {
    pub(crate) fn new(
        method: &str,
        sender: oneshot::Sender<http::Response<axum::body::Body>>,
    ) -> Self {
        Self {
            status: JsValue::Number(200.0),
            message: JsValue::Undefined,
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
        let mut headers = self.headers.iter();
        headers
            .find(|own| own.name.eq_ignore_ascii_case(name))
            .map(|own| &own.value)
    }

    pub(crate) fn header_names(&self) -> Vec<String> {
        self.headers
            .iter()
            .map(|header| header.name.to_ascii_lowercase())
            .collect()
    }

    /// `setHeader`. The value is one that [`node_error::check_header`] let through.
    pub(crate) fn set_header(&mut self, name: &str, value: JsValue) -> Result<(), Thrown> {
        if self.headers_sent() {
            return Err(node_error::headers_sent("set"));
        }
        if name.eq_ignore_ascii_case("content-length") {
            self.length_removed = false;
        }
        let header = Header {
            name: name.to_owned(),
            value,
        };
        let mut known = self.headers.iter_mut();
        match known.find(|own| own.name.eq_ignore_ascii_case(name)) {
            Some(known) => *known = header,
            None => self.headers.push(header),
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

    /// `writeHead`: fixes status and headers, which go out with the first part of the body.
    pub(crate) fn write_head(&mut self) -> Result<(), Thrown> {
        let head = self.head()?;
        self.wire = match std::mem::take(&mut self.wire) {
            Wire::Unsent(sender) => Wire::Fixed(sender, head),
            other => other,
        };
        Ok(())
    }

    /// Sends the whole response, or the rest of it.
    pub(crate) fn end(&mut self, chunk: Bytes) -> Result<(), Thrown> {
        // Node knows the length of a body that comes whole, unless the headers were fixed before.
        let with_length = !self.length_removed && matches!(self.wire, Wire::Unsent(_));
        if let Wire::Unsent(_) = self.wire {
            self.write_head()?;
        }
        match std::mem::take(&mut self.wire) {
            Wire::Fixed(sender, head) if with_length => head.send_whole(sender, chunk),
            Wire::Fixed(sender, head) => wire::push(&head.send_chunked(sender), chunk),
            Wire::Streaming(body) => wire::push(&body, chunk),
            Wire::Unsent(_) | Wire::Ended => {}
        }
        Ok(())
    }

    /// Sends the headers, if they were not sent, and a part of the body.
    pub(crate) fn write(&mut self, chunk: Bytes) -> Result<(), Thrown> {
        if let Wire::Unsent(_) = self.wire {
            self.write_head()?;
        }
        self.wire = match std::mem::take(&mut self.wire) {
            Wire::Fixed(sender, head) => Wire::Streaming(head.send_chunked(sender)),
            other => other,
        };
        if let Wire::Streaming(body) = &self.wire {
            wire::push(body, chunk);
        }
        Ok(())
    }

    /// Answers for an application that never will, or cuts off what it has begun.
    pub(crate) fn give_up(&mut self, why: Unanswered) {
        match std::mem::take(&mut self.wire) {
            Wire::Unsent(sender) | Wire::Fixed(sender, _) => {
                wire::send_marked(sender, StatusCode::INTERNAL_SERVER_ERROR, why);
            }
            Wire::Streaming(body) => wire::cut_off(&body),
            Wire::Ended => {}
        }
    }

    /// Leaves the request to the legacy application, unless something was sent.
    pub(crate) fn leave(&mut self) {
        self.wire = match std::mem::take(&mut self.wire) {
            Wire::Unsent(sender) => {
                wire::send_marked(sender, StatusCode::MISDIRECTED_REQUEST, NotMine);
                Wire::Ended
            }
            other => other,
        };
    }

    fn head(&self) -> Result<Head, Thrown> {
        let status = node_error::status_code(&self.status)?;
        Head::new(status, &self.message, &self.headers, self.is_head)
    }
}
