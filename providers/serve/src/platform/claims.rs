//! What a front door says of the callers that it has checked, in fields of its own.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderName};
use isobar::authorization::Claims;
use isobar::driver::{AUTHORIZER_VARIABLE, front_door};
use isobar::{Error, Result};
use serde_json::Value;

use crate::config::Variables;
use crate::event::{AUDIENCE_VARIABLE, SENDER_VARIABLE};

/// A front door that checks callers, and the fields in which it says who they are.
///
/// They count only where [`AUTHORIZER_VARIABLE`] names the front door: any client can write them elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct FrontDoorClaims {
    /// Its name in [`AUTHORIZER_VARIABLE`].
    pub name: &'static str,
    /// The fields in which it may say who calls, in lower case. The first that a request has is the one that it has
    /// checked: those after it are the client's, and do not count.
    pub fields: &'static [&'static str],
    /// Reads such a field; nothing where it is malformed.
    pub read: fn(&str) -> Option<Claims>,
    /// How the fields begin, in lower case, that nobody but this front door has a use for. They are taken from requests
    /// where it is not named.
    pub reserved: &'static [&'static str],
    /// Whether it takes the signatures of tokens away, so that the application cannot check who sends events.
    pub removes_signatures: bool,
}

impl FrontDoorClaims {
    /// The one that the variables name; nothing where the application checks callers itself.
    pub(super) fn named(
        known: &'static [Self],
        variables: &Variables<'_>,
    ) -> Result<Option<&'static Self>> {
        let names: Vec<&str> = known.iter().map(|door| door.name).collect();
        let name = front_door(variables(AUTHORIZER_VARIABLE).as_deref(), &names)?;
        let Some(found) = known.iter().find(|door| Some(door.name) == name) else {
            return Ok(None);
        };
        let is_set = |name| variables(name).is_some_and(|value| !value.is_empty());
        if found.removes_signatures && (is_set(AUDIENCE_VARIABLE) || is_set(SENDER_VARIABLE)) {
            return Err(Error::invalid(format!(
                "{AUTHORIZER_VARIABLE} is {:?}, where the platform takes the signatures of tokens away, so that the \
                 senders of events cannot be checked again: unset {AUDIENCE_VARIABLE} and {SENDER_VARIABLE}",
                found.name
            )));
        }
        Ok(Some(found))
    }

    /// Whether nobody but the front door has a use for the field.
    pub(super) fn is_reserved(&self, field: &HeaderName) -> bool {
        let mut beginnings = self.reserved.iter();
        beginnings.any(|beginning| field.as_str().starts_with(beginning))
    }

    /// What the front door says in these fields; nothing where the one that counts is there twice.
    pub fn of(&self, headers: &HeaderMap) -> Option<Claims> {
        let mut fields = self.fields.iter();
        let field = fields.find(|field| headers.contains_key(**field))?;
        let mut values = headers.get_all(*field).iter();
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

    const DOOR: FrontDoorClaims = FrontDoorClaims {
        name: "test",
        fields: &["x-checked", "x-claims"],
        read: base64_claims,
        reserved: &["x-c"],
        removes_signatures: true,
    };

    #[test]
    fn a_field_counts_once_and_only_the_first_that_is_there() {
        let mut headers = HeaderMap::new();
        assert_eq!(DOOR.of(&headers), None);
        headers.append("x-claims", "e30".parse().unwrap());
        assert_eq!(DOOR.of(&headers), Some(Claims::new()));
        headers.append("x-claims", "e30".parse().unwrap());
        assert_eq!(DOOR.of(&headers), None);
        headers.append("x-checked", "eyJzdWIiOiJ-fiJ9".parse().unwrap());
        assert_eq!(DOOR.of(&headers).unwrap()["sub"], "~~");
        headers.insert("x-checked", "".parse().unwrap());
        headers.insert("x-claims", "e30".parse().unwrap());
        assert_eq!(DOOR.of(&headers), None);
    }

    #[test]
    fn senders_are_not_checked_where_signatures_are_taken_away() {
        for set in ["", AUDIENCE_VARIABLE, SENDER_VARIABLE] {
            let variables = |name: &str| match name {
                AUTHORIZER_VARIABLE => Some("test".to_owned()),
                name => Some(if name == set { "notes" } else { "" }.to_owned()),
            };
            let named = FrontDoorClaims::named(&[DOOR], &variables);
            assert_eq!(named.is_ok(), set.is_empty(), "{set}");
        }
    }
}
