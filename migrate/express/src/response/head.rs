//! Status and headers of a response under way, as Node's `ServerResponse` keeps them.

use bytes::Bytes;
use http::header::CONTENT_DISPOSITION;
use http::{HeaderName, Method, StatusCode};
use tokio::sync::oneshot;

use super::node_error;
use super::wire::{self, Chunks, Head, Wire};
use crate::compress::{Encoder, Plan};
use crate::mime;
use crate::unanswered::{NotMine, Unanswered};
use crate::value::{JsObject, JsString, JsValue, Thrown};
use crate::vary::add_to_vary;

/// Everything `res` remembers.
#[derive(Debug)]
pub(crate) struct ResponseState {
    pub(crate) status: JsValue,
    /// `res.statusMessage`; `undefined` for the usual one.
    pub(crate) message: JsValue,
    /// Made when it is first asked for.
    pub(crate) locals: Option<JsObject>,
    headers: Vec<Header>,
    /// `_removedContLen`: somebody has removed `Content-Length`, so Node does not add it again.
    length_removed: bool,
    is_head: bool,
    /// In the order in which middleware asked.
    compressions: Vec<Plan>,
    encoder: Option<Encoder>,
    wire: Wire,
}

#[derive(Debug)]
pub(super) struct Header {
    pub(super) name: HeaderName,
    pub(super) value: JsValue,
}

impl Header {
    fn is_named(&self, name: &str) -> bool {
        self.name.as_str().eq_ignore_ascii_case(name)
    }
}

impl ResponseState {
    pub(crate) fn new(
        method: &Method,
        sender: oneshot::Sender<http::Response<axum::body::Body>>,
    ) -> Self {
        Self {
            status: JsValue::Number(200.0),
            message: JsValue::Undefined,
            locals: None,
            headers: Vec::new(),
            length_removed: false,
            is_head: method == Method::HEAD,
            compressions: Vec::new(),
            encoder: None,
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
        headers.find(|own| own.is_named(name)).map(|own| &own.value)
    }

    pub(crate) fn header_names(&self) -> Vec<String> {
        self.headers
            .iter()
            .map(|header| header.name.as_str().to_owned())
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
        let mut known = self.headers.iter_mut();
        if let Some(known) = known.find(|own| own.is_named(name)) {
            known.value = value;
            return Ok(());
        }
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| node_error::header_name(name))?;
        self.headers.push(Header { name, value });
        Ok(())
    }

    pub(crate) fn remove_header(&mut self, name: &str) -> Result<(), Thrown> {
        if self.headers_sent() {
            return Err(node_error::headers_sent("remove"));
        }
        self.headers.retain(|own| !own.is_named(name));
        self.length_removed |= name.eq_ignore_ascii_case("content-length");
        Ok(())
    }

    /// Compresses the body, if its type and length deserve it.
    pub(crate) fn compress(&mut self, plan: Plan) {
        self.compressions.push(plan);
    }

    /// `writeHead`: fixes status and headers, which go out with the first part of the body.
    pub(crate) fn write_head(&mut self) -> Result<(), Thrown> {
        self.write_head_of(None)
    }

    /// `length` is that of a body that comes whole.
    fn write_head_of(&mut self, length: Option<usize>) -> Result<(), Thrown> {
        // `on-headers` calls the last one first; the others find the body encoded.
        for plan in std::mem::take(&mut self.compressions).into_iter().rev() {
            self.start_compression(plan, length)?;
        }
        if length.is_some_and(|length| length > 0) {
            self.spoil_disposition();
        }
        let head = self.head()?;
        self.wire = match std::mem::take(&mut self.wire) {
            Wire::Unsent(sender) => Wire::Fixed(sender, head),
            other => other,
        };
        Ok(())
    }

    /// Where Node knows the length of the body, it reads the bytes of `Content-Disposition` as UTF-8 and sends one byte of each
    /// code unit (`processHeader` in `lib/_http_outgoing.js`), which spoils names that are not ASCII.
    fn spoil_disposition(&mut self) {
        let mut headers = self.headers.iter_mut();
        let header = headers.find(|header| header.name == CONTENT_DISPOSITION);
        let Some(header) = header else { return };
        let Some(text) = header
            .value
            .as_string()
            .filter(|text| !text.to_text().is_ascii())
        else {
            return;
        };
        let bytes: Vec<u8> = text
            .units()
            .iter()
            .map(|unit| unit.to_le_bytes()[0])
            .collect();
        let read = String::from_utf8_lossy(&bytes);
        let sent: Vec<u16> = read.encode_utf16().map(|unit| unit & 0xff).collect();
        header.value = JsString::from_units(&sent).into();
    }

    /// Sends the whole response, or the rest of it.
    pub(crate) fn end(&mut self, chunk: Bytes) -> Result<(), Thrown> {
        // Node knows the length of a body that comes whole, unless the headers were fixed before.
        let fixed = self.length_removed || !self.compressions.is_empty();
        let with_length = !fixed && matches!(self.wire, Wire::Unsent(_));
        if let Wire::Unsent(_) = self.wire {
            self.write_head_of(Some(chunk.len()))?;
        }
        match std::mem::take(&mut self.wire) {
            Wire::Fixed(sender, head) if with_length => head.send_whole(sender, chunk),
            Wire::Fixed(sender, head) => self.push_last(&head.send_chunked(sender), chunk),
            Wire::Streaming(body) => self.push_last(&body, chunk),
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
            wire::push(body, encoded(&mut self.encoder, chunk));
        }
        Ok(())
    }

    fn push_last(&mut self, body: &Chunks, chunk: Bytes) {
        wire::push(body, encoded(&mut self.encoder, chunk));
        if let Some(encoder) = self.encoder.take() {
            wire::push(body, encoder.finish());
        }
    }

    /// What `compression` does when the headers are about to be sent.
    fn start_compression(&mut self, plan: Plan, length: Option<usize>) -> Result<(), Thrown> {
        let text = |value: Option<&JsValue>| -> Result<String, Thrown> {
            let value = value.map(JsValue::to_js_string).transpose()?;
            Ok(value
                .map(|text| text.to_text().into_owned())
                .unwrap_or_default())
        };
        let kind = text(self.header("Content-Type"))?;
        let cache_control = text(self.header("Cache-Control"))?.to_ascii_lowercase();
        let untouchable = cache_control
            .split(',')
            .any(|one| one.trim() == "no-transform");
        if !mime::is_compressible(&kind) || untouchable {
            return Ok(());
        }
        let vary = add_to_vary(&text(self.header("Vary"))?, "Accept-Encoding")?;
        self.set_header("Vary", vary.into())?;
        let announced = self
            .header("Content-Length")
            .map(JsValue::to_number)
            .transpose()?;
        let below = |length: f64| length < plan.threshold;
        let known = length
            .and_then(|length| u32::try_from(length).ok())
            .map(f64::from);
        let short =
            announced.is_some_and(below) || (announced.is_none() && known.is_some_and(below));
        let coded = text(self.header("Content-Encoding"))?;
        let coded = !coded.is_empty() && coded != "identity";
        let Some(encoding) = plan.encoding.filter(|_| !short && !coded && !self.is_head) else {
            return Ok(());
        };
        self.set_header("Content-Encoding", encoding.name().into())?;
        self.remove_header("Content-Length")?;
        self.encoder = Some(Encoder::new(encoding));
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

fn encoded(encoder: &mut Option<Encoder>, chunk: Bytes) -> Bytes {
    match encoder {
        Some(encoder) => encoder.write(&chunk),
        None => chunk,
    }
}
