//! Requests that bring events: to the application, and from its outcomes to a status that the sender understands (table
//! C.12).
//!
//! | outcome | status |
//! |---|---|
//! | done, or of no use | 204, or 200 with what the platform wants to read |
//! | answered by an event | 200 with that event, where its sender takes one |
//! | to be delivered again | 503, with `retry-after` where the handler asked for a time |
//! | the handler failed | 500 |
//! | malformed | 400 |
//! | of another's account | 403 |
//! | of a type, format or version that is not known | 415 |
//!
//! A request has one status: where it brings several events, or messages of which some failed, all come again, each with
//! the id that it had. An event of another's account does not keep those that come with it from the application.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use isobar::driver::function::is_named;
use isobar::driver::{Problem, retry_after};
use isobar::function::{
    AppService, Context, Event, EventData, Outcome, REQUEST_ID, RequestId, Schedule, Trace,
};
use isobar::http::{Body, Response};
use isobar::{Error, ErrorKind, Result};

use super::clock;
use super::front::{Shared, UnderWay};
use crate::body::RequestBody;
use crate::event::{AUDIENCE_VARIABLE, Arrived, Delivery, EVENTS_VARIABLE, read_each, reply};

const METHODS: HeaderValue = HeaderValue::from_static("POST, OPTIONS");
/// The handshake of "HTTP 1.1 Web Hooks for Event Delivery", section 4: a sender asks before it sends.
///
/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md>
const ASKS: HeaderName = HeaderName::from_static("webhook-request-origin");
const ASKED_RATE: HeaderName = HeaderName::from_static("webhook-request-rate");
const ALLOWED: HeaderName = HeaderName::from_static("webhook-allowed-origin");
const EVENT_TRACE: HeaderName = HeaderName::from_static("ce-traceparent");
const ALLOWED_RATE: HeaderName = HeaderName::from_static("webhook-allowed-rate");

/// Refuses to start an application that waits for events which cannot come.
pub(super) fn check(app: &AppService, shared: &Shared) -> Result<()> {
    if shared.sender.is_some() && !app.can_check_tokens() {
        let message = format!(
            "{AUDIENCE_VARIABLE} is set, and this build has nothing that checks tokens: enable the feature \"oidc\" of \
             isobar-connect"
        );
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    // What the platform brings by calls of its own needs no path.
    if shared.events.is_some() || shared.facts.events.calls.is_some() || !waits(app) {
        return Ok(());
    }
    let title = shared.facts.title;
    Err(Error::invalid(format!(
        "{} is woken by events, which come to a path on {title}: set {EVENTS_VARIABLE} to one that nobody can guess, and \
         name it to their senders",
        app.name()
    )))
}

/// Whether anything but requests wakes the application.
pub(super) fn waits(app: &AppService) -> bool {
    let resources = app.subscriptions().chain(app.watched_buckets());
    app.schedules().next().is_some()
        || resources.count() > 0
        || app.watched_collections().next().is_some()
}

/// Answers a request at the path of events.
pub(super) async fn answer(
    app: AppService,
    (shared, _under_way): (Arc<Shared>, UnderWay),
    mut request: Request<RequestBody>,
    name: Option<String>,
) -> Response {
    let (id, origin) = shared.origin(&mut request);
    let (parts, body) = request.into_parts();
    let mut response = match parts.method {
        Method::OPTIONS => handshake(&parts.headers),
        Method::POST => {
            let trace = origin.trace.unwrap_or_else(|| trace_of(&parts.headers));
            let context = Context::new(id.clone(), origin.deadline, Arc::new(clock()));
            let context = context.with_trace(trace);
            let sent = (parts.headers, body);
            let response = posted((&app, &shared), sent, name, &context).await;
            app.flush_delivery(origin.deadline).await;
            response
        }
        _ => {
            let mut refusal = status(StatusCode::METHOD_NOT_ALLOWED);
            refusal.headers_mut().insert(ALLOW, METHODS);
            refusal
        }
    };
    response.headers_mut().insert(REQUEST_ID, id.header_value());
    response
}

/// Delivers what a request brings, where its sender may send events.
async fn posted(
    (app, shared): (&AppService, &Shared),
    (headers, body): (HeaderMap, RequestBody),
    name: Option<String>,
    context: &Context,
) -> Response {
    if let Some(refused) = refused_sender(app, shared, &headers, context.id()).await {
        return refused;
    }
    // The server knows why there is no content, and says so in its place.
    let Ok(body) = body.collect().await else {
        return status(StatusCode::BAD_REQUEST);
    };
    let accounts = shared.accounts_of(&headers);
    let delivery = Delivery::new(headers, body.to_bytes());
    let delivery = delivery
        .with_name(name)
        .with_accounts(accounts)
        .with_app(app);
    deliver(app, shared, &delivery, context).await
}

/// How a request is refused whose sender may not send events.
async fn refused_sender(
    app: &AppService,
    shared: &Shared,
    headers: &HeaderMap,
    id: &RequestId,
) -> Option<Response> {
    let expected = shared.sender.as_ref()?;
    app.refused_sender(expected, headers, id).await
}

/// The trace of the delivery, else the one that the event came out of.
///
/// <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/extensions/distributed-tracing.md>
pub(super) fn trace_of(headers: &HeaderMap) -> Trace {
    let trace = Trace::of(headers);
    if trace.parent_id().is_some() {
        return trace;
    }
    Trace::of_parent(headers.get(EVENT_TRACE))
}

async fn deliver(
    app: &AppService,
    shared: &Shared,
    delivery: &Delivery,
    context: &Context,
) -> Response {
    let arrived = match read_each(delivery, &shared.facts.events) {
        Ok(arrived) => arrived,
        Err(error) => return refused(&error, context.id()),
    };
    let takes_reply = arrived.len() == 1 && reply::is_asked_for(&delivery.headers);
    let mut answer = None;
    let mut of_another = None;
    let mut worst = Verdict::Done;
    for event in arrived {
        let event = match event {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                of_another = Some(refused(&error, context.id()));
                continue;
            }
            event => event,
        };
        let told = match event.and_then(|event| event.into_event(app, context)) {
            Ok(event) => {
                let id = takes_reply.then(|| reply::id_for(&event));
                let told = handled(app, event).await;
                told.and_then(|told| answered(told, id, &mut answer))
            }
            Err(error) => Err(error),
        };
        worst = worst.max(Verdict::of(told, context.id()));
    }
    match (worst, of_another.or(answer)) {
        (Verdict::Done, Some(answer)) => answer,
        (worst, _) => worst.response(shared.facts.events.done, context.id()),
    }
}

/// Writes the answer to an event, where there is one and it has an id because somebody takes it.
fn answered(told: Outcome, id: Option<String>, answer: &mut Option<Response>) -> Result<Outcome> {
    let Outcome::Reply(event) = told else {
        return Ok(told);
    };
    let id = id.ok_or_else(|| {
        let message = "the handler answers its event by another, and whoever brought it takes none: it came with others, \
                       or without the preference \"reply\"";
        Error::new(ErrorKind::Unsupported, message)
    })?;
    *answer = Some(reply::response(*event, &id)?);
    Ok(Outcome::Ack)
}

/// What the application says; of a batch of which it names no message, that it is done, as on platforms that hear names.
pub(super) async fn handled(app: &AppService, event: Event) -> Result<Outcome> {
    let is_batch = matches!(event.data, EventData::Messages(_));
    match app.handle(event).await? {
        Outcome::Partial(failed) if is_batch && failed.is_empty() => Ok(Outcome::Ack),
        told => Ok(told),
    }
}

impl Arrived {
    /// The event for the application, whose schedules go by the names that it gave them.
    pub(super) fn into_event(self, app: &AppService, context: &Context) -> Result<Event> {
        let data = match self.data {
            EventData::Schedule(tick) => declared(app, &tick)?.into(),
            other => other,
        };
        let context = context.clone();
        let context = match self.trace {
            Some(trace) if context.trace().parent_id().is_none() => context.with_trace(trace),
            _ => context,
        };
        let mut event = Event::new(data, context).with_raw(self.raw);
        event.id = self.id.unwrap_or(event.id);
        event.source = self.source.unwrap_or(event.source);
        event.event_type = self.event_type.unwrap_or(event.event_type);
        Ok(event.with_attributes(self.attributes))
    }
}

/// The tick under the name of the schedule that the sender's resource is named after.
fn declared(app: &AppService, tick: &Schedule) -> Result<Schedule> {
    let names = app.schedules().map(|schedule| schedule.name);
    let fitting = names.filter(|name| is_named(&tick.name, name));
    let name = fitting.max_by_key(|name| name.len()).ok_or_else(|| {
        let message = format!(
            "no schedule of the application is named like {:?}: name it SCHEDULE or PREFIX-SCHEDULE",
            tick.name
        );
        Error::new(ErrorKind::NotFound, message)
    })?;
    Ok(Schedule::new(name, tick.at))
}

/// What the sender is to be told, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Done,
    Again(Option<Duration>),
    Failed(Option<Duration>),
}

impl Verdict {
    fn of(handled: Result<Outcome>, id: &RequestId) -> Self {
        match handled {
            Ok(Outcome::Ack | Outcome::Discard) => Self::Done,
            Ok(Outcome::Retry(after)) => Self::Again(after),
            Ok(_) => Self::Again(None),
            Err(error) => {
                let id = id.as_str();
                tracing::error!(target: "isobar", ?error, id, "an event will be delivered again");
                Self::Failed(error.retry_after())
            }
        }
    }

    fn response(self, done: Option<&'static str>, id: &RequestId) -> Response {
        let (status_code, code, after) = match (self, done) {
            (Self::Done, None) => return status(StatusCode::NO_CONTENT),
            (Self::Done, Some("")) => return status(StatusCode::OK),
            (Self::Done, Some(content)) => {
                let mut response = Response::new(Body::from(content));
                let json = HeaderValue::from_static("application/json");
                response.headers_mut().insert(CONTENT_TYPE, json);
                return response;
            }
            (Self::Again(after), _) => (StatusCode::SERVICE_UNAVAILABLE, "event_not_done", after),
            (Self::Failed(after), _) => (StatusCode::INTERNAL_SERVER_ERROR, "event_failed", after),
        };
        let detail = "the event was not done with; deliver it again";
        let problem = Problem::new(status_code, code, "server", detail);
        let mut response: Response = problem.into_response(id);
        if let Some(after) = after {
            let after = retry_after(after);
            response.headers_mut().insert(RETRY_AFTER, after);
        }
        response
    }
}

/// Refuses what is no event of a known kind; its sender keeps it, or puts it aside.
fn refused(error: &Error, id: &RequestId) -> Response {
    let (status, code) = refusal_of(error);
    tracing::warn!(target: "isobar", ?error, id = id.as_str(), "an event is refused");
    Problem::new(status, code, "client", error.message().to_owned()).into_response(id)
}

/// The status and the code of what cannot be read as an event, or is one that nobody handles.
pub(super) fn refusal_of(error: &Error) -> (StatusCode, &'static str) {
    match error.kind() {
        ErrorKind::Unsupported => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "event_unsupported"),
        // Nobody handles it, as for an event of a blob.
        ErrorKind::NotFound => (StatusCode::INTERNAL_SERVER_ERROR, "event_failed"),
        ErrorKind::PermissionDenied => (StatusCode::FORBIDDEN, "event_of_another"),
        ErrorKind::LimitExceeded | ErrorKind::TooLarge => {
            (StatusCode::PAYLOAD_TOO_LARGE, "event_too_large")
        }
        _ => (StatusCode::BAD_REQUEST, "event_malformed"),
    }
}

fn handshake(asked: &HeaderMap) -> Response {
    let mut response = status(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(ALLOW, METHODS);
    if let Some(origin) = asked.get(ASKS) {
        // Who knows the path may send; there is nobody else to ask.
        headers.insert(ALLOWED, origin.clone());
    }
    if asked.contains_key(ASKED_RATE) {
        headers.insert(ALLOWED_RATE, HeaderValue::from_static("*"));
    }
    response
}

fn status(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
