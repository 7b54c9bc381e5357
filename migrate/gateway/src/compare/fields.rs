//! Two sets of header fields, name by name.

use std::collections::BTreeSet;

use http::header::{
    CONNECTION, CONTENT_LENGTH, DATE, ETAG, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};

use http::StatusCode;

use super::noise::Pairs;
use super::{Answer, Difference, shown, text};

const NOT_COMPARED: [HeaderName; 5] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    TRANSFER_ENCODING,
    DATE,
    HeaderName::from_static("x-request-id"),
];

/// What follows from the bytes of the body, and so differs where these do.
const MADE_FROM_BODY: [HeaderName; 2] = [ETAG, CONTENT_LENGTH];

/// The fields that differ. Where the bodies differ by noise alone (`noisy_body`), an entity tag and a length may too,
/// as long as both sides send them.
pub(super) fn compare(
    legacy: &Answer,
    ported: &Answer,
    pairs: &mut Pairs,
    noisy_body: bool,
) -> Vec<Difference> {
    let (left, right) = (&legacy.headers, &ported.headers);
    let names: BTreeSet<&str> = left
        .keys()
        .chain(right.keys())
        .map(HeaderName::as_str)
        .collect();
    let mut differences = Vec::new();
    for name in names
        .into_iter()
        .filter(|name| NOT_COMPARED.iter().all(|other| other != name))
    {
        let (left, right) = (values(left, name), values(right, name));
        if name == CONTENT_LENGTH && [legacy, ported].iter().all(|answer| has_no_length(answer)) {
            continue;
        }
        let from_body = noisy_body && MADE_FROM_BODY.iter().any(|other| other == name);
        if left == right || same(left.as_ref(), right.as_ref(), pairs) {
            continue;
        }
        if let (true, Some(left), Some(right)) = (from_body, &left, &right) {
            // A later HEAD has the tag without the body that explains it.
            pairs.admit_tag(left, right);
            continue;
        }
        differences.push(Difference {
            place: format!("header {name}"),
            legacy: left.as_deref().map(shown),
            ported: right.as_deref().map(shown),
        });
    }
    differences
}

/// Node sends a length with a 204 where an application sets it, which RFC 9110 (8.6) forbids; behind the gateway no client
/// gets it.
fn has_no_length(answer: &Answer) -> bool {
    answer.status == StatusCode::NO_CONTENT
}

/// All values of a field in their order, each on a line of its own, which no value can hold.
fn values(fields: &HeaderMap, name: &str) -> Option<String> {
    let lines: Vec<_> = fields.get_all(name).iter().map(line).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn line(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn same(legacy: Option<&String>, ported: Option<&String>, pairs: &mut Pairs) -> bool {
    match (legacy, ported) {
        (Some(left), Some(right)) => text::same(left, right, &[], pairs),
        _ => false,
    }
}
