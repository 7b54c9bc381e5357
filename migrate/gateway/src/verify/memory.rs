//! What is remembered of one side while a script runs: its cookies, its ids, and what the script asked to keep.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::cookies::Cookies;
use super::request::Request;
use super::substitute::Substitutions;

/// What is remembered of one side.
#[derive(Default)]
pub(super) struct SideMemory {
    pub(super) cookies: Cookies,
    /// Values of this side for values of the script.
    pub(super) substitutions: Substitutions,
    /// Values that the script asked to keep.
    pub(super) saved: BTreeMap<String, String>,
}

impl SideMemory {
    pub(super) fn forget(&mut self) {
        self.cookies = Cookies::default();
        self.substitutions = Substitutions::default();
    }

    pub(super) fn translate(&self, request: &Request) -> Request {
        Request {
            target: self.substitutions.in_target(&request.target),
            body: request
                .body
                .as_ref()
                .map(|body| Bytes::from(self.substitutions.in_body(body))),
            ..request.clone()
        }
    }

    pub(super) fn fill(&self, request: &Request) -> Request {
        let fill = |text: &str| {
            self.saved
                .iter()
                .fold(text.to_owned(), |text, (name, value)| {
                    text.replace(&format!("${{{name}}}"), value)
                })
        };
        let field = |(name, value): &(HeaderName, HeaderValue)| {
            let filled = value
                .to_str()
                .ok()
                .and_then(|text| HeaderValue::try_from(fill(text)).ok());
            (name.clone(), filled.unwrap_or_else(|| value.clone()))
        };
        let body = |body: &Bytes| match std::str::from_utf8(body) {
            Ok(text) => Bytes::from(fill(text)),
            Err(_) => body.clone(),
        };
        Request {
            target: fill(&request.target),
            headers: request.headers.iter().map(field).collect(),
            body: request.body.as_ref().map(body),
            ..request.clone()
        }
    }

    pub(super) fn save(&mut self, request: &Request, body: &[u8]) {
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return;
        };
        for (name, pointer) in &request.save {
            if let Some(value) = body.pointer(pointer) {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                self.saved.insert(name.clone(), text);
            }
        }
    }

    pub(super) fn add_cookies(&self, request: &mut Request) {
        let mut headers = request.headers.iter().cloned().collect();
        self.cookies.add(&mut headers);
        let cookie = headers.remove(COOKIE);
        request.headers.retain(|(name, _)| *name != COOKIE);
        request.headers.extend(cookie.map(|value| (COOKIE, value)));
    }
}
