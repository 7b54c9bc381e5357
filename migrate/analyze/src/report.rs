//! Builds the model from what the two phases found.

use std::collections::BTreeMap;

use indexmap::{IndexMap, IndexSet};
use isobar_migrate_model::{
    Application, Contract, DataAccess, FORMAT, Handler, Middleware, ReasonCode, ResponseShape,
    Route,
};

use crate::compose::{Composed, applies};
use crate::machine::Machine;
use crate::machine::heap::Kind;
use crate::machine::value::Value;
use crate::recognize::library;
use crate::serve::{Effect, Evidence, Link, serve};
use crate::{state, verdict};

/// The model of an application with these routes.
pub(crate) fn application(machine: &mut Machine<'_>, composed: &[Composed]) -> Application {
    let mut routes = Vec::new();
    let mut evidence = Vec::new();
    for route in composed.iter().filter(|route| !route.is_partial()) {
        let seen = serve(machine, &route.application, &chain(route));
        routes.push(model_route(machine, route, &seen));
        evidence.push(seen);
    }
    let keys: Vec<String> = routes.iter().map(Route::key).collect();
    let state_groups = state::groups(machine, &keys, &evidence);
    for (route, key) in routes.iter_mut().zip(&keys) {
        let groups = state_groups
            .iter()
            .filter(|group| group.routes.contains(key));
        route.state_groups = groups.map(|group| group.name.clone()).collect();
    }
    machine.note_unreached_environment();
    Application {
        format: FORMAT,
        settings: settings(machine),
        environment: machine.environment_settings(),
        data_access: data_access(machine, &keys, &evidence),
        routes,
        state_groups,
        ..Application::default()
    }
}

fn chain(route: &Composed) -> Vec<Link> {
    let preceding = route
        .middleware
        .iter()
        .filter(|middleware| applies(&middleware.path, &route.path));
    let preceding = preceding.map(|middleware| Link {
        value: middleware.value.clone(),
        site: middleware.site,
    });
    let own = route.handlers.iter().map(|handler| Link {
        value: handler.clone(),
        site: route.site,
    });
    preceding.chain(own).collect()
}

fn model_route(machine: &Machine<'_>, route: &Composed, evidence: &Evidence) -> Route {
    let place = machine.place(route.site);
    let middleware = route.middleware.iter().map(|preceding| {
        let place = machine.place(preceding.site);
        Middleware {
            handler: handler(machine, &preceding.value),
            applies: applies(&preceding.path, &route.path),
            path: preceding.path.clone(),
            file: place.file,
            line: place.line,
            layer: preceding.level,
        }
    });
    let mut model = Route {
        method: route.method.to_string(),
        path: route.path.clone(),
        file: place.file,
        line: place.line,
        handlers: route
            .handlers
            .iter()
            .map(|value| handler(machine, value))
            .collect(),
        middleware: middleware.collect(),
        verdict: isobar_migrate_model::Verdict::Ported,
        reasons: Vec::new(),
        state_groups: Vec::new(),
        writes: verdict::writes(evidence),
        contract: contract(evidence),
    };
    model.set_reasons(verdict::reasons(machine, evidence));
    model
}

/// What the report says of a function.
fn handler(machine: &Machine<'_>, value: &Value) -> Handler {
    let mut shown = Handler {
        name: String::new(),
        place: None,
        span: None,
        library: None,
    };
    let Value::Object(id) = value else {
        return shown;
    };
    match &machine.heap.get(*id).kind {
        Kind::Function(closure) => {
            let span = closure.code.span();
            let site = crate::machine::value::Site {
                module: closure.module,
                offset: span.start,
            };
            shown.name = machine.function_name(*id).unwrap_or_default().to_string();
            shown.place = Some(machine.place(site));
            shown.span = Some((span.start, span.end));
            let package = &machine.modules[closure.module.0 as usize].package;
            shown.library = package.as_ref().map(ToString::to_string);
        }
        Kind::Bound { target, .. } => return handler(machine, target),
        Kind::Foreign(foreign) => {
            let own = foreign
                .inputs
                .iter()
                .find(|input| machine.is_callable(input));
            if let Some(own) = own {
                shown = handler(machine, own);
            } else {
                let name = format!("{}.{}", foreign.package, foreign.path);
                name.trim_matches('.').clone_into(&mut shown.name);
            }
            let known = !foreign.package.is_empty();
            shown.library = known.then(|| foreign.package.to_string());
        }
        _ => {}
    }
    shown
}

fn contract(evidence: &Evidence) -> Contract {
    let names = |names: &std::collections::BTreeSet<crate::machine::value::Name>| {
        names.iter().map(ToString::to_string).collect()
    };
    let mut responses: Vec<ResponseShape> = evidence
        .responses
        .iter()
        .map(|(status, body)| ResponseShape {
            status: *status,
            body: body.clone(),
        })
        .collect();
    responses.sort_by_key(|response| response.status);
    Contract {
        query: names(&evidence.query),
        body: names(&evidence.body),
        headers: names(&evidence.headers),
        responses,
    }
}

fn settings(machine: &Machine<'_>) -> IndexMap<String, String> {
    let routers = machine
        .routing
        .routers
        .iter()
        .filter(|router| router.is_application);
    let pairs = routers.flat_map(|router| router.settings.iter());
    pairs
        .filter_map(|(name, value)| {
            machine
                .text_of(value)
                .map(|text| (name.to_string(), text.to_string()))
        })
        .collect()
}

fn data_access(machine: &Machine<'_>, keys: &[String], evidence: &[Evidence]) -> Vec<DataAccess> {
    let mut found: BTreeMap<
        String,
        (
            IndexSet<String>,
            IndexSet<String>,
            crate::machine::value::Site,
        ),
    > = BTreeMap::new();
    for (key, evidence) in keys.iter().zip(evidence) {
        for effect in &evidence.effects {
            let Effect::Library {
                package,
                operation,
                site,
            } = effect
            else {
                continue;
            };
            let stores = matches!(
                library::category(package),
                ReasonCode::DocumentDatabase | ReasonCode::SqlDatabase | ReasonCode::Cache
            );
            if stores {
                let entry = found.entry(package.to_string()).or_insert((
                    IndexSet::new(),
                    IndexSet::new(),
                    *site,
                ));
                entry.0.insert(operation.to_string());
                entry.1.insert(key.clone());
            }
        }
    }
    found
        .into_iter()
        .map(|(library, (mut operations, routes, site))| {
            operations.sort();
            DataAccess {
                library,
                operations: operations.into_iter().collect(),
                routes: routes.into_iter().collect(),
                place: machine.place(site),
            }
        })
        .collect()
}
