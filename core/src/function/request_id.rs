//! The id by which one request is found again in every log it passes.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use http::header::HeaderMap;
use http::{HeaderName, HeaderValue};

/// The header field that carries the id in responses.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The id of one request: what the platform in front sent, else the trace id of `traceparent`, else a generated one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Source);

/// A generated id is kept in place: it is on the path of every request.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    Passed(HeaderValue),
    Generated([u8; 32]),
}

impl RequestId {
    /// The id as text; always visible ASCII.
    pub fn as_str(&self) -> &str {
        let bytes = match &self.0 {
            Source::Passed(value) => value.as_bytes(),
            Source::Generated(digits) => digits,
        };
        // Only visible ASCII was let in, which this never refuses.
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// The id as the value of a header field.
    pub fn header_value(&self) -> HeaderValue {
        match &self.0 {
            Source::Passed(value) => value.clone(),
            Source::Generated(digits) => field_value(digits),
        }
    }

    /// The id a platform gave: 1 to 128 visible ASCII characters; else a generated one.
    pub fn from_platform(id: &str) -> Self {
        let value = HeaderValue::from_str(id).ok().filter(is_usable);
        value.map_or_else(Self::generate, Self::passed)
    }

    /// Takes the id from the first of the fields `names` that holds a usable one, else from
    /// `traceparent`, else generates one (rule N9).
    pub fn of(headers: &HeaderMap, names: &[HeaderName]) -> Self {
        let passed = names
            .iter()
            .filter_map(|name| field(headers, name))
            .find(|value| is_usable(value));
        if let Some(value) = passed {
            return Self::passed(value.clone());
        }
        field(headers, &TRACE_PARENT)
            .and_then(trace_id)
            .map_or_else(Self::generate, Self::passed)
    }

    /// Sixteen random digits of this process, then a count: unique, and far cheaper than a random id each.
    fn generate() -> Self {
        static PROCESS: LazyLock<[u8; 16]> =
            LazyLock::new(|| hexadecimal(uuid::Uuid::new_v4().as_u64_pair().0));
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let mut digits = [0_u8; 32];
        digits[..16].copy_from_slice(&*PROCESS);
        digits[16..].copy_from_slice(&hexadecimal(COUNT.fetch_add(1, Ordering::Relaxed)));
        Self(Source::Generated(digits))
    }

    fn passed(value: HeaderValue) -> Self {
        Self(Source::Passed(value))
    }
}

/// Among so few fields, looking at each finds one sooner than its hash.
const FEW: usize = 4;

fn field<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    if headers.len() > FEW {
        return headers.get(name);
    }
    let mut fields = headers.iter();
    fields.find(|(own, _)| *own == name).map(|(_, value)| value)
}

fn field_value(digits: &[u8; 32]) -> HeaderValue {
    HeaderValue::from_bytes(digits).expect("hexadecimal digits are a valid field value")
}

/// The number in sixteen hexadecimal digits.
fn hexadecimal(number: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(number.to_be_bytes()) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 0xf)];
    }
    digits
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Longer or stranger ids would be a way to write into logs.
fn is_usable(value: &HeaderValue) -> bool {
    (1..=128).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
}

/// The trace id of a `traceparent` (W3C Trace Context, section 3.2): the second of its dash-separated parts.
fn trace_id(value: &HeaderValue) -> Option<HeaderValue> {
    let id = value.to_str().ok()?.split('-').nth(1)?;
    let valid = id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    valid.then(|| HeaderValue::from_str(id).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fields: &[(&'static str, &str)], expected: Option<&str>) {
        let headers: HeaderMap = fields
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect();
        let id = RequestId::of(
            &headers,
            &[HeaderName::from_static("x-platform-id"), REQUEST_ID],
        );
        match expected {
            Some(expected) => assert_eq!(id.as_str(), expected),
            None => assert!(
                id.as_str().len() == 32 && !fields.iter().any(|(_, value)| *value == id.as_str())
            ),
        }
    }

    #[test]
    fn the_first_configured_field_wins() {
        check(&[("x-request-id", "b"), ("x-platform-id", "a")], Some("a"));
        check(&[("x-request-id", "b")], Some("b"));
    }

    #[test]
    fn an_unusable_id_is_passed_over() {
        check(
            &[("x-platform-id", "two words"), ("x-request-id", "b")],
            Some("b"),
        );
        check(&[("x-request-id", "")], None);
        check(&[("x-request-id", &"x".repeat(129))], None);
    }

    #[test]
    fn a_trace_parent_stands_in_for_an_id() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        check(
            &[("traceparent", &format!("00-{id}-b7ad6b7169203331-01"))],
            Some(id),
        );
        check(&[("traceparent", "00-short-b7ad6b7169203331-01")], None);
    }

    #[test]
    fn generated_ids_differ() {
        assert_ne!(RequestId::generate(), RequestId::generate());
    }
}
