//! One line of a route table.

use std::time::Duration;

use http::Method;
use serde::{Serialize, Serializer};

use super::Rate;
use crate::authorization::Requirement;

/// The methods a route answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Methods {
    /// Whatever the method.
    Any,
    /// These, in the order they were given.
    These(Vec<Method>),
}

impl Serialize for Methods {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Any => serializer.collect_seq(["*"]),
            Self::These(methods) => serializer.collect_seq(methods.iter().map(Method::as_str)),
        }
    }
}

/// One line of a route table, for exports and `--describe`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Route {
    /// The methods it answers.
    pub methods: Methods,
    /// The whole path in axum's pattern syntax, nesting included.
    pub path: String,
    /// The name given to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
    /// The most bytes its extractors read of a body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_limit: Option<usize>,
    /// The most time its handler takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// What it asks of its callers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<Requirement>,
    /// How many requests to it are under way at most, in one instance.
    #[serde(rename = "maxConcurrent", skip_serializing_if = "Option::is_none")]
    pub max_concurrent: Option<usize>,
    /// How many requests it takes in a time, in one instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Everything below the path belongs to a router whose own routes are not known.
    pub opaque: bool,
}

impl Route {
    pub(super) fn below(mut self, prefix: &str) -> Self {
        let prefix = prefix.trim_end_matches('/');
        self.path = if self.path == "/" && !prefix.is_empty() {
            prefix.to_owned()
        } else {
            format!("{prefix}{}", self.path)
        };
        self
    }

    pub(super) fn opaque(path: &str) -> Self {
        Self {
            methods: Methods::Any,
            path: path.to_owned(),
            name: None,
            body_limit: None,
            timeout: None,
            requires: Vec::new(),
            max_concurrent: None,
            rate: None,
            opaque: true,
        }
    }
}
