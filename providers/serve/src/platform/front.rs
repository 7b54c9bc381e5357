//! From a request on the port to the application, and back.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Version};
use isobar::authorization::{CheckedClaims, ExpectedSender};
use isobar::driver::function::LogReader;
use isobar::driver::{Problem, holding};
use isobar::function::{Answer, AppService, IdField, Origin, RequestId};
use isobar::http::Response;
use pin_project_lite::pin_project;
use tower::Service;

use super::calls::{Load, PlatformCalls, Taken};
use super::claims::FrontDoorClaims;
use super::client::{client_address, client_scheme};
use super::envelope::{self, Envelope};
use super::facts::PlatformFacts;
use super::marks::Marked;
use super::{events, held::held, invoked, trace};
use crate::body::RequestBody;
use crate::event::{Accounts, Address, EventsPath};

/// What all requests of a platform share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) facts: &'static PlatformFacts,
    pub(super) calls: Arc<dyn PlatformCalls>,
    /// What is around requests and responses of clients.
    pub(super) envelope: Option<Arc<dyn Envelope>>,
    pub(super) id_headers: Vec<HeaderName>,
    pub(super) trusted_hops: usize,
    /// The time that every request has.
    pub(super) limit: Option<Duration>,
    /// Where events come.
    pub(super) events: Option<EventsPath>,
    /// Whose events are taken beside those of the function's own account.
    pub(super) accounts: Accounts,
    /// Who may send them, beside knowing where.
    pub(super) sender: Option<ExpectedSender>,
    /// The front door that checks callers, where the application does not.
    pub(super) front_door: Option<&'static FrontDoorClaims>,
    pub(super) most_under_way: Option<usize>,
    pub(super) under_way: AtomicUsize,
    pub(super) stopping: AtomicBool,
}

/// The service that the server calls for each request.
#[derive(Debug, Clone)]
pub(super) struct Front {
    pub(super) shared: Arc<Shared>,
    pub(super) app: AppService,
    /// Whether the application is woken by any.
    pub(super) takes_events: bool,
}

pin_project! {
    /// A request under way.
    #[project = FrontAnswerProjection]
    pub(super) enum FrontAnswer {
        Application { #[pin] answer: Answer, under_way: Option<UnderWay>, id: RequestId },
        Platform { answer: BoxFuture<'static, Response> },
    }
}

/// Counts until the response is there, and where there is a most or somebody goes by the marks in the logs, until it is sent.
pub(super) struct UnderWay {
    shared: Arc<Shared>,
    marked: Option<Marked>,
}

impl UnderWay {
    /// The response within what the platform passes on.
    fn until_sent(self, response: Response, id: &RequestId) -> Response {
        let response = held(response, self.shared.facts.limits, id);
        if self.shared.most_under_way.is_none() && self.marked.is_none() {
            return response;
        }
        response.map(|body| holding(body, self))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.shared.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Shared {
    fn load(&self) -> Load {
        let under_way = self.under_way.load(Ordering::Acquire);
        Load {
            stopping: self.stopping.load(Ordering::Acquire),
            full: self.most_under_way.is_some_and(|most| under_way >= most),
        }
    }

    /// Counts one more; `None` where there are as many as may be.
    fn begin(self: &Arc<Self>, id: &RequestId) -> Option<UnderWay> {
        let before = self.under_way.fetch_add(1, Ordering::AcqRel);
        let is_marked = self.facts.logs == LogReader::FunctionCompute;
        let under_way = UnderWay {
            shared: Arc::clone(self),
            marked: is_marked.then(|| Marked::begin(id)),
        };
        let fits = self.most_under_way.is_none_or(|most| before < most);
        fits.then_some(under_way)
    }

    /// Keeps what the front door says that checks callers, and takes away what any client could say in its place.
    pub(super) fn note_claims<B>(&self, request: &mut Request<B>) {
        let claims = self.front_door.and_then(|door| door.of(request.headers()));
        let named = self.front_door.map(|door| door.name);
        let doors = self.facts.front_doors.iter();
        let others: Vec<_> = doors.filter(|door| named != Some(door.name)).collect();
        let is_reserved = |name: &&HeaderName| others.iter().any(|door| door.is_reserved(name));
        let reserved: Vec<HeaderName> = request
            .headers()
            .keys()
            .filter(is_reserved)
            .cloned()
            .collect();
        for name in reserved {
            request.headers_mut().remove(name);
        }
        if let Some(claims) = claims {
            request.extensions_mut().insert(CheckedClaims(claims));
        }
    }

    /// Whose events are taken, where the platform tells with a request whose the function is.
    pub(super) fn accounts_of(&self, headers: &HeaderMap) -> Accounts {
        let field = self.facts.events.account;
        let own = field.and_then(|field| headers.get(field)?.to_str().ok());
        self.accounts.clone().of(own)
    }

    pub(super) fn origin(&self, request: &mut Request<RequestBody>) -> (RequestId, Origin) {
        let arrival = request.body().arrival().clone();
        let headers = request.headers_mut();
        // An id that the server could not find is the application's to tell.
        let completed = trace::complete(headers, self.facts.trace, &self.id_headers);
        let (id, id_field, trace) = match completed {
            Some(trace::Completed { id, trace }) => (id, IdField::ByApplication, trace),
            None => (arrival.request_id, IdField::ByServer, None),
        };
        let told = client_address(headers, self.trusted_hops);
        let scheme = client_scheme(headers, self.trusted_hops);
        let host = self.facts.location.host(headers, self.trusted_hops);
        let remote = told.unwrap_or_else(|| arrival.peer.ip());
        let deadline = self.facts.deadline.of(headers, self.limit);
        let location = self.facts.location;
        let base_path = location.base_path(request.uri(), request.headers());
        if let Some(original) = location.original(request.headers()) {
            request.extensions_mut().insert(original);
        }
        let origin = Origin::default()
            .with_id(id.clone())
            .with_id_field(id_field)
            .with_trace(trace)
            .with_deadline(deadline)
            .with_remote_address(Some(remote))
            .with_scheme(scheme)
            .with_host(host)
            .with_base_path(base_path);
        (id, origin)
    }
}

impl Front {
    /// Whether a request at this path brings events.
    fn event_address(&self, path: &str) -> Option<Address> {
        let events = self.shared.events.as_ref()?;
        self.takes_events.then(|| events.find(path)).flatten()
    }
}

impl Service<Request<RequestBody>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = FrontAnswer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> FrontAnswer {
        let mut request = match self.shared.calls.take(request, self.shared.load()) {
            Taken::Client(request) => request,
            Taken::Platform(answer) => return FrontAnswer::Platform { answer },
        };
        let calls = self.shared.facts.events.calls.filter(|calls| {
            let (method, path) = (request.method(), request.uri().path());
            (calls.is_call)(method, path, request.headers())
        });
        let id = &request.body().arrival().request_id;
        let Some(under_way) = self.shared.begin(id) else {
            let response = calls.map_or_else(|| too_many(id), |calls| invoked::full(calls, id));
            let answer = Box::pin(std::future::ready(response));
            return FrontAnswer::Platform { answer };
        };
        if request.version() == Version::HTTP_2 {
            as_in_http1(&mut request);
        }
        if let Some(calls) = calls {
            let shared = (Arc::clone(&self.shared), under_way);
            let answer = Box::pin(invoked::answer(self.app.clone(), shared, calls, request));
            return FrontAnswer::Platform { answer };
        }
        if let Some(Address { name }) = self.event_address(request.uri().path()) {
            let shared = (Arc::clone(&self.shared), under_way);
            let answer = Box::pin(events::answer(self.app.clone(), shared, request, name));
            return FrontAnswer::Platform { answer };
        }
        if let Some(envelope) = &self.shared.envelope {
            let shared = (Arc::clone(&self.shared), under_way);
            let envelope = Arc::clone(envelope);
            let answer = envelope::answer(self.app.clone(), shared, envelope, request);
            let answer = Box::pin(answer);
            return FrontAnswer::Platform { answer };
        }
        if self.app.checks_callers() {
            self.shared.note_claims(&mut request);
        }
        let (id, origin) = self.shared.origin(&mut request);
        let answer = self
            .app
            .respond(request.map(RequestBody::into_body), origin);
        FrontAnswer::Application {
            answer,
            under_way: Some(under_way),
            id,
        }
    }
}

impl Future for FrontAnswer {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            FrontAnswerProjection::Application {
                answer,
                under_way,
                id,
            } => {
                let response = match ready!(answer.poll(cx)) {
                    Ok(response) => response,
                    Err(never) => match never {},
                };
                Poll::Ready(Ok(match under_way.take() {
                    Some(under_way) => under_way.until_sent(response, id),
                    None => response,
                }))
            }
            FrontAnswerProjection::Platform { answer } => answer.as_mut().poll(cx).map(Ok),
        }
    }
}

impl fmt::Debug for FrontAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrontAnswer").finish_non_exhaustive()
    }
}

/// Handlers see a `Host` whatever the protocol (RFC 9113, section 8.3.1).
fn as_in_http1(request: &mut Request<RequestBody>) {
    let host = request.uri().authority().map(http::uri::Authority::as_str);
    let host = host.and_then(|host| HeaderValue::from_str(host).ok());
    let headers = request.headers_mut();
    if let Some(host) = host {
        headers.entry(HOST).or_insert(host);
    }
}

fn too_many(id: &RequestId) -> Response {
    let detail = "as many requests are under way as this process is allowed; try again";
    let problem = Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_requests",
        "server",
        detail,
    );
    problem.into_response(id)
}
