//! What a handler may know of the invocation it runs in.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use uuid::Uuid;

use crate::driver::Clock;

/// The platform's own id of a request; a platform puts it into the request's extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// An invocation: its id, and the time it has.
///
/// HTTP handlers extract it with `axum::Extension<Context>`.
#[derive(Clone)]
pub struct Context {
    id: Arc<str>,
    deadline: Option<SystemTime>,
    clock: Arc<dyn Clock>,
}

/// The time kept for telling the caller that there is no more (rule N8).
const MARGIN: Duration = Duration::from_millis(250);

impl Context {
    /// An invocation with the platform's id and deadline; for platforms.
    pub fn new(
        id: impl Into<Arc<str>>,
        deadline: Option<SystemTime>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            id: id.into(),
            deadline,
            clock,
        }
    }

    /// The id: the platform's, else the trace id of the caller, else a new one (rule N9).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When the platform cuts the invocation.
    pub fn deadline(&self) -> Option<SystemTime> {
        self.deadline
    }

    /// The time that is left for work: up to 250 ms before the deadline.
    pub fn remaining(&self) -> Option<Duration> {
        let left = self
            .deadline?
            .duration_since(self.clock.now())
            .unwrap_or_default();
        Some(left.saturating_sub(MARGIN))
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The id of a request whose platform gave none.
    pub(crate) fn id_from(headers: &HeaderMap) -> Arc<str> {
        // https://www.w3.org/TR/trace-context/: version "-" 32 hexadecimal digits "-" ...
        let trace = headers
            .get("traceparent")
            .and_then(|value| value.to_str().ok());
        let trace_id = trace.and_then(|trace| trace.split('-').nth(1));
        match trace_id {
            Some(id) if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                id.into()
            }
            _ => Uuid::new_v4().simple().to_string().into(),
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("id", &self.id)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
