//! X-Ray's trace in the form of W3C.

use http::{HeaderMap, HeaderName, HeaderValue};
use isobar::function::Trace;

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// The trace of an invocation, by its own segment.
pub(super) fn of_invocation(told: Option<&str>) -> Trace {
    told.and_then(Told::parse)
        .map_or_else(Trace::start, |told| told.trace())
}

/// The trace that a message tells.
pub(super) fn of_message(told: &str) -> Option<Trace> {
    Told::parse(told).map(|told| told.trace())
}

/// Adds `traceparent` where the client tells no trace: of the invocation's own segment, which the runtime API tells, else of
/// the front door's. Returns the trace then, with what that field cannot say: that nobody has decided whether it is
/// recorded.
pub(super) fn complete(headers: &mut HeaderMap, invocation: Option<&str>) -> Option<Trace> {
    if Trace::is_told(headers) {
        return None;
    }
    let door = headers.get(TRACE_ID).and_then(|value| value.to_str().ok());
    let told = invocation.and_then(Told::parse);
    let told = told.or_else(|| door.and_then(Told::parse))?;
    let trace = told.trace();
    headers.insert(TRACE_PARENT, told.parent);
    Some(trace)
}

/// What X-Ray tells.
struct Told {
    parent: HeaderValue,
    is_sampled: bool,
}

impl Told {
    /// Where X-Ray records nothing, others may: Lambda says `Sampled=0` of every invocation unless its active tracing is on.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html>
    fn trace(&self) -> Trace {
        let decision = self.is_sampled.then_some(true);
        Trace::of_parent(Some(&self.parent)).with_decision(decision)
    }

    /// `Root=1-TIME-UNIQUE;Parent=SEGMENT;Sampled=1`, in any order: the time in eight and the rest in 24 hexadecimal digits
    /// are W3C's trace id; without a segment there is no parent to tell.
    ///
    /// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>
    fn parse(told: &str) -> Option<Self> {
        let field = |name: &str| {
            let mut fields = told
                .split(';')
                .filter_map(|field| field.trim().split_once('='));
            fields.find(|(own, _)| *own == name).map(|(_, value)| value)
        };
        let (time, unique) = field("Root")?.strip_prefix("1-")?.split_once('-')?;
        let segment = field("Parent")?;
        let is_id = |digits: &str, length: usize| {
            digits.len() == length && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        };
        let is_zero = |digits: &str| digits.bytes().all(|digit| digit == b'0');
        // Neither may be zero (W3C Trace Context, section 3.2.2).
        let is_told = is_id(time, 8) && is_id(unique, 24) && is_id(segment, 16);
        if !is_told || is_zero(segment) || is_zero(time) && is_zero(unique) {
            return None;
        }
        let is_sampled = field("Sampled") == Some("1");
        let sampled = u8::from(is_sampled);
        let parent = format!("00-{time}{unique}-{segment}-{sampled:02x}").to_ascii_lowercase();
        Some(Self {
            parent: HeaderValue::from_str(&parent).ok()?,
            is_sampled,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEGMENT: &str =
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    const TOLD: &str = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";

    fn check(fields: &[(HeaderName, &str)], invocation: Option<&str>, expected: Option<&str>) {
        let fields = fields.iter().cloned();
        let mut headers: HeaderMap = fields
            .map(|(name, value)| (name, value.parse().unwrap()))
            .collect();
        complete(&mut headers, invocation);
        let told = headers
            .get(TRACE_PARENT)
            .map(|value| value.to_str().unwrap());
        assert_eq!(told, expected);
    }

    #[test]
    fn the_trace_of_x_ray_is_told_as_that_of_w3c() {
        check(&[], Some(SEGMENT), Some(TOLD));
        check(&[(TRACE_ID, SEGMENT)], None, Some(TOLD));
        let other = "Self=1-0-0;Sampled=0; Parent=000000000000ABCD ;Root=1-5759e988-bd862e3fe1be46a994272793";
        let unsampled = "00-5759e988bd862e3fe1be46a994272793-000000000000abcd-00";
        check(&[(TRACE_ID, other)], Some(SEGMENT), Some(TOLD));
        check(
            &[(TRACE_ID, SEGMENT)],
            Some(&other.replace(" ;", ";")),
            Some(unsampled),
        );
        for useless in [
            "",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=0000000000000000",
            "Root=1-00000000-000000000000000000000000;Parent=53995c3f42cd8ad8",
            "Root=2-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
            "Root=1-é759e98-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
        ] {
            check(&[], Some(useless), None);
        }
    }

    #[test]
    fn what_w3c_tells_is_not_told_again() {
        check(&[(TRACE_PARENT, "mine")], Some(SEGMENT), Some("mine"));
    }
}
