//! The query of a URL as a JavaScript value, by the setting `query parser`.

pub(crate) mod qs;
pub(crate) mod simple;

use crate::error::Error;
use crate::profile::Profile;
use crate::settings::unknown;
use crate::value::{JsObject, JsValue};

/// A compiled `query parser`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueryParser {
    /// `node:querystring`.
    Simple,
    /// `qs`, nested.
    Extended(qs::Options),
    /// No query at all.
    Off,
}

impl QueryParser {
    pub(crate) fn compile(profile: Profile, setting: &JsValue) -> Result<Self, Error> {
        match setting {
            JsValue::Bool(true) => Ok(Self::Simple),
            JsValue::Bool(false) => Ok(Self::Off),
            value if *value == "simple" => Ok(Self::Simple),
            value if *value == "extended" => Ok(Self::Extended(qs::Options::of_query(profile))),
            other => Err(unknown("query parser", other)),
        }
    }

    pub(crate) fn parse(self, query: Option<&str>) -> JsValue {
        let query = query.unwrap_or_default();
        match self {
            // Most requests have none.
            _ if query.is_empty() => JsObject::new().into(),
            Self::Simple => simple::parse(query, simple::MOST_PAIRS),
            Self::Extended(options) => qs::parse(query, options),
            Self::Off => JsObject::new().into(),
        }
    }
}
