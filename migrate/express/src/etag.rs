//! Entity tags, as the package `etag` 1.8 computes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

use crate::error::Error;
use crate::settings::unknown;
use crate::value::JsValue;

/// How the setting `etag` asks for entity tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Etag {
    Weak,
    Strong,
}

impl Etag {
    pub(crate) fn compile(setting: &JsValue) -> Result<Option<Self>, Error> {
        match setting {
            JsValue::Bool(true) => Ok(Some(Self::Weak)),
            JsValue::Bool(false) => Ok(None),
            value if *value == "weak" => Ok(Some(Self::Weak)),
            value if *value == "strong" => Ok(Some(Self::Strong)),
            other => Err(unknown("etag", other)),
        }
    }

    /// The tag of `body`: its length in hexadecimal and 27 characters of its SHA-1 in base64.
    pub(crate) fn of(self, body: &[u8]) -> String {
        let hash = STANDARD.encode(Sha1::digest(body));
        let weak = match self {
            Self::Weak => "W/",
            Self::Strong => "",
        };
        format!("{weak}\"{:x}-{}\"", body.len(), &hash[..27])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_those_of_the_original() {
        assert_eq!(Etag::Strong.of(b""), r#""0-2jmj7l5rSw0yVb/vlWAYkK/YBwk""#);
        assert_eq!(
            Etag::Weak.of(b"hello"),
            r#"W/"5-qvTGHdzF6KLavt4PO0gs2a6pQ00""#
        );
    }
}
