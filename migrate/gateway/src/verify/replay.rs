//! The script as it runs: each request to both sides, each pair of answers compared and put to its route.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use http::header::{CONTENT_TYPE, COOKIE};

use super::Progress;
use super::exchange::{Exchange, ask};
use super::memory::SideMemory;
use super::report::{Report, RequestDifference};
use super::request::Request;
use super::sides::Sides;
use super::tally::Tally;
use crate::compare::{Answer, Difference, NoiseMark, Pairs, compare};
use crate::config::{Availability, Effects, Migration};
use crate::error::{Error, Result};
use crate::proxy::{Forwarder, is_handed_back};
use crate::record::RecordedRequest;
use crate::table::{RouteId, Table};

/// A running script.
pub(super) struct Replay<'a> {
    migration: &'a Migration,
    table: &'a Table,
    sides: &'a mut Sides,
    forwarder: Forwarder,
    timeout: Duration,
    progress: &'a mut dyn Progress,
    legacy: SideMemory,
    ported: SideMemory,
    pairs: Pairs,
    results: Vec<Tally>,
    beside: Vec<RequestDifference>,
    requests: usize,
    /// How often the applications were started again.
    restarts: usize,
    /// Why they could not be.
    failure: Option<Error>,
    /// Targets of which a GET was let pass with bodies of different lengths.
    lengths: BTreeSet<String>,
}

/// How long an answer may take, where the configuration does not say that a client waits less.
const PATIENCE: Duration = Duration::from_secs(10);
/// A route that has not answered as often as this is not asked again: it would only cost time.
const UNANSWERED: usize = 2;
/// Applications that crash all the time are not started for ever.
const RESTARTS: usize = 12;
const SHOWN_DIFFERENCES: usize = 5;

impl<'a> Replay<'a> {
    pub(super) fn new(
        migration: &'a Migration,
        table: &'a Table,
        sides: &'a mut Sides,
        progress: &'a mut dyn Progress,
    ) -> Self {
        Self {
            results: table.routes().map(|_| Tally::default()).collect(),
            forwarder: Forwarder::new(&migration.timeouts),
            timeout: migration.timeouts.response.min(PATIENCE),
            migration,
            table,
            sides,
            progress,
            legacy: SideMemory::default(),
            ported: SideMemory::default(),
            pairs: Pairs::default(),
            beside: Vec::new(),
            requests: 0,
            restarts: 0,
            failure: None,
            lengths: BTreeSet::new(),
        }
    }

    /// Sends a request in the legacy side's values; `None` where it was not sent or not answered by both.
    pub(super) async fn send(&mut self, request: &Request) -> Option<Exchange> {
        let ported = self.ported.translate(request);
        self.send_both(request.clone(), ported).await
    }

    /// Sends a request of a given script: `${name}` is each side's own value.
    pub(super) async fn send_script(&mut self, request: &Request) {
        let (legacy, ported) = (self.legacy.fill(request), self.ported.fill(request));
        if let Some(exchange) = self.send_both(legacy, ported).await {
            self.legacy.save(request, &exchange.legacy.body);
            self.ported.save(request, &exchange.ported.body);
        }
    }

    /// Sends a recorded request; what it calls by a recorded value, each side calls by its own.
    pub(super) async fn send_recorded(&mut self, recorded: &RecordedRequest) -> Result<()> {
        let Some(request) = recorded_request(recorded)? else {
            return Ok(());
        };
        let legacy = self.legacy.translate(&request);
        let ported = self.ported.translate(&self.legacy.translate(&request));
        if let Some(exchange) = self.send_both(legacy, ported).await
            && let Some(answer) = recorded.answer_body()?
        {
            self.legacy
                .substitutions
                .learn(&answer, &exchange.legacy.body);
        }
        Ok(())
    }

    async fn send_both(&mut self, legacy: Request, ported: Request) -> Option<Exchange> {
        let route = self.table.find(legacy.method.as_str(), legacy.path());
        if self.is_withheld(&legacy, route) {
            return None;
        }
        self.requests += 1;
        let name = format!("{} {}", legacy.method, legacy.target);
        self.progress.request(self.requests, &name);
        let (mut to_legacy, mut to_ported) = (legacy.clone(), ported);
        self.legacy.add_cookies(&mut to_legacy);
        self.ported.add_cookies(&mut to_ported);
        let answers = tokio::join!(
            ask(
                &self.forwarder,
                &self.sides.legacy,
                &to_legacy,
                self.timeout
            ),
            ask(
                &self.forwarder,
                &self.sides.ported,
                &to_ported,
                self.timeout
            ),
        );
        let (differences, exchange) = match answers {
            (Ok(legacy), Ok(ported)) if self.is_handed_back(route, &to_legacy, &ported) => {
                (Vec::new(), Some(Exchange { legacy, ported }))
            }
            (Ok(legacy), Ok(ported)) => {
                self.remember(&legacy, &ported);
                let marks = self.marks(route);
                let differences = compare(&legacy, &ported, &marks, &mut self.pairs);
                let exchange = Exchange { legacy, ported };
                (
                    self.without_length(&name, differences, &exchange),
                    Some(exchange),
                )
            }
            (legacy, ported) => {
                self.recover(route).await;
                // Where neither answers, nothing is proven and nothing differs.
                let one_answers = legacy.is_ok() || ported.is_ok();
                let difference = one_answers.then(|| no_answer(&legacy, &ported));
                (difference.into_iter().collect(), None)
            }
        };
        self.tally(route, &legacy, exchange.as_ref(), differences);
        exchange
    }

    /// Whether the gateway would have the legacy application answer, because the ported one leaves the request to it.
    fn is_handed_back(
        &mut self,
        route: Option<RouteId>,
        request: &Request,
        ported: &Answer,
    ) -> bool {
        let Some(id) = route else { return false };
        let repeatable = self.table.route(id).effects == Effects::None && request.body.is_none();
        let handed_back = repeatable && is_handed_back(ported.status, &ported.headers);
        self.results[id.place()].handed_back += usize::from(handed_back);
        handed_back
    }

    /// Makes sure that what comes after a request without an answer is asked of applications that are well.
    async fn recover(&mut self, route: Option<RouteId>) {
        if let Some(id) = route {
            self.results[id.place()].unanswered += 1;
        }
        if self.restarts == RESTARTS {
            return;
        }
        self.restarts += 1;
        // Their sessions and ids are gone with them.
        self.legacy.forget();
        self.ported.forget();
        if let Err(error) = self.sides.start_again(self.migration).await {
            self.failure = Some(error);
        }
    }

    /// A HEAD tells the length of a body that it does not show; where the GET was let pass with two lengths, so is it.
    fn without_length(
        &mut self,
        name: &str,
        mut differences: Vec<Difference>,
        exchange: &Exchange,
    ) -> Vec<Difference> {
        let same_length = exchange.legacy.body.len() == exchange.ported.body.len();
        if differences.is_empty() && !same_length {
            self.lengths
                .extend(name.strip_prefix("GET ").map(str::to_owned));
        }
        if name
            .strip_prefix("HEAD ")
            .is_some_and(|target| self.lengths.contains(target))
        {
            differences.retain(|difference| difference.place != "header content-length");
        }
        differences
    }

    fn remember(&mut self, legacy: &Answer, ported: &Answer) {
        self.legacy.cookies.take(&legacy.headers);
        self.ported.cookies.take(&ported.headers);
        self.ported.substitutions.learn(&legacy.body, &ported.body);
    }

    /// Requests to a route that stays say nothing; requests that could change something need somebody's leave.
    fn is_withheld(&mut self, request: &Request, route: Option<RouteId>) -> bool {
        if self.failure.is_some() {
            return true;
        }
        let Some(id) = route else {
            return !request.is_safe() && !self.sides.may_write;
        };
        let spec = self.table.route(id);
        if spec.availability != Availability::Ported
            || self.results[id.place()].unanswered >= UNANSWERED
        {
            return true;
        }
        let harmless = request.is_safe() && spec.effects == Effects::None;
        let withheld = !harmless && !self.sides.may_write;
        self.results[id.place()].withheld |= withheld;
        withheld
    }

    /// The marks of the route and of the routes with which it shares state, whose values it may show.
    fn marks(&self, route: Option<RouteId>) -> Vec<NoiseMark> {
        let Some(id) = route else { return Vec::new() };
        let group = self
            .table
            .group_of(id)
            .map(|(_, group)| group.members.clone());
        let routes = std::iter::once(id).chain(group.unwrap_or_default());
        routes
            .flat_map(|id| self.table.route(id).noise.clone())
            .collect()
    }

    fn tally(
        &mut self,
        route: Option<RouteId>,
        request: &Request,
        exchange: Option<&Exchange>,
        differences: Vec<Difference>,
    ) {
        let different = (!differences.is_empty()).then(|| RequestDifference {
            request: told(request),
            body: request
                .body
                .as_ref()
                .map(|body| String::from_utf8_lossy(body).into_owned()),
            differences,
        });
        let Some(id) = route else {
            return self.beside.extend(different);
        };
        let tally = &mut self.results[id.place()];
        tally.requests += 1;
        if let Some(exchange) = exchange {
            *tally
                .statuses
                .entry(exchange.legacy.status.as_u16())
                .or_default() += 1;
        }
        if let Some(different) = different {
            tally.different += 1;
            if tally.differences.len() < SHOWN_DIFFERENCES {
                tally.differences.push(different);
            }
        }
    }

    /// The report, unless an application could not be started again after it had crashed.
    pub(super) fn finish(self) -> Result<Report> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let table = self.table;
        let results = self.results.into_iter().zip(table.routes());
        Ok(Report {
            routes: results
                .map(|(tally, (id, _))| tally.result(table, id))
                .collect(),
            beside: self.beside,
            requests: self.requests,
        })
    }
}

/// A request in one line, with the fields that are not those of every request.
fn told(request: &Request) -> String {
    let mut told = format!("{} {}", request.method, request.target);
    let fields = request.headers.iter();
    for (name, value) in fields.filter(|(name, _)| *name != CONTENT_TYPE && *name != COOKIE) {
        told.extend([
            ", ",
            name.as_str(),
            ": ",
            &String::from_utf8_lossy(value.as_bytes()),
        ]);
    }
    told
}

fn no_answer(
    legacy: &std::result::Result<Answer, String>,
    ported: &std::result::Result<Answer, String>,
) -> Difference {
    let said = |answer: &std::result::Result<Answer, String>| match answer {
        Ok(answer) => answer.status.to_string(),
        Err(why) => why.clone(),
    };
    Difference {
        place: "answer".to_owned(),
        legacy: Some(said(legacy)),
        ported: Some(said(ported)),
    }
}

fn recorded_request(recorded: &RecordedRequest) -> Result<Option<Request>> {
    let Some(body) = recorded.body()? else {
        return Ok(None);
    };
    let method = Method::from_bytes(recorded.method.as_bytes()).map_err(|error| {
        Error::invalid(format!(
            "recorded request {} has no method",
            recorded.number
        ))
        .with_source(error)
    })?;
    let mut request = Request::new(method, recorded.target.clone());
    let own = ["host", "content-length", "x-request-id", "via"];
    for (name, value) in recorded
        .headers
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
    {
        request.headers.push(super::request::field(name, value)?);
    }
    request.body = (!body.is_empty()).then(|| body.into());
    Ok(Some(request))
}
