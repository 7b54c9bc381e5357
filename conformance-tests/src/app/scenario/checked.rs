//! The small parts of a scenario, each refused where it stands when it is wrong.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Method};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::template::{Template, is_name};

/// A name under which a value is saved: letters, digits and `_`, the first no digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(in super::super) struct SavedName(pub(in super::super) String);

impl TryFrom<String> for SavedName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        if is_name(&name) {
            return Ok(Self(name));
        }
        Err(format!(
            "{name:?} is no name to save under: letters, digits and _ only, and no digit first"
        ))
    }
}

/// Variables by which an application finds its stores.
const OF_THE_PROVIDER: [&str; 4] = [
    "ISOBAR_DOCUMENTS",
    "ISOBAR_BLOBS",
    "ISOBAR_TOPICS",
    "ISOBAR_PREFIX",
];

/// The name of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(in super::super) struct VariableName(pub(in super::super) String);

impl TryFrom<String> for VariableName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(format!("{name:?} is no name of an environment variable"));
        }
        if OF_THE_PROVIDER.contains(&name.as_str()) {
            return Err(format!(
                "{name} is the provider's: what is stored is read where that says"
            ));
        }
        Ok(Self(name))
    }
}

/// A method of HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(in super::super) struct MethodName(pub(in super::super) String);

impl TryFrom<String> for MethodName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let parsed = Method::from_bytes(name.as_bytes());
        let message = |_| format!("{name:?} is no method of HTTP");
        parsed.map_err(message).map(|_| Self(name.clone()))
    }
}

/// Path and query as they go over the wire, with `${name}` in them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(in super::super) struct Target(pub(in super::super) Template);

impl TryFrom<String> for Target {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let template = Template::try_from(text.clone())?;
        let visible = template
            .literals()
            .all(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
        if text.starts_with('/') && visible && !text.contains('#') {
            return Ok(Self(template));
        }
        Err(format!(
            "{text:?} is no path: it begins with / and has other characters than visible ASCII percent-encoded"
        ))
    }
}

/// A JSON pointer (RFC 6901) in which `*` stands for any one name or index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(in super::super) struct FieldPointer(pub(in super::super) String);

impl TryFrom<String> for FieldPointer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() || text.starts_with('/') {
            return Ok(Self(text));
        }
        Err(format!(
            "{text:?} is no JSON pointer: one begins with /, as /items/0/id"
        ))
    }
}

/// A field of requests or responses, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(in super::super) struct FieldName(pub(in super::super) String);

impl TryFrom<String> for FieldName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        HeaderName::from_bytes(name.as_bytes())
            .map(|name| Self(name.as_str().to_owned()))
            .map_err(|_| format!("{name:?} is no name of a header"))
    }
}

/// Bytes, written in Base64.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(in super::super) struct Bytes64(pub(in super::super) Vec<u8>);

impl TryFrom<String> for Bytes64 {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let decoded = STANDARD.decode(&text);
        decoded
            .map(Self)
            .map_err(|error| format!("this is not Base64: {error}"))
    }
}

/// Header fields as an object; a name may come more than once, and the order is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct HeaderFields(pub(in super::super) Vec<(String, Template)>);

impl<'de> Deserialize<'de> for HeaderFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = HeaderFields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of names and texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HeaderFields, A::Error> {
        let mut fields = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Template>()? {
            if HeaderName::from_bytes(name.as_bytes()).is_err() {
                let message = format!("{name:?} is no name of a header");
                return Err(de::Error::custom(message));
            }
            if value
                .literals()
                .any(|text| HeaderValue::from_str(text).is_err() && !is_latin(text))
            {
                let message = format!("the value of {name:?} has a control character in it");
                return Err(de::Error::custom(message));
            }
            fields.push((name, value));
        }
        Ok(HeaderFields(fields))
    }
}

/// Text that goes into a field as UTF-8.
fn is_latin(text: &str) -> bool {
    HeaderValue::from_bytes(text.as_bytes()).is_ok()
}
