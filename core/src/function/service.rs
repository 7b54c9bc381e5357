//! A built application: what a platform hands its invocations to.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::SystemTime;

use http::HeaderMap;
use tower::Service;

use super::description::ScheduleDescription;
use super::recorder::Recorder;
use super::trigger::{Source, Trigger, of_changes, undeclared};
use super::{
    Answer, Context, Event, EventData, Location, Origin, Outcome, RequestId, TopicSpec, Trace,
};
use crate::authorization::{Authority, ExpectedSender};
use crate::document::CollectionSchema;
use crate::driver::Clock;
use crate::driver::function::{Flush, Telemetry};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Request, Response, cookies};

/// An application with its state: answers requests and handles events, on any platform.
///
/// A panic of a handler becomes one 500 and one line in the log. Every response carries the
/// request's id in `x-request-id`, and where the caller told a trace, `traceresponse` names the span in it.
#[derive(Clone)]
pub struct AppService {
    built: Arc<Built>,
    recorder: Option<Recorder>,
}

struct Built {
    name: &'static str,
    router: axum::Router,
    triggers: Vec<Trigger>,
    clock: Arc<dyn Clock>,
    authority: Arc<Authority>,
}

impl fmt::Debug for AppService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppService")
            .field("name", &self.built.name)
            .finish_non_exhaustive()
    }
}

impl AppService {
    pub(super) fn new(
        name: &'static str,
        router: axum::Router,
        triggers: Vec<Trigger>,
        clock: Arc<dyn Clock>,
        authority: Authority,
    ) -> Self {
        let built = Built {
            name,
            router,
            triggers,
            clock,
            authority: Arc::new(authority),
        };
        Self {
            built: Arc::new(built),
            recorder: None,
        }
    }

    /// The same, with what it does recorded; for what connects it to a platform.
    #[must_use]
    pub fn with_telemetry(mut self, telemetry: Arc<dyn Telemetry>, flush: Flush) -> Self {
        self.recorder = Some(Recorder::new(telemetry, flush));
        self
    }

    /// Whether what it does is recorded, so that something may be left to tell at the end; for platforms.
    pub fn is_recorded(&self) -> bool {
        self.recorder.is_some()
    }

    /// Has the telemetry tell what an invocation did, for half a second and up to its deadline at most;
    /// for platforms that can do so after the answer.
    pub async fn flush(&self, deadline: Option<SystemTime>) {
        if let Some(recorder) = &self.recorder {
            recorder.flush_by(deadline, &*self.built.clock).await;
        }
    }

    /// The same where a platform may freeze the process after it has answered a delivery of events; for these, before the
    /// answer.
    pub async fn flush_delivery(&self, deadline: Option<SystemTime>) {
        if let Some(recorder) = &self.recorder {
            recorder.flush_delivery(deadline, &*self.built.clock).await;
        }
    }

    /// The application's name.
    pub fn name(&self) -> &'static str {
        self.built.name
    }

    /// How an event is refused that another than this sender sends; nothing where it may; for platforms.
    pub async fn refused_sender(
        &self,
        expected: &ExpectedSender,
        headers: &HeaderMap,
        id: &RequestId,
    ) -> Option<Response> {
        let checked = expected
            .check(&self.built.authority, headers, &*self.built.clock)
            .await;
        let refusal = checked.err()?;
        Some(refusal.into_response("events", id))
    }

    /// Whether tokens can be checked here at all; for platforms.
    pub fn can_check_tokens(&self) -> bool {
        self.built.authority.can_check()
    }

    /// Whether some route may require a caller; for platforms.
    pub fn checks_callers(&self) -> bool {
        !self.built.authority.is_empty()
    }

    /// The schedules a platform has to wake.
    pub fn schedules(&self) -> impl Iterator<Item = &ScheduleDescription> {
        let sources = self.built.triggers.iter().map(|trigger| &trigger.source);
        sources.filter_map(Source::schedule)
    }

    /// The topics that a platform has to deliver, by their names in the store.
    pub fn subscriptions(&self) -> impl Iterator<Item = String> {
        self.resources(|source| source.topic().map(TopicSpec::name))
    }

    /// The buckets whose events a platform has to deliver, by their names in the store.
    pub fn watched_buckets(&self) -> impl Iterator<Item = String> {
        self.resources(Source::bucket)
    }

    /// The collections whose changes a platform has to deliver, with their tables in the store.
    pub fn watched_collections(&self) -> impl Iterator<Item = CollectionSchema> {
        let triggers = self.built.triggers.iter();
        triggers.filter_map(|trigger| {
            let schema = trigger.source.collection()?;
            Some(schema.with_prefix(&trigger.prefix))
        })
    }

    /// What is declared of the collection whose changes in this table wake the application;
    /// `NotFound` where none do.
    pub fn watched_collection(&self, table: &str) -> Result<&CollectionSchema> {
        let triggers = self.built.triggers.iter();
        let watching = triggers.filter_map(|trigger| trigger.watches(table));
        let best = watching.max_by_key(|(fit, _)| *fit);
        best.map(|(_, schema)| schema)
            .ok_or_else(|| none(&of_changes(table)))
    }

    /// The resources of one kind that wake the application.
    fn resources(
        &self,
        named: fn(&Source) -> Option<&'static str>,
    ) -> impl Iterator<Item = String> {
        let triggers = self.built.triggers.iter();
        triggers.filter_map(move |trigger| {
            let name = named(&trigger.source)?;
            Some(format!("{}{name}", trigger.prefix))
        })
    }

    /// Answers a request, 250 ms before the platform would cut it at the latest.
    pub fn respond(&self, mut request: Request, origin: Origin) -> Answer {
        cookies::join(request.headers_mut());
        let id_field = origin.id_field;
        let context = self.context(&request, origin);
        let recording = self
            .recorder
            .as_ref()
            .and_then(|recorder| recorder.request(&request, &context));
        let entered = context.enter();
        let handling = self.built.router.clone().call(request);
        drop(entered);
        Answer::new(handling, context, (id_field, recording))
    }

    fn context(&self, request: &Request, mut origin: Origin) -> Context {
        let headers = request.headers();
        let id = origin.id.take();
        let id = id.unwrap_or_else(|| RequestId::of(headers, &[]));
        let trace = origin.trace.take();
        let trace = trace.unwrap_or_else(|| Trace::of(headers));
        let trace = match &self.recorder {
            Some(recorder) => recorder.decide(trace),
            None => trace,
        };
        let clock = Arc::clone(&self.built.clock);
        let authority = Arc::clone(&self.built.authority);
        let location = Location::of(request, &mut origin);
        Context::of_request((id, trace), (&origin, location), clock, authority)
    }

    /// Handles an event; fails with `NotFound` where the application has no trigger for it.
    ///
    /// An error of the handler means that the event should be delivered again.
    pub async fn handle(&self, mut event: Event) -> Result<Outcome> {
        if let EventData::Messages(batch) = &event.data
            && let Some(trace) = batch.trace()
        {
            event.context = event.context.with_trace(trace.clone());
        }
        let fitting = self.built.triggers.iter().filter_map(|trigger| {
            let fit = trigger.fits(&event.data)?;
            Some((fit, trigger))
        });
        let Some((_, trigger)) = fitting.max_by_key(|(fit, _)| *fit) else {
            return Err(none(&undeclared(&event.data)));
        };
        match &self.recorder {
            Some(recorder) => recorder.event(event, trigger).await,
            None => trigger.wake(event).await,
        }
    }
}

fn none(trigger: &str) -> Error {
    let message = format!("the application has no {trigger}");
    Error::new(ErrorKind::NotFound, message)
}

impl Service<Request> for AppService {
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Answer {
        let id = request.extensions_mut().remove::<RequestId>();
        let origin = Origin {
            id,
            ..Origin::default()
        };
        self.respond(request, origin)
    }
}

#[cfg(test)]
mod tests;
