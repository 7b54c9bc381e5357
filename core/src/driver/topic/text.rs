//! Messages as text, for stores that hold no bytes: SQS and SNS, and Azure's queues, which have no
//! attributes either.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// What a text begins with that is not the body itself.
const MARK: &str = "isobar-message:";

/// What follows the mark, as JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Sealed {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
    /// In Base64.
    body: String,
}

/// The body as it is, where a store of text keeps it so and there is nothing beside it; else a text
/// that [`open`] undoes. The attributes are those that the store has no place for.
///
/// ```
/// use std::collections::BTreeMap;
/// use isobar::driver::topic::text::{open, seal};
///
/// let none = BTreeMap::new();
/// assert_eq!(seal(b"caf\xc3\xa9", &none), "caf\u{e9}");
/// let sealed = seal(&[0, 255], &none);
/// assert_eq!(sealed, r#"isobar-message:{"body":"AP8="}"#);
/// assert_eq!(open(sealed).0.as_ref(), [0, 255]);
/// ```
pub fn seal(body: &[u8], attributes: &BTreeMap<String, String>) -> String {
    if let Ok(text) = std::str::from_utf8(body)
        && attributes.is_empty()
        && !text.is_empty()
        && !text.starts_with(MARK)
        && is_kept(text)
    {
        return text.to_owned();
    }
    seal_always(body, attributes)
}

/// The same where the body must not arrive as it is, whatever it is: for a text that a receiving half
/// would take for something else than a body.
pub fn seal_always(body: &[u8], attributes: &BTreeMap<String, String>) -> String {
    let sealed = Sealed {
        attributes: attributes.clone(),
        body: STANDARD.encode(body),
    };
    let json = serde_json::to_string(&sealed).unwrap_or_default();
    format!("{MARK}{json}")
}

/// Body and attributes of a text that [`seal`] made; any other text is the body itself.
pub fn open(text: String) -> (Bytes, BTreeMap<String, String>) {
    let sealed = text.strip_prefix(MARK);
    let sealed = sealed.and_then(|json| serde_json::from_str::<Sealed>(json).ok());
    let opened = sealed.and_then(|sealed| {
        let body = STANDARD.decode(sealed.body).ok()?;
        Some((body.into(), sealed.attributes))
    });
    opened.unwrap_or_else(|| (text.into(), BTreeMap::new()))
}

/// The same for a store that holds bytes and attributes, but nothing that has neither, as Pub/Sub:
/// nothing where the message can be sent as it is.
pub fn seal_bytes(body: &[u8], attributes: &BTreeMap<String, String>) -> Option<String> {
    let is_nothing = body.is_empty() && attributes.is_empty();
    (is_nothing || body.starts_with(MARK.as_bytes())).then(|| seal(body, &BTreeMap::new()))
}

/// The body of what [`seal_bytes`] made; any other is the body itself.
pub fn open_bytes(body: Bytes) -> Bytes {
    match std::str::from_utf8(&body) {
        Ok(text) if text.starts_with(MARK) => open(text.to_owned()).0,
        _ => body,
    }
}

/// Whether stores of text keep all of its characters: those of XML 1.0 ("SendMessage" in the API
/// reference of SQS).
pub fn is_kept(text: &str) -> bool {
    text.chars().all(|character| {
        matches!(character,
            '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_text_or_looks_sealed_is_sealed() {
        let none = BTreeMap::new();
        for body in [
            "",
            "\0",
            "\u{ffff}",
            "isobar-message:",
            "isobar-message:{\"body\":\"AA==\"}",
        ] {
            let text = seal(body.as_bytes(), &none);
            assert!(text.starts_with(MARK) && is_kept(&text), "{text}");
            assert_eq!(open(text).0, body);
        }
    }

    #[test]
    fn a_body_that_would_do_as_it_is_is_sealed_where_it_must_not_arrive_so() {
        let text = seal_always(b"plain", &BTreeMap::new());
        assert!(text.starts_with(MARK));
        assert_eq!(open(text).0, "plain");
    }

    #[test]
    fn a_text_of_others_that_begins_alike_is_left_as_it_is() {
        for text in [
            "isobar-message:",
            "isobar-message: hello",
            "isobar-message:{\"body\":\"?\"}",
            "isobar-message:[]",
        ] {
            assert_eq!(open(text.to_owned()), (text.into(), BTreeMap::new()));
        }
    }

    #[test]
    fn of_bytes_only_nothing_and_what_looks_sealed_is_sealed() {
        let none = BTreeMap::new();
        let some = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        assert_eq!(seal_bytes(&[0, 255], &none), None);
        assert_eq!(seal_bytes(b"", &some), None);
        for body in ["", "isobar-message:{\"body\":\"AA==\"}"] {
            let sealed = seal_bytes(body.as_bytes(), &none).unwrap();
            assert_eq!(open_bytes(sealed.into()), body);
        }
        let other = Bytes::from_static(&[0, 255]);
        assert_eq!(open_bytes(other.clone()), other);
    }

    proptest! {
        #[test]
        fn whatever_is_sealed_is_opened(
            body: Vec<u8>,
            attributes in prop::collection::btree_map("[a-z.]{1,5}", ".{1,5}", 0..4),
        ) {
            let text = seal(&body, &attributes);
            prop_assert!(!text.is_empty());
            let (opened, beside) = open(text);
            prop_assert_eq!(opened.as_ref(), &body[..]);
            prop_assert_eq!(beside, attributes);
        }

        #[test]
        fn plain_text_is_not_sealed(body in "[a-z\u{e9}\u{1f600} \"\\\\{]{1,20}") {
            prop_assert_eq!(seal(body.as_bytes(), &BTreeMap::new()), body);
        }
    }
}
