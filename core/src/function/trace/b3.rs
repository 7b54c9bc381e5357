//! B3, the propagation of Zipkin, in one field or in several.
//!
//! <https://github.com/openzipkin/b3-propagation>

use http::header::HeaderMap;
use http::{HeaderName, HeaderValue};

use super::{Parent, digits};

const SINGLE: HeaderName = HeaderName::from_static("b3");
const TRACE_ID: HeaderName = HeaderName::from_static("x-b3-traceid");
const SPAN_ID: HeaderName = HeaderName::from_static("x-b3-spanid");
const SAMPLED: HeaderName = HeaderName::from_static("x-b3-sampled");
const FLAGS: HeaderName = HeaderName::from_static("x-b3-flags");

pub(super) fn is_told(headers: &HeaderMap) -> bool {
    headers.contains_key(SINGLE) || headers.contains_key(TRACE_ID)
}

/// The caller's span; of both forms the single field is the one to be believed.
pub(super) fn parent(headers: &HeaderMap) -> Option<Parent> {
    let text = |name| headers.get(name).map(HeaderValue::to_str)?.ok();
    if let Some(single) = text(SINGLE) {
        let mut parts = single.split('-');
        let (trace, span) = (parts.next()?, parts.next()?);
        return ids(trace, span, matches!(parts.next(), Some("1" | "d")));
    }
    let trace = text(TRACE_ID)?;
    let is_debugged = text(FLAGS) == Some("1");
    // Early tracers write the sampling as a boolean.
    let is_sampled = is_debugged || matches!(text(SAMPLED), Some("1" | "true"));
    ids(trace, text(SPAN_ID)?, is_sampled)
}

/// Where the decision is left to the receiver, nobody is known to record.
fn ids(trace: &str, span: &str, is_sampled: bool) -> Option<Parent> {
    let trace_id = digits(trace, 32).or_else(|| digits(trace, 16))?;
    let span_id = u64::try_from(digits(span, 16)?).ok()?;
    (trace_id != 0 && span_id != 0).then_some(Parent {
        trace_id,
        span_id,
        is_sampled,
    })
}
