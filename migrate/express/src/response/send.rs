//! `res.send`, `res.json`, `res.jsonp`, `res.sendStatus`.

use bytes::Bytes;

use super::Response;
use crate::content_type;
use crate::flow::Handled;
use crate::profile::Profile;
use crate::request::Request;
use crate::statuses;
use crate::value::{JsString, JsValue, Thrown, json_stringify, json_stringify_pretty};

impl Response {
    /// `res.send(body)`: text as HTML, a `Buffer` as it is, everything else as JSON, with `Content-Length` and `ETag`; an empty 304
    /// when the client's copy is fresh.
    ///
    /// # Errors
    /// `ERR_HTTP_HEADERS_SENT` when the response was sent; a `TypeError` when a `Content-Type` that was set does not
    /// parse; what `JSON.stringify` throws.
    pub fn send(&self, body: impl Into<JsValue>) -> Handled {
        let value = body.into();
        match value {
            JsValue::Object(object) if object.as_bytes().is_some() => {
                self.send_bytes(object.as_bytes().unwrap_or_default())
            }
            JsValue::Number(status) if self.profile() == Profile::V4 => self.send_number(status),
            JsValue::Bool(_) | JsValue::Number(_) | JsValue::Object(_) => self.json(value),
            JsValue::String(text) => self.send_text(&text),
            JsValue::Null if self.profile() == Profile::V4 => self.send_text_as_is(""),
            JsValue::Null => self.send_final(Some(Bytes::new())),
            JsValue::Undefined => self.send_final(None),
        }
    }

    /// `res.send(buffer)`: bytes, as `application/octet-stream` unless a type was set.
    ///
    /// # Errors
    /// As [`Response::send`].
    pub fn send_bytes(&self, bytes: impl Into<Bytes>) -> Handled {
        if !self.get("Content-Type").truthy() {
            self.content_type("bin")?;
        }
        self.send_final(Some(bytes.into()))
    }

    /// `res.json(value)`.
    ///
    /// # Errors
    /// As [`Response::send`].
    pub fn json(&self, value: impl Into<JsValue>) -> Handled {
        let body = self.stringify(&value.into())?;
        if !self.get("Content-Type").truthy() {
            self.set("Content-Type", "application/json")?;
        }
        self.send(body)
    }

    /// `res.jsonp(value)`: JSON, or a call of the function that the query names.
    ///
    /// # Errors
    /// As [`Response::send`].
    pub fn jsonp(&self, value: impl Into<JsValue>) -> Handled {
        let body = self.stringify(&value.into())?;
        let callback = self.callback()?;
        if !self.get("Content-Type").truthy() {
            self.set("X-Content-Type-Options", "nosniff")?;
            self.set("Content-Type", "application/json")?;
        }
        let Some(callback) = callback else {
            return self.send(body);
        };
        self.set("X-Content-Type-Options", "nosniff")?;
        self.set("Content-Type", "text/javascript")?;
        let argument = match &body {
            JsValue::String(json) => json
                .to_text()
                .replace('\u{2028}', "\\u2028")
                .replace('\u{2029}', "\\u2029"),
            _ => String::new(),
        };
        self.send(format!(
            "/**/ typeof {callback} === 'function' && {callback}({argument});"
        ))
    }

    /// `res.sendStatus(code)`: the status with its name as text.
    ///
    /// # Errors
    /// As [`Response::send`] and [`Response::set_status`].
    pub fn send_status(&self, code: impl Into<JsValue>) -> Handled {
        let code = code.into();
        let body = message_of(&code)?;
        self.set_status(code)?;
        self.content_type("txt")?;
        self.send(body)
    }

    /// `res.send(404)` of Express 4: a number is a status.
    fn send_number(&self, status: f64) -> Handled {
        if !self.get("Content-Type").truthy() {
            self.content_type("txt")?;
        }
        self.set_status_code(status);
        match status_message(&JsValue::Number(status)) {
            Some(message) => self.send(message),
            None => self.send(JsValue::Undefined),
        }
    }

    fn send_text(&self, text: &JsString) -> Handled {
        let typed = self.get("Content-Type");
        if self.profile() == Profile::V5 {
            match typed.as_string() {
                Some(typed) => self.set_utf8(typed)?,
                None => self.content_type("html").map(drop)?,
            }
        } else if !typed.truthy() {
            self.content_type("html")?;
        }
        self.send_text_as_is(&text.to_text())
    }

    fn send_text_as_is(&self, text: &str) -> Handled {
        if self.profile() == Profile::V4
            && let Some(typed) = self.get("Content-Type").as_string()
        {
            self.set_utf8(typed)?;
        }
        self.send_final(Some(Bytes::copy_from_slice(text.as_bytes())))
    }

    /// Text is always written as UTF-8, and the type says so.
    fn set_utf8(&self, typed: &JsString) -> Result<(), Thrown> {
        let typed = typed.to_text();
        if content_type::is_usual_in_utf_8(&typed) {
            return Ok(());
        }
        if typed.is_empty() {
            return self.set("Content-Type", "").map(drop);
        }
        let with_charset = content_type::with_charset(self.profile(), &typed, "utf-8")?;
        self.set("Content-Type", with_charset).map(drop)
    }

    /// The second half of `res.send`: length, entity tag, freshness, and what some statuses forbid.
    fn send_final(&self, body: Option<Bytes>) -> Handled {
        if let Some(body) = &body {
            self.describe(body)?;
        }
        let req = self.request();
        if req.fresh() {
            self.status(304);
        }
        let mut body = body.unwrap_or_default();
        let status = self.status_code();
        if status == 204.0 || status == 304.0 {
            for name in ["Content-Type", "Content-Length", "Transfer-Encoding"] {
                self.remove_header(name)?;
            }
            body = Bytes::new();
        }
        if status == 205.0 {
            self.set("Content-Length", "0")?;
            self.remove_header("Transfer-Encoding")?;
            body = Bytes::new();
        }
        if req.method() == "HEAD" {
            body = Bytes::new();
        }
        self.end(body)
    }

    fn describe(&self, body: &Bytes) -> Result<(), Thrown> {
        let chunked = self.profile() == Profile::V5 && self.get("Transfer-Encoding").truthy();
        let etag = self.settings().etag.filter(|_| !self.get("ETag").truthy());
        if !chunked {
            self.set("Content-Length", body.len().to_string())?;
        }
        if let Some(etag) = etag {
            self.set("ETag", etag.of(body))?;
        }
        Ok(())
    }

    /// `JSON.stringify` with the settings `json spaces` and `json escape`.
    fn stringify(&self, value: &JsValue) -> Result<JsValue, Thrown> {
        let settings = self.settings();
        let json = json_with_spaces(value, &settings.get("json spaces"))?;
        if !settings.enabled("json escape") {
            return Ok(json);
        }
        Ok(match json.as_string() {
            Some(json) => escape(&json.to_text()).into(),
            None => json,
        })
    }

    /// The function name in the query, without what does not belong into one.
    fn callback(&self) -> Result<Option<String>, Thrown> {
        let name = self.settings().get("jsonp callback name");
        let mut callback = Request::query(&self.request()).item(&name)?;
        if let Some(list) = callback.as_array() {
            callback = list.get(0);
        }
        let Some(callback) = callback.as_string().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let allowed =
            |c: &char| c.is_ascii_alphanumeric() || matches!(c, '[' | ']' | '_' | '$' | '.');
        Ok(Some(callback.to_text().chars().filter(allowed).collect()))
    }
}

fn json_with_spaces(value: &JsValue, spaces: &JsValue) -> Result<JsValue, Thrown> {
    const LONGEST: usize = 10;
    match spaces {
        JsValue::Number(count) if *count >= 1.0 => {
            let widths = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
            let count = widths
                .iter()
                .position(|width| *count < *width)
                .unwrap_or(LONGEST);
            json_stringify_pretty(value, &" ".repeat(count))
        }
        JsValue::String(indent) if !indent.is_empty() => {
            json_stringify_pretty(value, &indent.range(0, LONGEST.min(indent.len())).to_text())
        }
        _ => json_stringify(value),
    }
}

fn escape(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

fn status_message(code: &JsValue) -> Option<&'static str> {
    let text = code.to_js_string().ok()?;
    let code: u16 = text.as_str()?.parse().ok()?;
    statuses::message(code)
}

/// The name of a status, or the code itself where it has none.
fn message_of(code: &JsValue) -> Result<JsString, Thrown> {
    match status_message(code) {
        Some(message) => Ok(JsString::literal(message)),
        None => code.to_js_string(),
    }
}
