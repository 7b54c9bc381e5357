//! The trace that an invocation is part of, as W3C Trace Context has it.
//!
//! <https://www.w3.org/TR/trace-context/>

mod b3;
mod state;

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use http::header::HeaderMap;
use http::{HeaderName, HeaderValue};

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACE_STATE: HeaderName = HeaderName::from_static("tracestate");
/// The header field that tells a caller which trace its request became part of.
///
/// <https://w3c.github.io/trace-context/#traceresponse-header>
pub const TRACE_RESPONSE: HeaderName = HeaderName::from_static("traceresponse");

const SAMPLED: u8 = 1;

/// A trace and the place of one invocation in it: the caller's trace where it tells one, else a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    id: u128,
    span_id: u64,
    /// The caller's span; `None` where the trace begins here.
    parent_id: Option<u64>,
    /// What the caller has decided; `None` where it leaves that to whoever exports the spans.
    decision: Option<bool>,
    is_sampled: bool,
    state: Option<HeaderValue>,
}

/// What a caller tells of its own span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parent {
    trace_id: u128,
    span_id: u64,
    decision: Option<bool>,
}

impl Trace {
    /// The trace that these header fields tell: `traceparent` with `tracestate`, or B3 in one field or in several;
    /// else a new one.
    ///
    /// A `traceparent` that breaks W3C's grammar is as good as none (section 3.2): the trace begins here.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut told = headers.get_all(TRACE_PARENT).iter();
        match (told.next(), told.next()) {
            (Some(only), None) => match Parent::parse(only.as_bytes()) {
                Some(parent) => Self::below(parent, state::joined(headers.get_all(TRACE_STATE))),
                None => Self::start(),
            },
            (Some(_), Some(_)) => Self::start(),
            (None, _) => b3::trace(headers),
        }
    }

    /// Whether these fields tell anything of a trace, which a platform's own field does not change.
    pub fn is_told(headers: &HeaderMap) -> bool {
        headers.contains_key(TRACE_PARENT) || b3::is_told(headers)
    }

    /// The trace of a `traceparent` that a platform tells; a new one where it is none.
    pub fn of_parent(told: Option<&HeaderValue>) -> Self {
        let parent = told.and_then(|told| Parent::parse(told.as_bytes()));
        parent.map_or_else(Self::start, |parent| Self::below(parent, None))
    }

    /// The trace that a `traceparent` and a `tracestate` tell beside a message or an event; nothing where there is none, or
    /// one that breaks the grammar; for platforms.
    pub fn of_texts(parent: Option<&str>, state: Option<&str>) -> Option<Self> {
        let parent = Parent::parse(parent?.as_bytes())?;
        let state = state.and_then(|state| HeaderValue::from_str(state).ok());
        let fields = state.map(|state| (TRACE_STATE, state));
        let fields: HeaderMap = fields.into_iter().collect();
        let state = state::joined(fields.get_all(TRACE_STATE));
        Some(Self::below(parent, state))
    }

    /// The same by the attributes of these names, as other programs send them; for platforms.
    pub fn of_attributes(attributes: &BTreeMap<String, String>) -> Option<Self> {
        let told = |name: HeaderName| attributes.get(name.as_str()).map(String::as_str);
        Self::of_texts(told(TRACE_PARENT), told(TRACE_STATE))
    }

    /// The same, else what attributes of these two names tell, which are taken away; for platforms whose messages carry the
    /// trace of the sender under names that no sender has.
    pub fn taken_from(attributes: &mut BTreeMap<String, String>, names: [&str; 2]) -> Option<Self> {
        let told = names.map(|name| attributes.remove(name));
        let [parent, state] = told.each_ref().map(Option::as_deref);
        Self::of_attributes(attributes).or_else(|| Self::of_texts(parent, state))
    }

    /// A trace that begins here.
    pub fn start() -> Self {
        Self {
            id: u128::from(new_id()) << 64 | u128::from(new_id()),
            span_id: new_id(),
            parent_id: None,
            decision: None,
            is_sampled: false,
            state: None,
        }
    }

    fn below(parent: Parent, state: Option<HeaderValue>) -> Self {
        Self {
            id: parent.trace_id,
            span_id: new_id(),
            parent_id: Some(parent.span_id),
            decision: parent.decision,
            is_sampled: parent.decision == Some(true),
            state,
        }
    }

    /// The same where the caller has decided so, or not at all, whether it is recorded; for platforms.
    #[must_use]
    pub fn with_decision(mut self, decision: Option<bool>) -> Self {
        self.decision = decision;
        self.is_sampled = decision == Some(true);
        self
    }

    /// Whether both go on from one span.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        (self.id, self.parent_id) == (other.id, other.parent_id)
    }

    /// The same for one more span below the caller's.
    pub(super) fn sibling(mut self) -> Self {
        self.span_id = new_id();
        self
    }

    /// Whether the caller records this trace; `None` where it leaves that to others.
    pub(super) fn decision(&self) -> Option<bool> {
        self.decision
    }

    /// Whether the spans of this trace are recorded, as whoever exports them decides; for telemetry.
    #[must_use]
    pub fn with_sampled(mut self, is_sampled: bool) -> Self {
        self.is_sampled = is_sampled;
        self
    }

    /// The id of the whole trace, which W3C writes as 32 hexadecimal digits (`{:032x}`); never 0.
    pub fn trace_id(&self) -> u128 {
        self.id
    }

    /// The id of this invocation's span, which W3C writes as 16 hexadecimal digits (`{:016x}`); never 0.
    pub fn span_id(&self) -> u64 {
        self.span_id
    }

    /// The caller's span; `None` where the trace begins here.
    pub fn parent_id(&self) -> Option<u64> {
        self.parent_id
    }

    /// Whether the caller, or whoever exports the spans, records this trace.
    pub fn is_sampled(&self) -> bool {
        self.is_sampled
    }

    /// The `traceparent` of calls that the invocation makes.
    pub fn parent_of_calls(&self) -> HeaderValue {
        let flags = u8::from(self.is_sampled) * SAMPLED;
        field_value(&format!(
            "00-{:032x}-{:016x}-{flags:02x}",
            self.id, self.span_id
        ))
    }

    /// What goes along with messages that the invocation sends, in place of `traceparent` and `tracestate` under these
    /// names; for stores.
    pub fn named(
        &self,
        [parent, state]: [&str; 2],
    ) -> impl Iterator<Item = (String, String)> + use<> {
        let told = [
            (parent, Some(self.parent_of_calls())),
            (state, self.state.clone()),
        ];
        let told = told.map(|(name, value)| {
            let value = value?;
            Some((name.to_owned(), value.to_str().ok()?.to_owned()))
        });
        told.into_iter().flatten()
    }

    /// Adds `traceparent` and `tracestate` to a call that the invocation makes, in place of those that are there.
    pub fn inject(&self, headers: &mut HeaderMap) {
        headers.insert(TRACE_PARENT, self.parent_of_calls());
        match &self.state {
            Some(state) => headers.insert(TRACE_STATE, state.clone()),
            None => headers.remove(TRACE_STATE),
        };
    }
}

impl Parent {
    /// `VERSION-TRACE-SPAN-FLAGS` in lower case; what follows the flags in a later version is not read.
    fn parse(told: &[u8]) -> Option<Self> {
        let (known, rest) = told.split_at_checked(55)?;
        let text = std::str::from_utf8(known).ok()?;
        let mut parts = text.split('-');
        let version = digits(parts.next()?, 2)?;
        let trace_id = digits(parts.next()?, 32)?;
        let span_id = digits(parts.next()?, 16)?;
        let flags = digits(parts.next()?, 2)?;
        let ends = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.first().is_none_or(|next| *next == b'-'),
        };
        let is_whole = ends && parts.next().is_none() && trace_id != 0 && span_id != 0;
        is_whole.then_some(Self {
            trace_id,
            span_id: u64::try_from(span_id).ok()?,
            decision: Some(flags & u128::from(SAMPLED) != 0),
        })
    }
}

fn field_value(digits: &str) -> HeaderValue {
    HeaderValue::from_str(digits).expect("digits and dashes are a valid field value")
}

/// The number of so many hexadecimal digits in lower case.
fn digits(text: &str, length: usize) -> Option<u128> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let all = text.len() == length && text.bytes().all(is_digit);
    all.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

/// A number that is not 0 and that no other call in this process gets.
///
/// Samplers take a part of a trace's id for random, and a random number each would cost a request more than all else
/// that is done here: this mixes a count (SplitMix64, Steele, Lea and Flood, OOPSLA 2014) that begins anywhere.
fn new_id() -> u64 {
    static NEXT: LazyLock<AtomicU64> =
        LazyLock::new(|| AtomicU64::new(uuid::Uuid::new_v4().as_u64_pair().1));
    loop {
        let mut id = NEXT.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        id = (id ^ (id >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        id = (id ^ (id >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        id ^= id >> 31;
        if id != 0 {
            return id;
        }
    }
}

#[cfg(test)]
mod tests;
