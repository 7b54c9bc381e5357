//! `res.set` and everything else that reads or writes single headers.

use super::{Response, node_error};
use crate::content_type;
use crate::mime;
use crate::profile::Profile;
use crate::value::{JsArray, JsObject, JsString, JsValue, Thrown};
use crate::vary::add_to_vary;

impl Response {
    /// `res.set(name, value)`: the value as text, a list of texts for several lines; `Content-Type` gets its charset.
    ///
    /// # Errors
    /// `ERR_HTTP_HEADERS_SENT`; `ERR_INVALID_CHAR` for what a header cannot hold; a `TypeError` for a list as
    /// `Content-Type`.
    pub fn set(&self, name: &str, value: impl Into<JsValue>) -> Result<&Self, Thrown> {
        let value = value.into();
        let mut value = match value.as_array() {
            Some(list) => list
                .to_vec()
                .iter()
                .map(JsValue::to_js_string)
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .collect::<JsArray>()
                .into(),
            None => JsValue::String(value.to_js_string()?),
        };
        if name.eq_ignore_ascii_case("content-type") {
            let JsValue::String(text) = &value else {
                return Err(Thrown::type_error("Content-Type cannot be set to an Array"));
            };
            value = with_charset(self.profile(), text);
        }
        self.set_header(name, value)
    }

    /// `res.set(fields)`: each property of an object as a header.
    ///
    /// # Errors
    /// As [`Response::set`].
    pub fn set_all(&self, fields: &JsValue) -> Result<&Self, Thrown> {
        for (name, value) in fields
            .as_object()
            .map(JsObject::entries)
            .unwrap_or_default()
        {
            self.set(&name.to_text(), value)?;
        }
        Ok(self)
    }

    /// `res.header(name, value)`, which is [`Response::set`].
    ///
    /// # Errors
    /// As [`Response::set`].
    pub fn header(&self, name: &str, value: impl Into<JsValue>) -> Result<&Self, Thrown> {
        self.set(name, value)
    }

    /// `res.setHeader(name, value)` of Node: no charset is added.
    ///
    /// # Errors
    /// As [`Response::set`].
    pub fn set_header(&self, name: &str, value: impl Into<JsValue>) -> Result<&Self, Thrown> {
        let value = value.into();
        if !self.headers_sent() {
            node_error::check_header(name, &value)?;
        }
        let mut response = self.0.response();
        response.set_header(name, value)?;
        drop(response);
        Ok(self)
    }

    /// `res.get(name)`: what was set, `undefined` where nothing was.
    pub fn get(&self, name: &str) -> JsValue {
        self.0.response().header(name).cloned().unwrap_or_default()
    }

    /// `res.getHeaderNames()`, in lower case.
    pub fn header_names(&self) -> Vec<String> {
        self.0.response().header_names()
    }

    /// `res.removeHeader(name)`.
    ///
    /// # Errors
    /// `ERR_HTTP_HEADERS_SENT`.
    pub fn remove_header(&self, name: &str) -> Result<&Self, Thrown> {
        self.0.response().remove_header(name)?;
        Ok(self)
    }

    /// `res.append(name, value)`: one more value for a header.
    ///
    /// # Errors
    /// As [`Response::set`].
    pub fn append(&self, name: &str, value: impl Into<JsValue>) -> Result<&Self, Thrown> {
        let value = value.into();
        let before = self.get(name);
        if !before.truthy() {
            return self.set(name, value);
        }
        let before = before
            .as_array()
            .unwrap_or_else(|| JsArray::from_values([before]));
        self.set(name, before.concat(&[value]))
    }

    /// `res.type(type)`: a MIME type, a file name or an extension.
    ///
    /// # Errors
    /// As [`Response::set`].
    pub fn content_type(&self, kind: &str) -> Result<&Self, Thrown> {
        let resolved = match (self.profile(), kind.contains('/')) {
            (_, true) => kind.to_owned(),
            (Profile::V4, false) => mime::lookup_v4(kind).to_owned(),
            (Profile::V5, false) => {
                mime::content_type_v5(kind).unwrap_or_else(|| mime::OCTET_STREAM.to_owned())
            }
        };
        self.set("Content-Type", resolved)
    }

    /// `res.vary(field)`: adds to the header `Vary` what it does not name yet.
    ///
    /// # Errors
    /// As [`Response::set`].
    pub fn vary(&self, field: &str) -> Result<&Self, Thrown> {
        let before = self.get("Vary");
        let before = match before.as_array() {
            Some(list) => list.join(&JsString::literal(", "))?,
            None if before.truthy() => before.to_js_string()?,
            None => JsString::literal(""),
        };
        match add_to_vary(&before.to_text(), field)? {
            header if header.is_empty() => Ok(self),
            header => self.set_header("Vary", header),
        }
    }

    /// `res.links(links)`: a `Link` header from an object of relations; Express 5 takes lists of targets.
    ///
    /// # Errors
    /// As [`Response::set`].
    pub fn links(&self, links: &JsValue) -> Result<&Self, Thrown> {
        let lists = self.profile() == Profile::V5;
        let mut parts: Vec<String> = Vec::new();
        for (rel, target) in links.as_object().map(JsObject::entries).unwrap_or_default() {
            let targets = match target.as_array().filter(|_| lists) {
                Some(list) => list.to_vec(),
                None => vec![target],
            };
            for target in targets {
                parts.push(format!("<{}>; rel=\"{rel}\"", target.to_js_string()?));
            }
        }
        let before = self.get("Link");
        let before = if before.truthy() {
            format!("{}, ", before.to_js_string()?)
        } else {
            String::new()
        };
        self.set("Link", format!("{before}{}", parts.join(", ")))
    }
}

/// The charset that `res.set` adds to a content type.
fn with_charset(profile: Profile, value: &JsString) -> JsValue {
    let text = value.to_text();
    if let Some(full) = content_type::usual_in_utf_8(&text) {
        return full.into();
    }
    match profile {
        Profile::V4 => mime::with_charset_v4(&text).into(),
        // `mime.contentType` gives false for what it does not know, and Node writes it.
        Profile::V5 => match mime::content_type_v5(&text) {
            Some(full) => full.into(),
            None => JsValue::Bool(false),
        },
    }
}
