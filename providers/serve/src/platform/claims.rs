//! What a front door says of the callers that it has checked, in fields of its own.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use isobar::authorization::Claims;
use isobar::{Error, Result};
use serde_json::Value;

use crate::config::Variables;

/// Who checks callers: the application where it is not set, else the front door with this name.
pub const AUTHORIZER_VARIABLE: &str = "ISOBAR_AUTHORIZER";

/// A front door that checks callers, and the field in which it says who they are.
///
/// The field counts only where [`AUTHORIZER_VARIABLE`] names the front door: any client can write one elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct FrontDoorClaims {
    /// Its name in [`AUTHORIZER_VARIABLE`].
    pub name: &'static str,
    /// The field, in lower case, which clients cannot write through this front door.
    pub field: &'static str,
    /// Reads the field; nothing where it is malformed.
    pub read: fn(&str) -> Option<Claims>,
}

impl FrontDoorClaims {
    /// The one that the variables name; nothing where the application checks callers itself.
    pub(super) fn named(
        known: &'static [Self],
        variables: &Variables<'_>,
    ) -> Result<Option<&'static Self>> {
        let name = variables(AUTHORIZER_VARIABLE).filter(|name| !name.is_empty());
        let Some(name) = name.filter(|name| name != "application") else {
            return Ok(None);
        };
        let found = known.iter().find(|door| door.name == name);
        found.map(Some).ok_or_else(|| {
            let message = format!(
                "{AUTHORIZER_VARIABLE} is {name:?}, which no front door of this platform is called"
            );
            Error::invalid(message)
        })
    }

    /// Whether nobody but the front door has a use for the field.
    pub(super) fn is_own_field(&self) -> bool {
        self.field != AUTHORIZATION.as_str()
    }

    /// What the front door says in these fields; nothing where there is not exactly one.
    pub(super) fn of(&self, headers: &HeaderMap) -> Option<Claims> {
        let mut values = headers.get_all(self.field).iter();
        let only = values.next().filter(|_| values.next().is_none())?;
        (self.read)(only.to_str().ok()?)
    }
}

/// Base64 of either alphabet, padded or not, as front ends write it.
const fn tolerant(alphabet: &alphabet::Alphabet) -> GeneralPurpose {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, config)
}

/// The JSON in base64, of either alphabet, padded or not.
pub fn base64_json(text: &str) -> Option<Value> {
    let of_urls = text.contains(['-', '_']);
    let alphabet = if of_urls {
        &alphabet::URL_SAFE
    } else {
        &alphabet::STANDARD
    };
    let bytes = tolerant(alphabet).decode(text).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The claims that are an object of JSON in base64.
pub fn base64_claims(text: &str) -> Option<Claims> {
    match base64_json(text)? {
        Value::Object(claims) => Some(claims),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_in_either_alphabet_and_nothing_else_is() {
        for text in [
            "eyJzdWIiOiJhPz4ifQ==",
            "eyJzdWIiOiJhPz4ifQ",
            "eyJzdWIiOiLDv_8_In0",
        ] {
            let read = base64_claims(text);
            let lossy = text.contains('_');
            assert_eq!(read.is_some(), !lossy, "{text}");
        }
        for text in ["", "e30.", "W10", "bm8"] {
            assert_eq!(base64_claims(text), None, "{text}");
        }
        assert_eq!(base64_claims("eyJzdWIiOiJ-fiJ9").unwrap()["sub"], "~~");
    }

    #[test]
    fn a_field_counts_once() {
        let door = FrontDoorClaims {
            name: "test",
            field: "x-claims",
            read: base64_claims,
        };
        let mut headers = HeaderMap::new();
        assert_eq!(door.of(&headers), None);
        headers.append("x-claims", "e30".parse().unwrap());
        assert_eq!(door.of(&headers), Some(Claims::new()));
        headers.append("x-claims", "e30".parse().unwrap());
        assert_eq!(door.of(&headers), None);
    }

    #[test]
    fn a_front_door_that_the_platform_does_not_have_is_an_error() {
        let unset = FrontDoorClaims::named(&[], &|_| None);
        assert!(unset.unwrap().is_none());
        let own = FrontDoorClaims::named(&[], &|_| Some("application".to_owned()));
        assert!(own.unwrap().is_none());
        let error = FrontDoorClaims::named(&[], &|_| Some("gate".to_owned())).unwrap_err();
        assert!(error.to_string().contains("\"gate\""), "{error}");
    }
}
