//! Traces of a vendor's own form, in that of W3C.

use http::{HeaderMap, HeaderName, HeaderValue};
use isobar::function::{RequestId, Trace};

use super::facts::TraceHeader;

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const CLOUD_TRACE: HeaderName = HeaderName::from_static("x-cloud-trace-context");

/// What the vendor's field tells.
#[derive(Debug, PartialEq)]
pub(super) struct Completed {
    /// The request's id, which it may tell too.
    pub(super) id: RequestId,
    /// The trace, with what `traceparent` cannot say: that nobody has decided whether it is recorded.
    pub(super) trace: Option<Trace>,
}

/// Adds `traceparent` where only the vendor's field tells the trace.
///
/// A client's own trace in B3 goes on, and the request is filed under the vendor's all the same.
pub(super) fn complete(
    headers: &mut HeaderMap,
    form: TraceHeader,
    id_headers: &[HeaderName],
) -> Option<Completed> {
    if headers.contains_key(TRACE_PARENT) {
        return None;
    }
    let is_told = Trace::is_told(headers);
    let told = match form {
        TraceHeader::TraceParent => None,
        TraceHeader::CloudTrace => headers.get(CLOUD_TRACE).and_then(from_cloud_trace),
        TraceHeader::SpanContext(field) => headers.get(field).and_then(from_span_context),
    };
    let (parent, decision) = told?;
    let trace = Trace::of_parent(Some(&parent)).with_decision(decision);
    headers.insert(TRACE_PARENT, parent);
    let id = RequestId::of(headers, id_headers);
    if is_told {
        headers.remove(TRACE_PARENT);
    }
    let trace = (!is_told).then_some(trace);
    Some(Completed { id, trace })
}

/// `TRACE_ID/SPAN_ID;o=OPTIONS`: 32 hexadecimal digits, an unsigned decimal number, and whether it is sampled; only the
/// first is always there.
///
/// <https://docs.cloud.google.com/trace/docs/trace-context>
fn from_cloud_trace(value: &HeaderValue) -> Option<(HeaderValue, Option<bool>)> {
    let text = value.to_str().ok()?;
    let (path, options) = text.split_once(';').unwrap_or((text, ""));
    let (trace, span) = path.split_once('/').unwrap_or((path, ""));
    let is_id = trace.len() == 32 && trace.bytes().all(|digit| digit.is_ascii_hexdigit());
    // Neither may be zero (W3C Trace Context, section 3.2.2).
    if !is_id || trace.bytes().all(|digit| digit == b'0') {
        return None;
    }
    let span = span.parse().ok().filter(|span: &u64| *span != 0)?;
    let decision = match options {
        "o=1" => Some(true),
        "o=0" => Some(false),
        _ => None,
    };
    let sampled = u8::from(decision == Some(true));
    let parent = format!(
        "00-{}-{span:016x}-{sampled:02x}",
        trace.to_ascii_lowercase()
    );
    Some((HeaderValue::from_str(&parent).ok()?, decision))
}

/// `TRACE:SPAN:PARENT:FLAGS` in hexadecimal digits, of which those at the start that are 0 may be left out; of the flags the
/// first bit says whether it is sampled.
///
/// <https://www.jaegertracing.io/sdk-migration/#propagation-format>
fn from_span_context(value: &HeaderValue) -> Option<(HeaderValue, Option<bool>)> {
    let parts: Vec<&str> = value.to_str().ok()?.split(':').collect();
    let [trace, span, _, flags] = parts[..] else {
        return None;
    };
    let number = |text: &str, most: usize| {
        let is_hexadecimal = text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let fits = is_hexadecimal && text.len() <= most;
        fits.then(|| u128::from_str_radix(text, 16).ok()).flatten()
    };
    let (trace, span, flags) = (number(trace, 32)?, number(span, 16)?, number(flags, 2)?);
    if trace == 0 || span == 0 {
        return None;
    }
    let is_sampled = flags & 1 != 0;
    let parent = format!("00-{trace:032x}-{span:016x}-{:02x}", u8::from(is_sampled));
    Some((HeaderValue::from_str(&parent).ok()?, Some(is_sampled)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(vendor: &str, expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        headers.insert(CLOUD_TRACE, vendor.parse().unwrap());
        assert_eq!(
            complete(&mut headers, TraceHeader::CloudTrace, &[]).is_some(),
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
    fn the_trace_of_jaegers_clients_is_told_as_that_of_w3c() {
        const FIELD: &str = "x-fc-tracing-opentracing-span-context";
        let check = |told: &str, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(FIELD, told.parse().unwrap());
            complete(&mut headers, TraceHeader::SpanContext(FIELD), &[]);
            let found = headers.get(TRACE_PARENT);
            assert_eq!(
                found.map(|value| value.to_str().unwrap()),
                expected,
                "{told}"
            );
        };
        check(
            "124ed43254b54966:124ed43254b54967:0:1",
            Some("00-0000000000000000124ed43254b54966-124ed43254b54967-01"),
        );
        check(
            "105445aa7843bc8bf206b12000100000:1:0:00",
            Some("00-105445aa7843bc8bf206b12000100000-0000000000000001-00"),
        );
        for useless in [
            "",
            "1:2:0",
            "0:1:0:1",
            "1:0:0:1",
            "x:1:0:1",
            "1:2:0:1:3",
            "1:2:0:001",
        ] {
            check(useless, None);
        }
    }

    #[test]
    fn who_decides_nothing_refuses_nothing() {
        for (options, decision) in [("", None), (";o=1", Some(true)), (";o=0", Some(false))] {
            let value = format!("105445aa7843bc8bf206b12000100000/1{options}");
            let told = from_cloud_trace(&value.parse().unwrap());
            assert_eq!(
                told.map(|(_, decision)| decision),
                Some(decision),
                "{value}"
            );
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
        assert_eq!(complete(&mut headers, TraceHeader::CloudTrace, &[]), None);
        assert_eq!(headers[TRACE_PARENT], "mine");
    }

    #[test]
    fn a_trace_in_b3_goes_on_and_the_vendors_files_the_request() {
        let mut headers = HeaderMap::new();
        let b3 = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1";
        headers.insert("b3", HeaderValue::from_static(b3));
        headers.insert(
            CLOUD_TRACE,
            HeaderValue::from_static("105445aa7843bc8bf206b12000100000/1"),
        );
        let completed = complete(&mut headers, TraceHeader::CloudTrace, &[]).unwrap();
        assert_eq!(completed.trace, None);
        assert_eq!(completed.id.as_str(), "105445aa7843bc8bf206b12000100000");
        assert!(!headers.contains_key(TRACE_PARENT));
        assert_eq!(Trace::of(&headers).parent_id(), Some(0xb7ad_6b71_6920_3331));
    }
}
