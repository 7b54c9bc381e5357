//! B3, the propagation of Zipkin, in one field or in several.
//!
//! <https://github.com/openzipkin/b3-propagation>

use http::header::HeaderMap;
use http::{HeaderName, HeaderValue};

use super::{Parent, Trace, digits};

const SINGLE: HeaderName = HeaderName::from_static("b3");
const TRACE_ID: HeaderName = HeaderName::from_static("x-b3-traceid");
const SPAN_ID: HeaderName = HeaderName::from_static("x-b3-spanid");
const SAMPLED: HeaderName = HeaderName::from_static("x-b3-sampled");
const FLAGS: HeaderName = HeaderName::from_static("x-b3-flags");

pub(super) fn is_told(headers: &HeaderMap) -> bool {
    [SINGLE, TRACE_ID, SAMPLED]
        .iter()
        .any(|field| headers.contains_key(field))
}

/// The trace that is told; a new one where none is, for which a caller may have decided all the same.
///
/// Of both forms the single field is the one to be believed.
pub(super) fn trace(headers: &HeaderMap) -> Trace {
    let text = |name| headers.get(name).map(HeaderValue::to_str)?.ok();
    if let Some(single) = text(SINGLE) {
        let mut parts = single.split('-');
        return match (parts.next(), parts.next(), parts.next()) {
            (Some(only), None, _) => Trace::start().with_decision(decision(only)),
            (Some(trace), Some(span), told) => below(trace, span, told.and_then(decision)),
            (None, ..) => Trace::start(),
        };
    }
    let is_debugged = text(FLAGS) == Some("1");
    let told = if is_debugged {
        Some(true)
    } else {
        text(SAMPLED).and_then(decision)
    };
    match (text(TRACE_ID), text(SPAN_ID)) {
        (Some(trace), Some(span)) => below(trace, span, told),
        (None, None) => Trace::start().with_decision(told),
        _ => Trace::start(),
    }
}

/// Early tracers write the sampling as a boolean; without any the decision is left to the receiver.
fn decision(told: &str) -> Option<bool> {
    match told {
        "1" | "d" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

fn below(trace: &str, span: &str, decision: Option<bool>) -> Trace {
    ids(trace, span).map_or_else(Trace::start, |(trace_id, span_id)| {
        let parent = Parent {
            trace_id,
            span_id,
            decision,
        };
        Trace::below(parent, None)
    })
}

fn ids(trace: &str, span: &str) -> Option<(u128, u64)> {
    let trace_id = digits(trace, 32).or_else(|| digits(trace, 16))?;
    let span_id = u64::try_from(digits(span, 16)?).ok()?;
    (trace_id != 0 && span_id != 0).then_some((trace_id, span_id))
}
