//! `res`: one response, which functions build up and end.

mod cookie;
mod format;
pub(crate) mod head;
mod headers;
pub(crate) mod node_error;
mod options;
mod redirect;
mod send;
mod stream;
mod wire;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

pub(crate) use options::automatic_options;

use crate::exchange::Exchange;
use crate::flow::{Flow, Handled};
use crate::profile::Profile;
use crate::request::Request;
use crate::settings::Settings;
use crate::unanswered::Unanswered;
use crate::value::{ErrorClass, JsObject, JsValue, Thrown, json_stringify};

/// A response. Cloning copies the reference.
///
/// What ends the response returns [`Handled`], so that `return res.json(…)` reads as in the source; elsewhere it is
/// `res.json(…)?;`, and what follows still runs. A second answer fails as in Express, with `ERR_HTTP_HEADERS_SENT`.
#[derive(Clone)]
pub struct Response(pub(crate) Arc<Exchange>);

impl Response {
    /// `res.status(code)` with a code that is known to be valid.
    ///
    /// Express 5 refuses codes outside 100 to 999 here; with this method the refusal comes when the response is sent, as in
    /// Express 4. See [`Response::set_status`].
    pub fn status(&self, code: u16) -> &Self {
        self.0.response().status = JsValue::Number(f64::from(code));
        self
    }

    /// `res.status(code)` with any value.
    ///
    /// # Errors
    /// Express 5 throws for what is not a whole number from 100 to 999.
    pub fn set_status(&self, code: impl Into<JsValue>) -> Result<&Self, Thrown> {
        let code = code.into();
        if self.profile() == Profile::V5 {
            check_status(&code)?;
        }
        self.0.response().status = code;
        Ok(self)
    }

    /// `res.statusCode`.
    pub fn status_code(&self) -> JsValue {
        self.0.response().status.clone()
    }

    /// `res.statusCode = code`, which is checked when the response is sent.
    pub fn set_status_code(&self, code: impl Into<JsValue>) {
        self.0.response().status = code.into();
    }

    /// `res.statusMessage`: `undefined` unless it was set.
    pub fn status_message(&self) -> JsValue {
        self.0.response().message.clone()
    }

    /// `res.statusMessage = message`: the text behind the status code. HTTP/2 has none.
    pub fn set_status_message(&self, message: impl Into<JsValue>) {
        self.0.response().message = message.into();
    }

    /// `res.locals`.
    pub fn locals(&self) -> JsValue {
        let mut response = self.0.response();
        let locals = response.locals.get_or_insert_with(JsObject::new);
        locals.clone().into()
    }

    /// `res.headersSent`.
    pub fn headers_sent(&self) -> bool {
        self.0.response().headers_sent()
    }

    /// `res.writableEnded`.
    pub fn writable_ended(&self) -> bool {
        self.0.response().ended()
    }

    /// `res.end()` or `res.end(body)`, without any of the headers that [`Response::send`] adds.
    ///
    /// # Errors
    /// When the status or a header turns out to be invalid. Ending an ended response does nothing.
    pub fn end(&self, body: impl Into<Bytes>) -> Handled {
        let mut response = self.0.response();
        if !response.ended() {
            response.end(body.into())?;
        }
        Ok(Flow::Done)
    }

    /// `res.write(chunk)`: sends the headers, if they were not sent, and a part of the body.
    ///
    /// # Errors
    /// When the status or a header turns out to be invalid.
    pub fn write(&self, chunk: impl Into<Bytes>) -> Result<(), Thrown> {
        self.0.response().write(chunk.into())
    }

    /// `res.writeHead(status, headers)`: fixes status and headers, given as an object or as a flat list; `()` for none.
    ///
    /// # Errors
    /// `ERR_HTTP_HEADERS_SENT` when that has been done; otherwise as [`Response::set_header`].
    pub fn write_head(
        &self,
        status: impl Into<JsValue>,
        headers: impl Into<JsValue>,
    ) -> Result<&Self, Thrown> {
        if self.headers_sent() {
            return Err(node_error::headers_sent("write"));
        }
        let status = status.into();
        node_error::status_code(&status)?;
        self.set_status_code(status);
        let headers = headers.into();
        match headers.as_array() {
            Some(list) => self.set_flat(&list.to_vec())?,
            None => {
                for (name, value) in headers
                    .as_object()
                    .map(JsObject::entries)
                    .unwrap_or_default()
                {
                    self.set_header(&name.to_text(), value)?;
                }
            }
        }
        self.0.response().write_head()?;
        Ok(self)
    }

    /// Headers as a list of names and values in turn.
    fn set_flat(&self, list: &[JsValue]) -> Result<(), Thrown> {
        let (pairs, rest) = list.as_chunks::<2>();
        if !rest.is_empty() {
            let message = "The argument 'headers' is invalid".to_owned();
            return Err(node_error::with_code(
                ErrorClass::TypeError,
                "ERR_INVALID_ARG_VALUE",
                message,
            ));
        }
        for [name, value] in pairs {
            self.set_header(&name.to_js_string()?.to_text(), value)?;
        }
        Ok(())
    }

    /// `res.flushHeaders()`.
    ///
    /// # Errors
    /// As [`Response::write`].
    pub fn flush_headers(&self) -> Result<(), Thrown> {
        self.0.response().write(Bytes::new())
    }

    /// `res.req`.
    pub fn request(&self) -> Request {
        Request(Arc::clone(&self.0))
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.request().settings()
    }

    pub(crate) fn profile(&self) -> Profile {
        self.0.request().settings.profile()
    }

    pub(crate) fn give_up(&self, why: Unanswered) {
        self.0.response().give_up(why);
    }
}

fn check_status(code: &JsValue) -> Result<(), Thrown> {
    let shown = || json_stringify(code).and_then(|text| text.to_js_string());
    match code.as_number() {
        Some(number) if number.fract() == 0.0 => {
            if (100.0..=999.0).contains(&number) {
                return Ok(());
            }
            let rule = "Status code must be greater than 99 and less than 1000.";
            Err(Thrown::range_error(format!(
                "Invalid status code: {}. {rule}",
                shown()?
            )))
        }
        _ => {
            let rule = "Status code must be an integer.";
            Err(Thrown::type_error(format!(
                "Invalid status code: {}. {rule}",
                shown()?
            )))
        }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let response = self.0.response();
        write!(
            f,
            "Response({:?}, headers sent: {})",
            response.status,
            response.headers_sent()
        )
    }
}
