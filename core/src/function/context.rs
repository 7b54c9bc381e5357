//! What a handler may know of the invocation it runs in.

use std::cell::RefCell;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::{Failures, Location, Origin, RequestId, Trace};
use crate::authorization::{Admitted, Authority, Principal};
use crate::driver::Clock;
use crate::error::{Error, ErrorKind, Result};

/// An invocation: its id, its trace, and the time it has.
///
/// HTTP handlers and their middleware take it as an argument, as any extractor of axum. It belongs
/// to the task that handles the request: one that a handler spawns must be given it.
#[derive(Clone)]
pub struct Context(Arc<Invocation>);

#[derive(Clone)]
struct Invocation {
    id: RequestId,
    trace: Trace,
    deadline: Option<SystemTime>,
    remote_address: Option<IpAddr>,
    location: Option<Location>,
    clock: Arc<dyn Clock>,
    authority: Option<Arc<Authority>>,
    admitted: OnceLock<Admitted>,
    failures: Option<Failures>,
}

/// The time kept for telling the caller that there is no more (rule N8).
const MARGIN: Duration = Duration::from_millis(250);

impl Context {
    /// An invocation with the platform's id and deadline, which begins a trace; for platforms.
    pub fn new(id: RequestId, deadline: Option<SystemTime>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Invocation {
            id,
            trace: Trace::start(),
            deadline,
            remote_address: None,
            location: None,
            clock,
            authority: None,
            admitted: OnceLock::new(),
            failures: None,
        }))
    }

    /// The same as part of a trace; for platforms.
    #[must_use]
    pub fn with_trace(mut self, trace: Trace) -> Self {
        Arc::make_mut(&mut self.0).trace = trace;
        self
    }

    /// The same, with the failures of single messages noted there; for platforms.
    #[must_use]
    pub fn with_failures(mut self, failures: Failures) -> Self {
        Arc::make_mut(&mut self.0).failures = Some(failures);
        self
    }

    /// Where the failures of single messages are noted from now on: where the platform asked for that, if it did.
    pub(super) fn noting_failures(&mut self) -> Failures {
        let invocation = Arc::make_mut(&mut self.0);
        invocation.failures.get_or_insert_default().clone()
    }

    /// Notes why a message of a batch failed, where somebody wants to know.
    pub(super) fn note_failure(&self, id: &str, error: Error) {
        if let Some(failures) = &self.0.failures {
            failures.note(id, error);
        }
    }

    /// Notes after which time a message of a batch is to come again, where somebody wants to know.
    pub(super) fn note_wait(&self, id: &str, wait: Duration) {
        if let Some(failures) = &self.0.failures {
            failures.note_wait(id, wait);
        }
    }

    /// Notes that no handler has begun a message of a batch, where somebody wants to know.
    pub(super) fn note_unbegun(&self, id: &str) {
        if let Some(failures) = &self.0.failures {
            failures.note_unbegun(id);
        }
    }

    /// The invocation for a request, with what its platform knows of it.
    pub(super) fn of_request(
        (id, trace): (RequestId, Trace),
        (origin, location): (&Origin, Location),
        clock: Arc<dyn Clock>,
        authority: Arc<Authority>,
    ) -> Self {
        Self(Arc::new(Invocation {
            id,
            trace,
            deadline: origin.deadline,
            remote_address: origin.remote_address,
            location: Some(location),
            clock,
            authority: Some(authority),
            admitted: OnceLock::new(),
            failures: None,
        }))
    }

    /// The id: the platform's, else the trace id of the caller, else a new one (rule N9).
    pub fn id(&self) -> &RequestId {
        &self.0.id
    }

    /// The trace that it is part of: the caller's, else one that begins here.
    ///
    /// Calls that the handler makes by a client of its own become part of it by [`Trace::inject`].
    pub fn trace(&self) -> &Trace {
        &self.0.trace
    }

    /// The address that a request came from, a proxy's where there is one in front; `None` where the
    /// platform does not know it, and for events.
    pub fn remote_address(&self) -> Option<IpAddr> {
        self.0.remote_address
    }

    /// Where the client of a request has reached the application; `None` for events.
    pub fn location(&self) -> Option<&Location> {
        self.0.location.as_ref()
    }

    /// Who called, on a route that [requires](crate::http::MethodRoutes::requires) somebody; `None` on others.
    pub fn principal(&self) -> Option<&Principal> {
        self.admitted().map(|admitted| &admitted.principal)
    }

    /// Whom a requirement has let in, and by what.
    pub(crate) fn admitted(&self) -> Option<&Admitted> {
        self.0.admitted.get()
    }

    /// Notes who called; the first of several requirements counts.
    pub(crate) fn admit(&self, admitted: Admitted) {
        let _ = self.0.admitted.set(admitted);
    }

    /// What lets callers in; nothing outside of a request.
    pub(crate) fn authority(&self) -> Option<&Authority> {
        self.0.authority.as_deref()
    }

    /// When the platform cuts the invocation.
    pub fn deadline(&self) -> Option<SystemTime> {
        self.0.deadline
    }

    /// The time that is left for work: up to 250 ms before the deadline.
    ///
    /// Calls of collections and buckets that the handler makes itself end by then; those of a task
    /// that it spawns do not.
    pub fn remaining(&self) -> Option<Duration> {
        let left = self
            .0
            .deadline?
            .duration_since(self.0.clock.now())
            .unwrap_or_default();
        Some(left.saturating_sub(MARGIN))
    }

    /// When work must have ended.
    pub(crate) fn end_of_work(&self) -> Option<SystemTime> {
        self.0.deadline?.checked_sub(MARGIN)
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.clock)
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Context>> = const { RefCell::new(None) };
}

impl Context {
    /// The invocation whose step runs on this thread; `None` outside of any.
    pub fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Makes this the current invocation until the guard is dropped.
    pub(super) fn enter(&self) -> Entered {
        Entered {
            outer: CURRENT.replace(Some(self.clone())),
        }
    }
}

/// Restores what was before, also when the step panics.
pub(super) struct Entered {
    outer: Option<Context>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.outer.take());
    }
}

/// Fails only outside of an [`App`](super::App).
impl<S: Send + Sync> FromRequestParts<S> for Context {
    type Rejection = Error;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self> {
        Self::current().ok_or_else(|| {
            let message = "a context was asked for outside of an application's request";
            Error::new(ErrorKind::Internal, message)
        })
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("id", &self.0.id)
            .field("deadline", &self.0.deadline)
            .finish_non_exhaustive()
    }
}
