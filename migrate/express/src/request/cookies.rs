//! `req.cookies`, as cookie-parser sets it.

use super::Request;
use crate::value::JsValue;

impl Request {
    /// `req.cookies`: set by [`cookie_parser`](crate::middleware::cookie_parser), otherwise `undefined`.
    pub fn cookies(&self) -> JsValue {
        self.property("cookies")
    }

    /// `req.signedCookies`: set by [`cookie_parser`](crate::middleware::cookie_parser), otherwise `undefined`.
    pub fn signed_cookies(&self) -> JsValue {
        self.property("signedCookies")
    }
}
