//! Events that a platform brings by invocations of its own: over HTTP with answers by its convention, or in any other way.

use std::sync::Arc;

use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use isobar::driver::{Problem, caught};
use isobar::function::{AppService, Context, Outcome, REQUEST_ID, RequestId};
use isobar::http::{Body, Response};
use isobar::{Error, ErrorKind, Result};

use super::clock;
use super::events::{handled, refusal_of, trace_of};
use super::front::{Shared, UnderWay};
use crate::body::RequestBody;
use crate::event::{Delivery, EventCalls, EventFacts, read_each};

/// Hands over what an invocation brings, for platforms that are told of each invocation whether it is done.
///
/// All of its events are handed over, also behind one that fails; the first failure is the invocation's. `InvalidArgument`
/// where it is malformed, `Unsupported` where nobody knows its sender, `NotFound` where the application has no trigger for
/// it, `Unavailable` where the handler asks for it again.
pub async fn hand_over(
    app: &AppService,
    facts: &EventFacts,
    delivery: &Delivery,
    context: &Context,
) -> Result<()> {
    let mut whole = Ok(());
    for event in read_each(delivery, facts)? {
        let one = match event.and_then(|event| event.into_event(app, context)) {
            Ok(event) => handled(app, event).await.and_then(|told| done(&told)),
            Err(error) => Err(error),
        };
        whole = whole.and(one);
    }
    whole
}

fn done(outcome: &Outcome) -> Result<()> {
    match outcome {
        Outcome::Ack | Outcome::Discard => Ok(()),
        _ => {
            let message = "the handler asked for the event to be delivered again";
            Err(Error::new(ErrorKind::Unavailable, message))
        }
    }
}

/// Answers a call of the platform that brings events.
pub(super) async fn answer(
    app: AppService,
    (shared, _under_way): (Arc<Shared>, UnderWay),
    calls: EventCalls,
    mut request: Request<RequestBody>,
) -> Response {
    let (id, origin) = shared.origin(&mut request);
    let (parts, body) = request.into_parts();
    let trace = origin.trace.unwrap_or_else(|| trace_of(&parts.headers));
    let context = Context::new(id.clone(), origin.deadline, Arc::new(clock()));
    let context = context.with_trace(trace);
    let handed = async {
        let event = body
            .collect()
            .await
            .map_err(|error| Error::invalid("the event did not arrive whole").with_source(error))?;
        let accounts = shared.accounts_of(&parts.headers);
        let delivery = Delivery::new(parts.headers, event.to_bytes());
        let delivery = delivery.with_accounts(accounts).with_app(&app);
        hand_over(&app, &shared.facts.events, &delivery, &context).await
    };
    let handed = caught(handed).await.unwrap_or_else(|message| {
        tracing::error!(target: "isobar", "an event made the process panic: {message}");
        Err(Error::new(ErrorKind::Internal, "the function panicked"))
    });
    app.flush_delivery(origin.deadline).await;
    told(handed, calls, &id)
}

/// Answers a call that a process has no room for.
pub(super) fn full(calls: EventCalls, id: &RequestId) -> Response {
    let message = "as many requests are under way as this process is allowed";
    told(Err(Error::new(ErrorKind::Unavailable, message)), calls, id)
}

fn told(handed: Result<()>, calls: EventCalls, id: &RequestId) -> Response {
    let (mut response, said) = match handed {
        Ok(()) => (Response::new(Body::empty()), calls.done),
        Err(error) => (failure(&error, calls.failed_status, id), calls.failed),
    };
    let headers = response.headers_mut();
    calls.note(headers, said);
    headers.insert(REQUEST_ID, id.header_value());
    response
}

fn failure(error: &Error, status: StatusCode, id: &RequestId) -> Response {
    tracing::error!(target: "isobar", ?error, id = id.as_str(), "an event is not done with");
    // What a handler says of its own failure is for the log alone.
    let own = "the event was not done with; the log has the cause under the request's id";
    let (code, blamed, detail) = match error.kind() {
        ErrorKind::Unsupported | ErrorKind::InvalidArgument => {
            (refusal_of(error).1, "client", error.message())
        }
        ErrorKind::Unavailable => ("event_not_done", "server", own),
        _ => ("event_failed", "server", own),
    };
    Problem::new(status, code, blamed, detail.to_owned()).into_response(id)
}
