//! The text form of `migration.toml`, exactly as it is written.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::compare::NoiseMark;
use crate::error::{Error, Result};
use crate::state::RouteState;

use super::Effects;

/// Version of the format; a file of a newer one is refused.
pub const FORMAT: u32 = 1;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) format: u32,
    #[serde(default = "default_listen")]
    pub(crate) listen: String,
    #[serde(default)]
    pub(crate) express: Express,
    pub(crate) legacy: ApplicationEntry,
    pub(crate) ported: ApplicationEntry,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) trust: Trust,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) canary: Canary,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) limits: LimitsEntry,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) timeouts: TimeoutsEntry,
    #[serde(default, rename = "group", skip_serializing_if = "Vec::is_empty")]
    pub(crate) groups: Vec<GroupEntry>,
    #[serde(default, rename = "route", skip_serializing_if = "Vec::is_empty")]
    pub(crate) routes: Vec<RouteEntry>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Express {
    pub(crate) version: u8,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) case_sensitive_routing: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) strict_routing: bool,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ApplicationEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dir: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) env: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ready_timeout: Option<SignedDuration>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trust {
    #[serde(default)]
    pub(crate) hops: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Canary {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) header: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cookie: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LimitsEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) head: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connections: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tunnels: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shadows: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) compared_body: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TimeoutsEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) connect: Option<SignedDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response: Option<SignedDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_head: Option<SignedDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_body: Option<SignedDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response_body: Option<SignedDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grace: Option<SignedDuration>,
    pub(crate) switch: Option<SignedDuration>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupEntry {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) states: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RouteEntry {
    pub(crate) method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) regex: Option<String>,
    #[serde(default)]
    pub(crate) state: RouteState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
    #[serde(default)]
    pub(crate) effects: Effects,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) legacy_only: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) noise: Vec<NoiseMark>,
}

pub(crate) fn read(text: &str) -> Result<File> {
    let file: File = toml::from_str(text)
        .map_err(|error| Error::invalid("it does not follow the format").with_source(error))?;
    if file.format != FORMAT {
        return Err(Error::invalid(format!(
            "it has format {}, this version reads {FORMAT}; use the version that wrote it",
            file.format
        )));
    }
    Ok(file)
}

fn default_listen() -> String {
    "127.0.0.1:8080".to_owned()
}

/// What says nothing is not written.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Default for Express {
    fn default() -> Self {
        Self {
            version: 4,
            case_sensitive_routing: false,
            strict_routing: false,
        }
    }
}
