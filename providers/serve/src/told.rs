//! Requests and responses of platforms that tell them as JSON: targets and queries from their parts, fields as an object.

mod members;
mod request;

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, Uri};
use isobar::{Error, Result};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

pub use members::{ToldMembers, ToldText};
pub use request::{ToldHead, ToldRequest, add_told_field};

/// What neither RFC 3986 nor the parser of URIs lets stand; every `%` stays as it came.
const IN_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'#').add(b'<').add(b'>').add(b'"');
const IN_PATH: &AsciiSet = &IN_QUERY.remove(b'"').add(b'?').add(b'`');
/// What stands for itself in keys and values whatever reads them.
const IN_PAIR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'*')
    .remove(b'/')
    .remove(b':')
    .remove(b',');

/// The target of a request whose path and query are told apart; `InvalidArgument` where the path does not begin with a
/// slash, unless there is none, or where they make no URI.
pub fn told_target(path: &str, query: &str) -> Result<Uri> {
    let path: Cow<'_, str> = utf8_percent_encode(path, IN_PATH).into();
    let query: Cow<'_, str> = utf8_percent_encode(query, IN_QUERY).into();
    let text = match (&*path, &*query) {
        ("", "") => "/".to_owned(),
        ("", query) => format!("/?{query}"),
        (path, "") => path.to_owned(),
        (path, query) => format!("{path}?{query}"),
    };
    let malformed = || Error::invalid("the path or the query of the request is malformed");
    if !text.starts_with('/') {
        return Err(malformed());
    }
    Uri::try_from(text).map_err(|error| malformed().with_source(error))
}

/// The query of a request of which decoded keys and values are told (rule N2).
pub fn told_query<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let mut query = String::new();
    for (key, value) in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        query.extend(utf8_percent_encode(key, IN_PAIR));
        query.push('=');
        query.extend(utf8_percent_encode(value, IN_PAIR));
    }
    query
}

/// The fields of a response as an object in JSON: one value as text, several as a list.
#[derive(Debug, Clone, Copy)]
pub struct ToldFields<'h>(pub &'h HeaderMap);

impl Serialize for ToldFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.keys_len()))?;
        for name in self.0.keys() {
            let values: Vec<String> = self.0.get_all(name).iter().map(text_of).collect();
            match values.as_slice() {
                [only] => map.serialize_entry(name.as_str(), only)?,
                several => map.serialize_entry(name.as_str(), several)?,
            }
        }
        map.end()
    }
}

/// A field's value; bytes beyond ASCII that are not UTF-8 can only be ISO 8859-1.
fn text_of(value: &HeaderValue) -> String {
    let bytes = value.as_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_keeps_what_was_encoded_and_encodes_what_no_uri_has() {
        let check = |path, query, expected| {
            assert_eq!(told_target(path, query).unwrap().to_string(), expected);
        };
        check("", "", "/");
        check("", "a=1", "/?a=1");
        check("/a%2Fb c?", "x=\"1\" 2", "/a%2Fb%20c%3F?x=%221%22%202");
        assert!(told_target("a", "").is_err());
    }

    #[test]
    fn a_query_is_rebuilt_so_that_its_pairs_are_read_again() {
        assert_eq!(
            told_query([("a b", "1&2"), ("a b", "+"), ("é", "")]),
            "a%20b=1%262&a%20b=%2B&%C3%A9="
        );
    }
}
