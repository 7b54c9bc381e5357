//! Requests made from the routes: what the code reads, filled with values that the applications themselves have shown.
//!
//! The order is that of a visit: look around, create, look at what was created, change it, look again, remove it, look
//! again. Around each of these come requests at the edge: ids that do not exist, fields that are missing or of another
//! type, bodies that are not JSON, paths and methods that nobody has.

mod bodies;
mod edges;
mod knowledge;
mod passes;
mod paths;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};

use http::Method;
use isobar_express_path::Grammar;
use isobar_migrate_model::Contract;

use bodies::bodies;
use knowledge::Knowledge;
use passes::{Pass, Passes};
use paths::PathMaker;

use super::Sources;

use super::exchange::Exchange;
use super::request::Request;
use crate::config::Availability;
use crate::table::{RouteId, Table};

/// Makes one request after the other; each may use what the answers before it have shown.
pub(super) struct Deriver<'a> {
    table: &'a Table,
    paths: PathMaker,
    routes: Vec<Route>,
    knowledge: Knowledge<'a>,
    passes: Passes,
    /// Values that the code compares with.
    words: &'a [String],
    phases: VecDeque<Phase>,
    queue: VecDeque<Trial>,
    /// What the last request tried.
    tried: Option<Pass>,
}

/// A request, and what it carries in the hope of being let in.
struct Trial {
    request: Request,
    pass: Option<Pass>,
}

struct Route {
    id: RouteId,
    method: Method,
    contract: Contract,
}

#[derive(Clone, Copy)]
enum Phase {
    /// Requests that read.
    Look,
    /// POST.
    Create,
    /// PUT and PATCH.
    Change,
    /// DELETE.
    Remove,
    /// What no route is for, and methods that Express answers by itself.
    Edge,
}

const VISIT: [Phase; 8] = [
    Phase::Look,
    Phase::Create,
    Phase::Look,
    Phase::Change,
    Phase::Look,
    Phase::Remove,
    Phase::Look,
    Phase::Edge,
];

impl<'a> Deriver<'a> {
    pub(super) fn new(grammar: Grammar, table: &'a Table, sources: Sources<'a>) -> Self {
        let contract = |key: &str| {
            let application = sources.application;
            let scanned =
                application.and_then(|found| found.routes.iter().find(|route| route.key() == key));
            scanned
                .map(|route| route.contract.clone())
                .unwrap_or_default()
        };
        let routes = table
            .routes()
            .filter(|(_, spec)| spec.availability == Availability::Ported)
            .flat_map(|(id, spec)| {
                let contract = contract(&spec.key());
                methods(&spec.method).into_iter().map(move |method| Route {
                    id,
                    method,
                    contract: contract.clone(),
                })
            });
        Self {
            routes: routes.collect(),
            paths: PathMaker::new(grammar),
            knowledge: Knowledge::new(sources.words),
            passes: Passes::default(),
            words: sources.words,
            phases: VISIT.into(),
            queue: VecDeque::new(),
            tried: None,
            table,
        }
    }

    /// The next request; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Request> {
        while self.queue.is_empty() {
            let phase = self.phases.pop_front()?;
            self.queue = self.requests(phase).into();
        }
        let trial = self.queue.pop_front()?;
        self.tried = trial.pass;
        Some(trial.request)
    }

    /// Takes what the legacy side has shown.
    pub(super) fn learn(&mut self, request: &Request, exchange: Option<&Exchange>) {
        let tried = self.tried.take();
        if let Some(exchange) = exchange {
            self.knowledge.learn(request, exchange);
            self.passes.learn(request, exchange.legacy.status, tried);
        }
    }

    fn requests(&self, phase: Phase) -> Vec<Trial> {
        let mut requests = match phase {
            Phase::Edge => self.edges(),
            _ => self
                .routes
                .iter()
                .filter(|route| phase.has(&route.method))
                .flat_map(|route| self.requests_to(route))
                .collect(),
        };
        let mut seen = BTreeSet::new();
        requests.retain(|Trial { request, .. }| {
            seen.insert((
                request.method.to_string(),
                request.target.clone(),
                format!("{:?}", request.headers),
                request.body.clone(),
            ))
        });
        requests
    }

    fn requests_to(&self, route: &Route) -> Vec<Trial> {
        let spec = self.table.route(route.id);
        let paths = self.paths.of(&spec.pattern, &self.knowledge);
        let ask = |path: &String| {
            let request = Request::new(route.method.clone(), path);
            self.passes.put_on(request, &route.contract)
        };
        let trials = match paths.known.first() {
            Some(main) => self.trials(&route.contract, &ask(main)),
            None => Vec::new(),
        };
        if route.method.is_safe() {
            let plain = paths.known.iter().chain(&paths.unknown).map(ask);
            return plain.map(Trial::plain).chain(trials).collect();
        }
        let Some(main) = paths.known.first() else {
            return Vec::new();
        };
        let (usual, unusual) = bodies(&route.contract.body, &self.knowledge);
        let with = |path: &String, body: &bodies::Body| body.put_on(ask(path));
        // What is refused goes first, so that what is accepted is there for the requests that follow.
        let refused = unusual.iter().map(|body| with(main, body));
        let elsewhere = paths.unknown.iter().map(|path| with(path, &usual));
        let accepted = paths.known.iter().map(|path| with(path, &usual));
        let again = std::iter::once(with(main, &usual));
        let plain = refused.chain(elsewhere).map(Trial::plain);
        let trials = trials.into_iter().map(|trial| trial.with_body(&usual));
        let accepted = accepted.chain(again).map(Trial::plain);
        plain.chain(trials).chain(accepted).collect()
    }

    /// `request` once with each value of each parameter and each header field that the code reads.
    fn trials(&self, contract: &Contract, request: &Request) -> Vec<Trial> {
        let mut trials = Vec::new();
        for name in &contract.query {
            for value in self.knowledge.query_values(name) {
                trials.extend(Trial::passing(request, Pass::Query(name.clone(), value)));
            }
            for query in [format!("{name}=1&{name}=2"), name.clone()] {
                trials.push(Trial::plain(request.clone().with_query(&query)));
            }
        }
        for name in &contract.headers {
            for value in passes::header_values(name, self.words) {
                trials.extend(Trial::passing(request, Pass::Header(name.clone(), value)));
            }
        }
        trials
    }
}

impl Trial {
    fn plain(request: Request) -> Self {
        Self {
            request,
            pass: None,
        }
    }

    /// `None` where the value cannot be sent.
    fn passing(request: &Request, pass: Pass) -> Option<Self> {
        Some(Self {
            request: pass.put_on(request.clone())?,
            pass: Some(pass),
        })
    }

    fn with_body(self, body: &bodies::Body) -> Self {
        Self {
            request: body.put_on(self.request),
            ..self
        }
    }
}

impl Phase {
    fn has(self, method: &Method) -> bool {
        match self {
            Self::Look => method.is_safe(),
            Self::Create => *method == Method::POST,
            Self::Remove => *method == Method::DELETE,
            Self::Change => {
                !method.is_safe() && *method != Method::POST && *method != Method::DELETE
            }
            Self::Edge => false,
        }
    }
}

/// A route for every method is asked with the two that differ most.
fn methods(method: &str) -> Vec<Method> {
    if method == "ALL" {
        return vec![Method::GET, Method::POST];
    }
    Method::from_bytes(method.as_bytes()).into_iter().collect()
}
