//! Traces of a vendor's own form, in that of W3C.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::facts::TraceHeader;

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const CLOUD_TRACE: HeaderName = HeaderName::from_static("x-cloud-trace-context");

/// Adds `traceparent` where only the vendor's field tells the trace; says whether it did.
pub(super) fn complete(headers: &mut HeaderMap, form: TraceHeader) -> bool {
    if form == TraceHeader::TraceParent || headers.contains_key(TRACE_PARENT) {
        return false;
    }
    let told = headers.get(CLOUD_TRACE).and_then(from_cloud_trace);
    let Some(parent) = told else { return false };
    headers.insert(TRACE_PARENT, parent);
    true
}

/// `TRACE_ID/SPAN_ID;o=OPTIONS`: 32 hexadecimal digits, an unsigned decimal number, and whether it is sampled; only the
/// first is always there.
///
/// <https://docs.cloud.google.com/trace/docs/trace-context>
fn from_cloud_trace(value: &HeaderValue) -> Option<HeaderValue> {
    let text = value.to_str().ok()?;
    let (path, options) = text.split_once(';').unwrap_or((text, ""));
    let (trace, span) = path.split_once('/').unwrap_or((path, ""));
    let is_id = trace.len() == 32 && trace.bytes().all(|digit| digit.is_ascii_hexdigit());
    // Neither may be zero (W3C Trace Context, section 3.2.2).
    if !is_id || trace.bytes().all(|digit| digit == b'0') {
        return None;
    }
    let span = span.parse().ok().filter(|span: &u64| *span != 0)?;
    let sampled = u8::from(options == "o=1");
    let parent = format!(
        "00-{}-{span:016x}-{sampled:02x}",
        trace.to_ascii_lowercase()
    );
    HeaderValue::from_str(&parent).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(vendor: &str, expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        headers.insert(CLOUD_TRACE, vendor.parse().unwrap());
        assert_eq!(
            complete(&mut headers, TraceHeader::CloudTrace),
            expected.is_some()
        );
        let told = headers
            .get(TRACE_PARENT)
            .map(|value| value.to_str().unwrap());
        assert_eq!(told, expected);
    }

    #[test]
    fn the_trace_of_google_is_told_as_that_of_w3c() {
        check(
            "105445aa7843bc8bf206b12000100000/1;o=1",
            Some("00-105445aa7843bc8bf206b12000100000-0000000000000001-01"),
        );
        check(
            "105445AA7843BC8BF206B12000100000/18446744073709551615",
            Some("00-105445aa7843bc8bf206b12000100000-ffffffffffffffff-00"),
        );
        for useless in [
            "",
            "105445aa7843bc8bf206b12000100000",
            "1/2;o=1",
            "105445aa7843bc8bf206b12000100000/0",
            "105445aa7843bc8bf206b12000100000/x",
            "00000000000000000000000000000000/1",
        ] {
            check(useless, None);
        }
    }

    #[test]
    fn what_w3c_tells_is_not_told_again() {
        let mut headers = HeaderMap::new();
        headers.insert(TRACE_PARENT, HeaderValue::from_static("mine"));
        headers.insert(
            CLOUD_TRACE,
            HeaderValue::from_static("105445aa7843bc8bf206b12000100000/1"),
        );
        assert!(!complete(&mut headers, TraceHeader::CloudTrace));
        assert_eq!(headers[TRACE_PARENT], "mine");
    }
}
