//! What invocations do, as spans for whoever exports them.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, SystemTime};

use tracing::span::Entered;
use tracing::{Instrument as _, Span, field};

use super::trigger::Trigger;
use super::{Context, Event, Outcome, Trace};
use crate::driver::Clock;
use crate::driver::function::{Flush, INVOCATION, Telemetry};
use crate::error::Result;
use crate::http::{Request, Response};

/// The longest that an answer waits for its telemetry.
const MOST: Duration = Duration::from_millis(500);
/// What is left for the answer itself on its way.
const RESERVE: Duration = Duration::from_millis(50);

/// Makes one span an invocation, of those that are sampled.
#[derive(Clone)]
pub(super) struct Recorder {
    telemetry: Arc<dyn Telemetry>,
    flush: Flush,
}

/// One request that is recorded.
pub(super) struct Recording {
    recorder: Recorder,
    span: Span,
    telling: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Recorder {
    pub(super) fn new(telemetry: Arc<dyn Telemetry>, flush: Flush) -> Self {
        Self { telemetry, flush }
    }

    /// The trace, with the decision whether it is recorded.
    pub(super) fn decide(&self, trace: Trace) -> Trace {
        let is_sampled = self.telemetry.samples(trace.trace_id(), trace.decision());
        trace.with_sampled(is_sampled)
    }

    /// Nothing of a request that is not sampled: its answer waits for nobody.
    pub(super) fn request(&self, request: &Request, context: &Context) -> Option<Recording> {
        let trace = context.trace();
        if !trace.is_sampled() {
            return None;
        }
        let span = tracing::info_span!(
            target: INVOCATION,
            "isobar.request",
            otel.name = request.method().as_str(),
            otel.kind = "server",
            trace_id = trace.trace_id(),
            span_id = trace.span_id(),
            parent_id = trace.parent_id(),
            faas.invocation_id = context.id().as_str(),
            http.request.method = request.method().as_str(),
            url.path = request.uri().path(),
            http.response.status_code = field::Empty,
            otel.status_code = field::Empty,
            isobar.ended = field::Empty,
        );
        Some(Recording {
            recorder: self.clone(),
            span,
            telling: None,
        })
    }

    /// Runs the handler of an event within a span of its own: others may have come with it.
    pub(super) async fn event(&self, mut event: Event, trigger: &Trigger) -> Result<Outcome> {
        let trace = self.decide(event.context.trace().clone().sibling());
        event.context = event.context.with_trace(trace.clone());
        let span = if trace.is_sampled() {
            tracing::info_span!(
                target: INVOCATION,
                "isobar.event",
                otel.name = event.event_type,
                otel.kind = "consumer",
                trace_id = trace.trace_id(),
                span_id = trace.span_id(),
                parent_id = trace.parent_id(),
                faas.invocation_id = event.context.id().as_str(),
                cloudevents.event_id = event.id,
                cloudevents.event_source = event.source,
                outcome = field::Empty,
                otel.status_code = field::Empty,
                isobar.ended = field::Empty,
            )
        } else {
            Span::none()
        };
        let ended = trigger.wake(event).instrument(span.clone()).await;
        match &ended {
            Ok(outcome) => {
                span.record("outcome", field::debug(outcome));
            }
            Err(error) => {
                span.record("outcome", field::debug(error.kind()));
                span.record("otel.status_code", "ERROR");
            }
        }
        end(&span);
        ended
    }

    /// Tells what a delivery of events did, where that comes before its answer.
    pub(super) async fn flush_delivery(&self, deadline: Option<SystemTime>, clock: &dyn Clock) {
        if self.flush == Flush::BeforeAnswer {
            self.flush_by(deadline, clock).await;
        }
    }

    /// Tells what there is, and gives up before the deadline.
    pub(super) async fn flush_by(&self, deadline: Option<SystemTime>, clock: &dyn Clock) {
        let most = match deadline {
            None => MOST,
            Some(deadline) => {
                let left = deadline.duration_since(clock.now()).unwrap_or_default();
                left.saturating_sub(RESERVE).min(MOST)
            }
        };
        if !most.is_zero() {
            self.telemetry.flush(most).await;
        }
    }
}

/// Others may hold a span for longer than its invocation takes, such as those within it: who records it is told.
fn end(span: &Span) {
    span.record("isobar.ended", true);
}

impl Recording {
    pub(super) fn enter(&self) -> Entered<'_> {
        self.span.enter()
    }

    /// Ends the span, and tells it where that comes before the answer.
    pub(super) fn poll_end(
        &mut self,
        response: &Response,
        context: &Context,
        task: &mut TaskContext<'_>,
    ) -> Poll<()> {
        if let Some(telling) = &mut self.telling {
            return telling.as_mut().poll(task);
        }
        let status = response.status();
        self.span
            .record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            self.span.record("otel.status_code", "ERROR");
        }
        end(&self.span);
        self.span = Span::none();
        if self.recorder.flush != Flush::BeforeAnswer {
            return Poll::Ready(());
        }
        let (recorder, clock) = (self.recorder.clone(), context.clock());
        let deadline = context.deadline();
        let telling = self.telling.insert(Box::pin(async move {
            recorder.flush_by(deadline, &*clock).await;
        }));
        telling.as_mut().poll(task)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("flush", &self.flush)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").finish_non_exhaustive()
    }
}
