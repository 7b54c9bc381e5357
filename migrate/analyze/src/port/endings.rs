//! Finds routes that never answer themselves where what would answer for them stays behind.
//!
//! ```js
//! app.get('/403', (req, res, next) => next(new Error('not allowed')));
//! app.use((err, req, res, next) => res.render('error', { err }));
//! ```

use isobar_migrate_model::code::visit::{Visit, walk_expression, walk_function, walk_statement};
use isobar_migrate_model::code::{
    Expression, Function, FunctionRole, Handler, Layer, Pattern, ResponseMethod, Router, Statement,
    StatementKind,
};
use isobar_migrate_model::{Place, Reason, ReasonCode};

use super::Porter;
use super::functions::held_back_by;

/// What a request meets after a route, in the order of registration.
enum Station {
    Route {
        place: Place,
        /// Whether a request for another path may match as well.
        is_open: bool,
    },
    /// Something that may answer, to requests or to errors.
    Answer { for_errors: bool },
    /// Something that stays with the legacy application.
    Legacy { for_errors: bool, reason: Reason },
}

/// How a function goes on that does not answer.
#[derive(Default)]
struct Onward {
    answers: bool,
    plainly: bool,
    with_error: bool,
}

impl Porter<'_, '_> {
    /// The routes, by their place among the outcomes, whose answer always comes from what stays behind, and why.
    pub(super) fn answered_elsewhere(&self, router: &Router) -> Vec<(usize, Reason)> {
        let mut stations = Vec::new();
        self.stations(router, true, &mut stations);
        let outcomes = self.outcomes.iter().enumerate();
        let open = outcomes.filter(|(_, outcome)| outcome.reasons.is_empty());
        let found = open.filter_map(|(position, outcome)| {
            let onward = self.onward(&outcome.functions)?;
            let is_own = |it: &Station| matches!(it, Station::Route { place, .. } if *place == outcome.place);
            let own = stations.iter().position(is_own)?;
            let after = &stations[own + 1..];
            let kinds = [(onward.plainly, false), (onward.with_error, true)];
            let kinds = kinds.into_iter().filter(|(goes, _)| *goes);
            let reasons: Option<Vec<_>> = kinds
                .map(|(_, for_errors)| first_legacy(after, for_errors))
                .collect();
            let reason = reasons?.into_iter().next()?;
            Some((position, held_back_by(reason, "middleware after it")))
        });
        found.collect()
    }

    /// How the functions of a route go on, where none of them ever answers.
    fn onward(&self, functions: &[usize]) -> Option<Onward> {
        let mut onward = Onward::default();
        let reached = functions
            .iter()
            .flat_map(|function| self.reached(*function));
        for function in reached {
            onward.answers |= self.answers(function);
        }
        let last = self.functions[*functions.last()?].lowered.as_ref()?;
        walk_function(&mut onward, last.as_ref().ok()?);
        (!onward.answers).then_some(onward)
    }

    fn answers(&self, function: usize) -> bool {
        let mut onward = Onward::default();
        if let Some(Ok(function)) = &self.functions[function].lowered {
            walk_function(&mut onward, function);
        }
        onward.answers
    }

    fn stations(&self, router: &Router, at_root: bool, stations: &mut Vec<Station>) {
        for layer in &router.layers {
            match layer {
                Layer::Route { paths, place, .. } => stations.push(Station::Route {
                    place: place.clone(),
                    is_open: !paths.iter().all(is_literal),
                }),
                Layer::Mount { paths, router, .. } => {
                    self.stations(router, at_root && is_root(paths), stations);
                }
                Layer::Use {
                    paths, handlers, ..
                } => {
                    let covers = at_root && is_root(paths);
                    let met = handlers.iter().filter_map(|it| self.station(it, covers));
                    stations.extend(met);
                }
                Layer::Param { .. } => {}
            }
        }
    }

    fn station(&self, handler: &Handler, covers: bool) -> Option<Station> {
        match handler {
            Handler::Legacy {
                reason,
                place,
                for_errors,
            } if covers => Some(Station::Legacy {
                for_errors: *for_errors,
                reason: Reason {
                    code: ReasonCode::Unsupported,
                    subject: "middleware after the route".to_owned(),
                    message: reason.clone(),
                    place: place.clone(),
                },
            }),
            Handler::Function { function, .. } => {
                let lowered = self.functions[function.0].lowered.as_ref()?;
                let for_errors = is_error_handler(lowered.as_ref().ok()?);
                let mut reached = self.reached(function.0).into_iter();
                reached
                    .any(|function| self.answers(function))
                    .then_some(Station::Answer { for_errors })
            }
            _ => None,
        }
    }
}

fn is_error_handler(function: &Function) -> bool {
    function.role == FunctionRole::ErrorHandler
}

/// The reason of what stays behind, where nothing before it may answer.
fn first_legacy(stations: &[Station], errors: bool) -> Option<&Reason> {
    for station in stations {
        match station {
            Station::Legacy { for_errors, reason } if *for_errors == errors => return Some(reason),
            Station::Answer { for_errors } if *for_errors == errors => return None,
            Station::Route { is_open: true, .. } if !errors => return None,
            _ => {}
        }
    }
    None
}

fn is_root(paths: &[Pattern]) -> bool {
    paths
        .iter()
        .all(|path| matches!(path, Pattern::Path { text } if text.is_empty() || text == "/"))
}

fn is_literal(path: &Pattern) -> bool {
    match path {
        Pattern::Path { text } => !text.contains([':', '*', '(', '{', '?', '+', '[']),
        Pattern::Regex { .. } => false,
    }
}

impl Visit for Onward {
    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Throw { .. } => self.with_error = true,
            StatementKind::Format { .. } => self.answers = true,
            _ => {}
        }
        walk_statement(self, statement);
    }

    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Next { argument: None } => self.plainly = true,
            Expression::Next { argument: Some(_) } => self.with_error = true,
            Expression::Respond { steps } => {
                let mut methods = steps.iter().map(|step| step.method);
                self.answers |=
                    methods.any(|method| method.is_final() || method == ResponseMethod::Write);
            }
            _ => {}
        }
        walk_expression(self, expression);
    }
}
