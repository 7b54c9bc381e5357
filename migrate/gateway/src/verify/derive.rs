//! Requests made from the routes: what the code reads, filled with values that the applications themselves have shown.
//!
//! The order is that of a visit: look around, create, look at what was created, change it, look again, remove it, look
//! again. Around each of these come requests at the edge: ids that do not exist, fields that are missing or of another
//! type, bodies that are not JSON, paths and methods that nobody has.

mod bodies;
mod knowledge;
mod paths;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};

use http::Method;
use isobar_express_path::Grammar;
use isobar_migrate_model::{Application, Contract};

use bodies::bodies;
use knowledge::Knowledge;
use paths::PathMaker;

use super::exchange::Exchange;
use super::request::Request;
use crate::config::Availability;
use crate::table::{RouteId, Table};

/// Makes one request after the other; each may use what the answers before it have shown.
pub(super) struct Deriver<'a> {
    table: &'a Table,
    paths: PathMaker,
    routes: Vec<Route>,
    knowledge: Knowledge,
    phases: VecDeque<Phase>,
    queue: VecDeque<Request>,
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

const UNKNOWN_PATH: &str = "/isobar-verify/no-such-route";

impl<'a> Deriver<'a> {
    pub(super) fn new(
        grammar: Grammar,
        table: &'a Table,
        application: Option<&Application>,
    ) -> Self {
        let contract = |key: &str| {
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
            knowledge: Knowledge::default(),
            phases: VISIT.into(),
            queue: VecDeque::new(),
            table,
        }
    }

    /// The next request; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Request> {
        while self.queue.is_empty() {
            let phase = self.phases.pop_front()?;
            self.queue = self.requests(phase).into();
        }
        self.queue.pop_front()
    }

    /// Takes what the legacy side has shown.
    pub(super) fn learn(&mut self, request: &Request, exchange: Option<&Exchange>) {
        if let Some(exchange) = exchange {
            self.knowledge.learn(request, &exchange.legacy);
        }
    }

    fn requests(&self, phase: Phase) -> Vec<Request> {
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
        requests.retain(|request| {
            seen.insert((
                request.method.to_string(),
                request.target.clone(),
                request.body.clone(),
            ))
        });
        requests
    }

    fn requests_to(&self, route: &Route) -> Vec<Request> {
        let spec = self.table.route(route.id);
        let paths = self.paths.of(&spec.pattern, &self.knowledge);
        let ask = |path: &String| Request::new(route.method.clone(), path);
        if route.method.is_safe() {
            let plain = paths.known.iter().chain(&paths.unknown).map(ask);
            let queries = self.queries(&route.contract, paths.known.first());
            return plain.chain(queries).collect();
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
        refused
            .chain(elsewhere)
            .chain(accepted)
            .chain(again)
            .collect()
    }

    /// One request for each value of each parameter that the code reads.
    fn queries(&self, contract: &Contract, path: Option<&String>) -> Vec<Request> {
        let Some(path) = path else { return Vec::new() };
        let mut queries = Vec::new();
        for name in &contract.query {
            for value in self.knowledge.query_values(name) {
                queries.push(format!("{path}?{name}={value}"));
            }
            queries.push(format!("{path}?{name}=1&{name}=2"));
            queries.push(format!("{path}?{name}"));
        }
        queries
            .iter()
            .map(|target| Request::new(Method::GET, target))
            .collect()
    }

    fn edges(&self) -> Vec<Request> {
        let mut requests = Vec::new();
        for route in &self.routes {
            let spec = self.table.route(route.id);
            let paths = self.paths.of(&spec.pattern, &self.knowledge);
            let Some(path) = paths.known.first() else {
                continue;
            };
            if route.method == Method::GET {
                requests.push(Request::new(Method::HEAD, path));
                requests.push(Request::new(Method::GET, format!("{path}/")));
                requests.push(Request::new(Method::GET, path.to_ascii_uppercase()));
            }
            requests.push(Request::new(Method::OPTIONS, path));
        }
        requests.push(Request::new(Method::GET, UNKNOWN_PATH));
        requests.push(Request::new(Method::POST, UNKNOWN_PATH));
        requests
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
