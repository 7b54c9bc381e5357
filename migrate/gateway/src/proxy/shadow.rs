//! The fourth phase for live traffic: the ported side gets a copy, and the two answers are compared beside the client's
//! way, which waits for neither.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use isobar::function::RequestId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::body::{Copied, Copy, GatewayBody, passed_on, whole};
use super::{Forwarder, Proxy};
use crate::compare::{Answer, Difference, Pairs, compare};
use crate::config::Limits;
use crate::record::{Differences, ShadowRecord};
use crate::table::RouteId;

/// The copies under way, and what became of the earlier ones.
#[derive(Debug)]
pub(crate) struct Shadows {
    permits: Arc<Semaphore>,
    limit: usize,
    counts: Mutex<BTreeMap<RouteId, ShadowCounts>>,
    differences: Differences,
}

/// What became of the copies of one route's requests since the gateway started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShadowCounts {
    /// Both sides answered the same.
    pub equal: u64,
    /// They did not; the differences are in the journal.
    pub different: u64,
    /// Too many copies were under way, a body was too large, or the client broke off.
    pub not_compared: u64,
}

/// A copy that was begun; the legacy side's answer is handed in when it comes.
pub(super) struct Shadow {
    answer: oneshot::Sender<LegacyAnswer>,
    limit: usize,
}

struct LegacyAnswer {
    status: StatusCode,
    headers: HeaderMap,
    body: oneshot::Receiver<Copy>,
}

/// One request as the shadow task works on it.
struct Task {
    proxy: Arc<Proxy>,
    route: RouteId,
    head: Parts,
    request_id: String,
    request_body: oneshot::Receiver<Copy>,
    legacy: oneshot::Receiver<LegacyAnswer>,
    _permit: OwnedSemaphorePermit,
}

/// Nothing can be said about the two answers.
struct NotCompared;

impl Shadows {
    pub(crate) fn new(limits: &Limits, differences: Differences) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(limits.shadows)),
            limit: limits.compared_body,
            counts: Mutex::default(),
            differences,
        }
    }

    /// What became of the copies, by route.
    pub(crate) fn counts(&self) -> BTreeMap<RouteId, ShadowCounts> {
        self.counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn count(&self, route: RouteId, add: impl FnOnce(&mut ShadowCounts)) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        add(counts.entry(route).or_default());
    }
}

impl Shadow {
    /// Begins a copy of a request, unless too many are under way; the body to pass on comes back with it.
    pub(super) fn begin(
        proxy: &Arc<Proxy>,
        route: RouteId,
        (head, id): (&Parts, &RequestId),
        body: GatewayBody,
    ) -> (Option<Self>, GatewayBody) {
        let shadows = &proxy.shadows;
        let Ok(permit) = Arc::clone(&shadows.permits).try_acquire_owned() else {
            shadows.count(route, |counts| counts.not_compared += 1);
            return (None, body);
        };
        let (body, request_body) = Copied::new(body, shadows.limit);
        let (answer, legacy) = oneshot::channel();
        let task = Task {
            proxy: Arc::clone(proxy),
            route,
            head: head.clone(),
            request_id: id.as_str().to_owned(),
            request_body,
            legacy,
            _permit: permit,
        };
        tokio::spawn(task.run());
        (
            Some(Self {
                answer,
                limit: shadows.limit,
            }),
            passed_on(body),
        )
    }

    /// Hands in the legacy side's answer; the body to pass on to the client comes back.
    pub(super) fn answered(
        self,
        status: StatusCode,
        headers: &HeaderMap,
        body: GatewayBody,
    ) -> GatewayBody {
        let (body, copy) = Copied::new(body, self.limit);
        let answer = LegacyAnswer {
            status,
            headers: headers.clone(),
            body: copy,
        };
        // An error means that the copy of the request has failed already, which is counted.
        let _ = self.answer.send(answer);
        passed_on(body)
    }
}

impl Task {
    async fn run(self) {
        let (proxy, route) = (Arc::clone(&self.proxy), self.route);
        let method = self.head.method.to_string();
        let target = self
            .head
            .uri
            .path_and_query()
            .map(ToString::to_string)
            .unwrap_or_default();
        let request_id = self.request_id.clone();
        // An answer that goes on for good (events) must not hold one of the few places.
        let patience = proxy.migration.timeouts.response;
        let compared = tokio::time::timeout(patience, self.compare()).await;
        let Ok(Ok(differences)) = compared else {
            return proxy
                .shadows
                .count(route, |counts| counts.not_compared += 1);
        };
        if differences.is_empty() {
            return proxy.shadows.count(route, |counts| counts.equal += 1);
        }
        proxy.shadows.count(route, |counts| counts.different += 1);
        let key = proxy.table.route(route).key();
        let time = Timestamp::now();
        let record = ShadowRecord {
            time,
            request_id,
            route: key,
            method,
            target,
            differences,
        };
        proxy.shadows.differences.record(&record);
    }

    async fn compare(self) -> Result<Vec<Difference>, NotCompared> {
        let request_body = received(self.request_body.await)?;
        let ported = ask(&self.proxy, self.head, request_body).await;
        let legacy = self.legacy.await.map_err(|_| NotCompared)?;
        let legacy = Answer {
            status: legacy.status,
            headers: legacy.headers,
            body: received(legacy.body.await)?,
        };
        match ported {
            Ok(ported) => {
                let marks = &self.proxy.table.route(self.route).noise;
                Ok(compare(&legacy, &ported, marks, &mut Pairs::default()))
            }
            Err(Failure::TooLarge) => Err(NotCompared),
            Err(Failure::NoAnswer(why)) => Ok(vec![Difference {
                place: "answer".to_owned(),
                legacy: Some(legacy.status.to_string()),
                ported: Some(why),
            }]),
        }
    }
}

/// Why the ported side's answer is not there.
enum Failure {
    NoAnswer(String),
    TooLarge,
}

async fn ask(proxy: &Proxy, head: Parts, body: Bytes) -> Result<Answer, Failure> {
    let authority = proxy.ported.authority().await;
    let authority = authority.map_err(|unavailable| Failure::NoAnswer(unavailable.detail))?;
    let forwarder: &Forwarder = &proxy.forwarder;
    let answer = forwarder
        .send(&authority, head, whole(Full::new(body)))
        .await;
    let (head, body) = answer
        .map_err(|error| Failure::NoAnswer(error.to_string()))?
        .into_parts();
    let mut headers = head.headers;
    super::hop::strip_response(&mut headers);
    let body = Limited::new(body, proxy.shadows.limit).collect().await;
    let body = body.map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            Failure::TooLarge
        } else {
            Failure::NoAnswer(error.to_string())
        }
    })?;
    Ok(Answer {
        status: head.status,
        headers,
        body: body.to_bytes(),
    })
}

fn received(copy: Result<Copy, oneshot::error::RecvError>) -> Result<Bytes, NotCompared> {
    match copy {
        Ok(Copy::Whole(body)) => Ok(body),
        Ok(Copy::TooLarge) | Err(_) => Err(NotCompared),
    }
}
