//! A built application: what a platform hands its invocations to.

use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use tower::Service;

use super::description::ScheduleDescription;
use super::{Answer, Context, Event, EventData, Origin, Outcome, RequestId};
use crate::driver::{Clock, caught, deadline, within};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Request, Response};

type Run =
    Arc<dyn Fn(Event) -> Pin<Box<dyn Future<Output = Result<Outcome>> + Send>> + Send + Sync>;

pub(super) struct Trigger {
    pub(super) schedule: ScheduleDescription,
    pub(super) run: Run,
}

/// An application with its state: answers requests and handles events, on any platform.
///
/// A panic of a handler becomes one 500 and one line in the log. Every response carries the
/// request's id in `x-request-id`.
#[derive(Clone)]
pub struct AppService(Arc<Built>);

struct Built {
    name: &'static str,
    router: axum::Router,
    triggers: Vec<Trigger>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for AppService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppService")
            .field("name", &self.0.name)
            .finish_non_exhaustive()
    }
}

impl AppService {
    pub(super) fn new(
        name: &'static str,
        router: axum::Router,
        triggers: Vec<Trigger>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Built {
            name,
            router,
            triggers,
            clock,
        }))
    }

    /// The application's name.
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// The schedules a platform has to wake.
    pub fn schedules(&self) -> impl Iterator<Item = &ScheduleDescription> {
        self.0.triggers.iter().map(|trigger| &trigger.schedule)
    }

    /// Answers a request, 250 ms before the platform would cut it at the latest.
    pub fn respond(&self, request: Request, origin: Origin) -> Answer {
        let id = origin
            .id
            .unwrap_or_else(|| RequestId::of(request.headers(), &[]));
        let clock = Arc::clone(&self.0.clock);
        let context = Context::from_address(id, origin.deadline, clock, origin.remote_address);
        let entered = context.enter();
        let handling = self.0.router.clone().call(request);
        drop(entered);
        Answer::new(handling, context, origin.id_field)
    }

    /// Handles an event; fails with `NotFound` where the application has no trigger for it.
    ///
    /// An error of the handler means that the event should be delivered again.
    pub async fn handle(&self, event: Event) -> Result<Outcome> {
        let EventData::Schedule(schedule) = &event.data;
        let trigger = self
            .0
            .triggers
            .iter()
            .find(|trigger| trigger.schedule.name == schedule.name);
        let Some(trigger) = trigger else {
            let message = format!("the application has no schedule {:?}", schedule.name);
            return Err(Error::new(ErrorKind::NotFound, message));
        };
        let context = event.context.clone();
        let call = async {
            let mut run = (trigger.run)(event);
            let end = context.end_of_work();
            let run = poll_fn(|task| {
                let _entered = context.enter();
                deadline::during(end, || run.as_mut().poll(task))
            });
            caught(run).await.unwrap_or_else(|message| {
                Err(Error::new(
                    ErrorKind::Internal,
                    format!("the handler panicked: {message}"),
                ))
            })
        };
        match context.remaining() {
            Some(time) => within(&*self.0.clock, time, call).await,
            None => call.await,
        }
    }
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
