//! `req.headers`, `req.get`, and what only reads headers.

use super::Request;
use crate::fresh::{Validators, fresh};
use crate::value::{JsObject, JsString, JsValue};

impl Request {
    /// `req.headers`: names in lower case. The object is one and the same for the whole request.
    pub fn headers(&self) -> JsValue {
        self.headers_object().into()
    }

    /// `req.get(name)`, any case; `undefined` where there is no such header. `Referer` and `Referrer` are the same.
    pub fn get(&self, name: &str) -> JsValue {
        let name = name.to_ascii_lowercase();
        if name == "referer" || name == "referrer" {
            let referrer = self.header_value("referrer");
            return if referrer.truthy() {
                referrer
            } else {
                self.header_value("referer")
            };
        }
        self.header_value(&name)
    }

    /// `req.header(name)`, which is [`Request::get`].
    pub fn header(&self, name: &str) -> JsValue {
        self.get(name)
    }

    /// `req.xhr`.
    pub fn xhr(&self) -> bool {
        let header = self.header_text("x-requested-with");
        header.is_some_and(|value| value.eq_ignore_ascii_case("xmlhttprequest"))
    }

    /// `req.fresh`: whether the client's copy of the response, as it stands, is still good.
    pub fn fresh(&self) -> bool {
        let header = |name: &str| self.header_text(name);
        let (since, none_match) = (header("if-modified-since"), header("if-none-match"));
        if since.is_none() && none_match.is_none() {
            return false;
        }
        let method = self.method();
        if !["GET", "HEAD", "QUERY"].iter().any(|safe| method == **safe) {
            return false;
        }
        let res = self.response();
        let status = res.status_code();
        let successful = status
            .as_number()
            .is_some_and(|code| (200.0..300.0).contains(&code));
        if !successful && status != 304.0 {
            return false;
        }
        let text = |value: JsValue| value.as_string().map(|text| text.to_text().into_owned());
        let etag = text(res.get("ETag"));
        let last_modified = text(res.get("Last-Modified"));
        let control = header("cache-control");
        let validators = Validators {
            if_modified_since: since.as_deref(),
            if_none_match: none_match.as_deref(),
            cache_control: control.as_deref(),
            etag: etag.as_deref(),
            last_modified: last_modified.as_deref(),
        };
        fresh(self.settings().profile(), &validators)
    }

    /// `req.stale`.
    pub fn stale(&self) -> bool {
        !self.fresh()
    }

    /// The header `name` (lower case) as text.
    pub(crate) fn header_text(&self, name: &str) -> Option<String> {
        if self.read(|state| state.headers_object.is_none()) {
            return self.read(|state| {
                state
                    .headers
                    .iter()
                    .find(|(own, _)| own == name)
                    .map(|(_, value)| value.clone())
            });
        }
        let value = self.header_value(name);
        value.as_string().map(|text| text.to_text().into_owned())
    }

    fn header_value(&self, name: &str) -> JsValue {
        if self.read(|state| state.headers_object.is_none()) {
            return self
                .header_text(name)
                .map_or(JsValue::Undefined, JsValue::from);
        }
        self.headers_object().get_own(name).unwrap_or_default()
    }

    /// The object, which is made when it is first asked for: handlers may change it.
    fn headers_object(&self) -> JsObject {
        self.write(|state| {
            let object = state
                .headers_object
                .take()
                .unwrap_or_else(|| object_of(&state.headers));
            state.headers_object = Some(object.clone());
            object
        })
    }
}

fn object_of(headers: &[(String, String)]) -> JsObject {
    let object = JsObject::new();
    for (name, value) in headers {
        object.define(JsString::new(name), JsString::new(value));
    }
    object
}
