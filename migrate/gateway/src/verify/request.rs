//! One request of a script.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method};

use crate::error::{Error, Result};

/// A request as it goes to both applications, and what is kept of their answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// Header fields.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body, if there is one.
    pub body: Option<Bytes>,
    /// Values of the answers' bodies to keep, by name: each side's own goes where `${name}` stands in later requests.
    pub save: BTreeMap<String, String>,
}

impl Request {
    /// A request without fields or body.
    pub fn new(method: Method, target: impl Into<String>) -> Self {
        Self {
            method,
            target: target.into(),
            ..Self::default()
        }
    }

    /// With a body of JSON.
    #[must_use]
    pub fn with_json(self, body: &serde_json::Value) -> Self {
        self.with_body("application/json", body.to_string())
    }

    /// With a body of any type.
    #[must_use]
    pub fn with_body(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.headers
            .push((CONTENT_TYPE, HeaderValue::from_static(content_type)));
        self.body = Some(body.into());
        self
    }

    /// With more in its query.
    pub(super) fn with_query(mut self, query: &str) -> Self {
        let link = if self.target.contains('?') { '&' } else { '?' };
        self.target.push(link);
        self.target.push_str(query);
        self
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or(&self.target)
    }

    pub(super) fn is_safe(&self) -> bool {
        self.method.is_safe()
    }
}

/// A header field from texts of a file.
pub(super) fn field(name: &str, value: &str) -> Result<(HeaderName, HeaderValue)> {
    let refused = || {
        Error::invalid(format!(
            "{name:?} with the value {value:?} is not a header field"
        ))
    };
    let name = HeaderName::try_from(name).map_err(|error| refused().with_source(error))?;
    let value = HeaderValue::try_from(value).map_err(|error| refused().with_source(error))?;
    Ok((name, value))
}
