//! `res.redirect` and `res.location`.

use super::Response;
use crate::encode::{encode_url, escape_html};
use crate::flow::Handled;
use crate::profile::Profile;
use crate::statuses;
use crate::value::{JsValue, Thrown};

impl Response {
    /// `res.location(url)`. `back` means the referrer in Express 4.
    ///
    /// # Errors
    /// As [`Response::set`].
    pub fn location(&self, url: impl Into<JsValue>) -> Result<&Self, Thrown> {
        let url = url.into();
        let url = if url == "back" && self.profile() == Profile::V4 {
            let referrer = self.request().get("Referrer");
            if referrer.truthy() {
                referrer
            } else {
                "/".into()
            }
        } else {
            url
        };
        self.set("Location", encode_url(&url.to_js_string()?.to_text()))
    }

    /// `res.redirect(url)`: 302.
    ///
    /// # Errors
    /// As [`Response::set`].
    pub fn redirect(&self, url: impl Into<JsValue>) -> Handled {
        self.redirect_with(302, url)
    }

    /// `res.redirect(status, url)`.
    ///
    /// # Errors
    /// As [`Response::set`] and [`Response::set_status`].
    pub fn redirect_with(&self, status: impl Into<JsValue>, url: impl Into<JsValue>) -> Handled {
        let status = status.into();
        self.location(url)?;
        let address = self.get("Location").to_js_string()?;
        let body = self.redirect_body(&status, &address.to_text())?;
        self.set_status(status)?;
        self.set("Content-Length", body.len().to_string())?;
        self.end(if self.request().method() == "HEAD" {
            String::new()
        } else {
            body
        })
    }

    fn redirect_body(&self, status: &JsValue, address: &str) -> Result<String, Thrown> {
        let code = status.to_js_string()?;
        let code = code.as_str().and_then(|code| code.parse().ok());
        let name = code.and_then(statuses::message).unwrap_or("undefined");
        Ok(match (self.format(&["text", "html"])?, self.profile()) {
            (Some("text"), _) => format!("{name}. Redirecting to {address}"),
            (Some(_), Profile::V4) => {
                format!("<p>{name}. Redirecting to {}</p>", escape_html(address))
            }
            (Some(_), Profile::V5) => {
                let link = escape_html(address);
                format!(
                    "<!DOCTYPE html><head><title>{name}</title></head>\
                     <body><p>{name}. Redirecting to {link}</p></body>"
                )
            }
            (None, _) => String::new(),
        })
    }
}
