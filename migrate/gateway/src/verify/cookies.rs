//! The cookies that one side has set.

use std::collections::BTreeMap;

use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};

/// Cookies by name. Attributes do not matter to a script that talks to one host.
#[derive(Clone, Debug, Default)]
pub(super) struct Cookies(BTreeMap<String, String>);

impl Cookies {
    /// Takes what an answer sets.
    pub(super) fn take(&mut self, headers: &HeaderMap) {
        for cookie in headers
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
        {
            let pair = cookie.split(';').next().unwrap_or(cookie);
            if let Some((name, value)) = pair.trim().split_once('=') {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
        // An expired cookie is set to nothing, by express as by everybody.
        self.0.retain(|_, value| !value.is_empty());
    }

    /// Adds them to a request that does not bring its own.
    pub(super) fn add(&self, headers: &mut HeaderMap) {
        if self.0.is_empty() || headers.contains_key(COOKIE) {
            return;
        }
        let pairs: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if let Ok(value) = HeaderValue::try_from(pairs.join("; ")) {
            headers.insert(COOKIE, value);
        }
    }
}
