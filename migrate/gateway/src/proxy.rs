//! One request on its way through the gateway: decide, rewrite, forward, compare, record.

mod admit;
mod body;
mod forward;
mod gate;
mod hop;
mod recording;
mod refusal;
mod shadow;
mod tunnel;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::header::{CONNECTION, COOKIE, HOST, HeaderMap, HeaderValue, UPGRADE, VIA};
use http::request::Parts;
use http::uri::Authority;
use http::{Request, Response, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use isobar::function::{REQUEST_ID, RequestId};
use isobar_serve::{Arrival, RequestBody};
use tokio::sync::Semaphore;

pub(crate) use body::{GatewayBody, whole};
pub(crate) use forward::{Forwarder, is_handed_back};
pub(crate) use gate::Closed;
pub use hop::strip_request;
pub(crate) use hop::strip_response;
pub use shadow::ShadowCounts;

use body::{empty, passed_on};
use gate::{Gates, Passage};
use recording::Recording;
use refusal::Refusal;
use shadow::{Shadow, Shadows};

use crate::config::{CanaryKey, Migration};
use crate::decide::{Beside, ClientShare, Decision, Facts, decide};
use crate::error::Result as SetupResult;
use crate::forwarding::{self, Trust};
use crate::record::{Differences, Recorder};
use crate::state::Side;
use crate::table::{RouteId, States, Table};
use crate::upstream::Upstream;

/// What a proxy is made of.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) migration: Migration,
    pub(crate) trust: Trust,
    pub(crate) table: Table,
    pub(crate) states: States,
    /// Where the output of applications goes; nothing for this process' errors.
    pub(crate) logs: Option<PathBuf>,
    pub(crate) differences: Differences,
    pub(crate) recorder: Option<Arc<Recorder>>,
}

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Proxy {
    migration: Migration,
    trust: Trust,
    table: Table,
    states: RwLock<Arc<States>>,
    gates: Gates,
    legacy: Upstream,
    ported: Upstream,
    forwarder: Forwarder,
    shadows: Shadows,
    tunnels: Arc<Semaphore>,
    recorder: Option<Arc<Recorder>>,
    /// Marks requests that came through this gateway, so that one that comes again is noticed.
    via: HeaderValue,
}

impl Proxy {
    /// A proxy in `states` that starts applications when they are needed.
    pub(crate) fn new(setup: Setup) -> SetupResult<Self> {
        let Setup {
            migration,
            trust,
            table,
            states,
            logs,
            differences,
            recorder,
        } = setup;
        let own_id = isobar::function::RequestId::of(&HeaderMap::new(), &[]);
        let via = HeaderValue::try_from(format!("1.1 isobar-{}", own_id.as_str()));
        Ok(Self {
            legacy: Upstream::writing_to(Side::Legacy, &migration.legacy, logs.as_deref())?,
            ported: Upstream::writing_to(Side::Ported, &migration.ported, logs.as_deref())?,
            states: RwLock::new(Arc::new(states)),
            forwarder: Forwarder::new(&migration.timeouts),
            shadows: Shadows::new(&migration.limits, differences),
            tunnels: Arc::new(Semaphore::new(migration.limits.tunnels)),
            recorder,
            gates: Gates::new(&table),
            via: via.expect("a request id is visible ASCII"),
            migration,
            trust,
            table,
        })
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    pub(crate) fn states(&self) -> Arc<States> {
        Arc::clone(&self.states.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts `states` in force: every request that is decided on from now on sees them.
    pub(crate) fn replace_states(&self, states: States) {
        *self.states.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(states);
    }

    /// Waits until no request that may write is under way in `groups`, and lets none begin before the end of what it
    /// returns; where that takes too long, the name of a group in which one is.
    pub(crate) async fn close(
        &self,
        groups: impl IntoIterator<Item = String>,
    ) -> Result<Closed, String> {
        self.gates
            .close(groups, self.migration.timeouts.switch)
            .await
    }

    pub(crate) fn switch_timeout(&self) -> Duration {
        self.migration.timeouts.switch
    }

    pub(crate) fn shadow_counts(&self) -> BTreeMap<RouteId, ShadowCounts> {
        self.shadows.counts()
    }

    pub(crate) fn upstream(&self, side: Side) -> &Upstream {
        match side {
            Side::Legacy => &self.legacy,
            Side::Ported => &self.ported,
        }
    }

    /// Answers one request; never fails, since a refusal is an answer.
    pub(crate) async fn answer(
        self: Arc<Self>,
        request: Request<RequestBody>,
    ) -> Response<GatewayBody> {
        let id = request.body().arrival().request_id.clone();
        match self.pass(request, &id).await {
            Ok(response) => response,
            Err(refusal) => refusal.into_response(&id),
        }
    }

    async fn pass(
        self: &Arc<Self>,
        mut request: Request<RequestBody>,
        id: &RequestId,
    ) -> Result<Response<GatewayBody>, Refusal> {
        let client = hyper::upgrade::on(&mut request);
        let (mut head, body) = request.into_parts();
        admit::check(&head)?;
        self.check_loop(&head.headers)?;
        let admitted = self.admit(&head, &body).await;
        self.rewrite(&mut head, body.arrival());
        let limit = self.migration.limits.compared_body;
        let Some(recorder) = self.recorder.clone() else {
            return self
                .carry(admitted, (head, passed_on(body)), client, id)
                .await;
        };
        let (recording, body) = Recording::begin(recorder, &head, passed_on(body), limit);
        let carried = self.carry(admitted, (head, body), client, id).await;
        match carried {
            Ok(response) => Ok(recording.answered(response)),
            Err(refusal) => {
                recording.unanswered();
                Err(refusal)
            }
        }
    }

    /// Brings a rewritten request where it was decided to go.
    async fn carry(
        self: &Arc<Self>,
        (decision, passage): (Decision, Option<Passage>),
        (head, body): (Parts, GatewayBody),
        client: OnUpgrade,
        id: &RequestId,
    ) -> Result<Response<GatewayBody>, Refusal> {
        match (decision.beside, decision.route) {
            (Beside::Shadow, Some(route)) => self.shadowed(route, (head, body), id).await,
            (Beside::Fallback, _) => self.with_fallback((head, body), id).await,
            (Beside::Tunnel, _) => self.tunnel(client, passage, (head, body)).await,
            _ => match passage {
                Some(passage) => self.to_the_end(passage, decision.side, (head, body)).await,
                None => self.forward(decision.side, head, body).await,
            },
        }
    }

    /// Decides; a request that may write waits before that while its group changes sides.
    async fn admit(&self, head: &Parts, body: &RequestBody) -> (Decision, Option<Passage>) {
        let decision = self.decide(head, body);
        let Some(route) = decision.route else {
            return (decision, None);
        };
        match self.gates.enter(&self.table, route).await {
            // The states may have changed meanwhile, and will not while the request is under way.
            Some(passage) => (self.decide(head, body), Some(passage)),
            None => (decision, None),
        }
    }

    fn decide(&self, head: &Parts, body: &RequestBody) -> Decision {
        let client = forwarding::client(&head.headers, body.arrival().peer, self.trust);
        let facts = Facts {
            method: head.method.as_str(),
            path: &latin1(head.uri.path()),
            upgrade: body.is_end_stream() && hop::asks_for_web_socket(head),
            has_body: !body.is_end_stream(),
            client: share(&self.migration.canary_key, &head.headers, client),
        };
        decide(&self.table, &self.states(), &facts)
    }

    /// The second phase: what both applications are told.
    fn rewrite(&self, head: &mut Parts, arrival: &Arrival) {
        let headers = &mut head.headers;
        hop::strip_request(headers);
        forwarding::rewrite(headers, arrival.peer, self.trust);
        headers.append(VIA, self.via.clone());
        headers
            .entry(REQUEST_ID)
            .or_insert_with(|| arrival.request_id.header_value());
    }

    fn check_loop(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if headers.get_all(VIA).iter().all(|via| *via != self.via) {
            return Ok(());
        }
        let detail =
            "the request came back to the gateway: an application's url is the gateway's own";
        Err(Refusal::gateway(StatusCode::LOOP_DETECTED, "loop", detail))
    }

    /// The third phase.
    async fn forward(
        &self,
        side: Side,
        head: Parts,
        body: GatewayBody,
    ) -> Result<Response<GatewayBody>, Refusal> {
        let response = self.ask(side, head, body).await?;
        if side == Side::Ported && is_handed_back(response.status(), response.headers()) {
            let (status, code) = (StatusCode::BAD_GATEWAY, "handed_back");
            let detail = "leaves this request to the legacy application";
            return Err(Refusal::side(side, status, code, detail));
        }
        Ok(response.map(passed_on))
    }

    /// The third phase of a request that may write state which both sides have. It goes on until it is answered also
    /// when its client leaves: so does the application, and its group must not change sides meanwhile.
    async fn to_the_end(
        self: &Arc<Self>,
        passage: Passage,
        side: Side,
        (head, body): (Parts, GatewayBody),
    ) -> Result<Response<GatewayBody>, Refusal> {
        let proxy = Arc::clone(self);
        let forwarded = tokio::spawn(async move {
            let answer = proxy.forward(side, head, body).await;
            answer.map(|answer| passage.of(answer))
        });
        match forwarded.await {
            Ok(answer) => answer,
            Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
            Err(_) => {
                let detail = "the gateway is being stopped";
                let status = StatusCode::SERVICE_UNAVAILABLE;
                Err(Refusal::gateway(status, "stopping", detail))
            }
        }
    }

    async fn ask(
        &self,
        side: Side,
        mut head: Parts,
        body: GatewayBody,
    ) -> Result<Response<Incoming>, Refusal> {
        let authority = self.upstream(side).authority().await;
        let authority = authority.map_err(|error| Refusal::unavailable(side, &error))?;
        head.headers.entry(HOST).or_insert_with(|| host(&authority));
        let answer = self.forwarder.send(&authority, head, body).await;
        let mut response = answer.map_err(|error| error.into_refusal(side))?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            hop::strip_response(response.headers_mut());
        }
        Ok(response)
    }

    /// The ported side answers, or, where it gives no answer or hands the request back, the legacy side; only for requests
    /// without body or effect.
    async fn with_fallback(
        &self,
        (head, body): (Parts, GatewayBody),
        id: &RequestId,
    ) -> Result<Response<GatewayBody>, Refusal> {
        let again = head.clone();
        match self.forward(Side::Ported, head, body).await {
            Ok(response) => Ok(response),
            Err(refusal) => {
                tracing::warn!(
                    request_id = id.as_str(),
                    "{}; the legacy application answers in its place",
                    refusal.detail()
                );
                self.forward(Side::Legacy, again, empty()).await
            }
        }
    }

    async fn shadowed(
        self: &Arc<Self>,
        route: RouteId,
        (head, body): (Parts, GatewayBody),
        id: &RequestId,
    ) -> Result<Response<GatewayBody>, Refusal> {
        let (shadow, body) = Shadow::begin(self, route, (&head, id), body);
        let response = self.forward(Side::Legacy, head, body).await?;
        let Some(shadow) = shadow else {
            return Ok(response);
        };
        let (head, body) = response.into_parts();
        let body = shadow.answered(head.status, &head.headers, body);
        Ok(Response::from_parts(head, body))
    }

    /// The third phase of a request for a WebSocket. One that is answered over HTTP after all may have written: it is
    /// under way in its group until then, but a tunnel is not.
    async fn tunnel(
        &self,
        client: OnUpgrade,
        passage: Option<Passage>,
        (mut head, body): (Parts, GatewayBody),
    ) -> Result<Response<GatewayBody>, Refusal> {
        let permit = Arc::clone(&self.tunnels).try_acquire_owned().map_err(|_| {
            let detail = "too many upgraded connections are open";
            Refusal::gateway(StatusCode::SERVICE_UNAVAILABLE, "too_many_tunnels", detail)
        })?;
        head.headers
            .insert(CONNECTION, HeaderValue::from_static("upgrade"));
        head.headers
            .insert(UPGRADE, HeaderValue::from_static(hop::WEB_SOCKET));
        let mut response = self.ask(Side::Legacy, head, body).await?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            tunnel::tie(client, &mut response, permit);
            return Ok(response.map(passed_on));
        }
        let answer = response.map(passed_on);
        Ok(match passage {
            Some(passage) => passage.of(answer),
            None => answer,
        })
    }
}

/// A client by the key that the migration names, or else by its address.
fn share(key: &CanaryKey, headers: &HeaderMap, client: IpAddr) -> ClientShare {
    let value = match key {
        CanaryKey::Address => None,
        CanaryKey::Header(name) => headers.get(name).map(HeaderValue::as_bytes),
        CanaryKey::Cookie(name) => cookie(headers, name),
    };
    value.map_or_else(
        || ClientShare::of(client.to_string().as_bytes()),
        ClientShare::of,
    )
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.as_bytes())
}

fn host(authority: &Authority) -> HeaderValue {
    HeaderValue::from_str(authority.as_str()).expect("an authority is visible ASCII")
}

/// A path as Node shows it: one character for each byte.
fn latin1(path: &str) -> Cow<'_, str> {
    if path.is_ascii() {
        return Cow::Borrowed(path);
    }
    Cow::Owned(path.bytes().map(char::from).collect())
}
