//! `res.format` and `res.attachment`.

use super::Response;
use crate::content_disposition;
use crate::flow::{Flow, Handled};
use crate::http_error::http_error;
use crate::mime;
use crate::profile::Profile;
use crate::value::{JsArray, JsValue, Thrown};

impl Response {
    /// The first half of `res.format({…})`: says which of `types` the client wants, sets `Vary` and `Content-Type`; `None` when it
    /// wants none of them.
    ///
    /// The object's functions become the arms of a `match`; `default` is the arm for `None`, and without one that arm is
    /// [`Response::not_acceptable`].
    ///
    /// # Errors
    /// As [`Response::set`].
    pub fn format<'t>(&self, types: &[&'t str]) -> Result<Option<&'t str>, Thrown> {
        let key = self.request().preferred_type(types);
        self.vary("Accept")?;
        if let Some(key) = key {
            self.set("Content-Type", self.normal_type(key))?;
        }
        Ok(key)
    }

    /// What `res.format` does when the client wants none of `types`: `next` with a 406 error.
    ///
    /// # Errors
    /// None; the error is in the flow.
    pub fn not_acceptable(&self, types: &[&str]) -> Handled {
        let error = http_error(406, None);
        let types: JsArray = types
            .iter()
            .map(|kind| JsValue::from(self.normal_type(kind)))
            .collect();
        error.define("types", types);
        Ok(Flow::Error(Thrown::new(error)))
    }

    /// `res.attachment()` or `res.attachment(filename)`.
    ///
    /// # Errors
    /// As [`Response::set`].
    pub fn attachment(&self, filename: Option<&str>) -> Result<&Self, Thrown> {
        let base = filename.map(content_disposition::base_name);
        if let Some(name) = base.filter(|name| !name.is_empty()) {
            self.content_type(content_disposition::extension(name))?;
        }
        let header = match self.profile() {
            Profile::V4 => content_disposition::attachment_v4(base),
            Profile::V5 => content_disposition::attachment_v5(base),
        };
        self.set("Content-Disposition", header)
    }

    /// `normalizeType(type).value` of `express/lib/utils.js`.
    fn normal_type(&self, kind: &str) -> String {
        if kind.contains('/') {
            return kind
                .split(';')
                .next()
                .unwrap_or_default()
                .trim_end_matches(' ')
                .to_owned();
        }
        match self.profile() {
            Profile::V4 => mime::lookup_v4(kind).to_owned(),
            Profile::V5 => mime::lookup_v5(kind)
                .unwrap_or(mime::OCTET_STREAM)
                .to_owned(),
        }
    }
}
