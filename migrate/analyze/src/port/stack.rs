//! Turns routers into the layers of the ported program, and notes what became of each route.

use isobar_migrate_model::code::{
    FunctionId, FunctionRole, Handler, Layer as PortedLayer, Pattern, Router,
};
use isobar_migrate_model::{Place, Reason};

use super::functions::{held_back_by, unresolved};
use super::middleware::Translated;
use super::{Outcome, Porter};
use crate::compose::applies;
use crate::lower::Obstacle;
use crate::machine::function::Code;
use crate::machine::heap::Kind;
use crate::machine::value::{RouterId, Site, Value};
use crate::recognize::{Layer, PathPattern, join};

/// How deep routers may be mounted in each other.
const DEEPEST: usize = 24;

/// Where in the tree of routers the walk is.
#[derive(Default)]
struct Walk {
    prefix: String,
    /// What holds back everything below a path, from middleware that stays behind.
    blocked: Vec<(String, Reason)>,
    /// What holds back the routes of this router, from `param` hooks that stay behind.
    hooks: Vec<Reason>,
    depth: usize,
}

impl Porter<'_, '_> {
    /// The whole stack of an application.
    pub(super) fn stack(&mut self, root: RouterId) -> Router {
        self.router(root, &mut Walk::default())
    }

    fn router(&mut self, id: RouterId, walk: &mut Walk) -> Router {
        let router = self.machine.routing.get(id);
        let (options, is_application) = (router.options.clone(), router.is_application);
        let layers = router.layers.clone();
        let option = |name: &str| {
            let object = options.as_object()?;
            self.machine
                .heap
                .get(object)
                .properties
                .get(name)
                .map(|found| found.value.clone())
        };
        let is_set = |name: &str| option(name) == Some(Value::Boolean(true));
        let mut ported = Router {
            case_sensitive: !is_application && is_set("caseSensitive"),
            strict: !is_application && is_set("strict"),
            merge_params: !is_application && is_set("mergeParams"),
            layers: Vec::new(),
        };
        if walk.depth >= DEEPEST {
            return ported;
        }
        let outside = walk.hooks.len();
        for layer in layers {
            let layers = match layer {
                Layer::Use {
                    paths,
                    targets,
                    site,
                } => self.used(&paths, &targets, site, walk),
                Layer::Route {
                    paths,
                    methods,
                    site,
                } => Vec::from_iter(self.route(&paths, &methods, site, walk)),
                Layer::Param {
                    names,
                    handlers,
                    site,
                } => self.param(&names, &handlers, site, walk),
            };
            ported.layers.extend(layers);
        }
        // A request that no route of the router answers goes on, so what middleware holds back stays held back.
        walk.hooks.truncate(outside);
        ported
    }

    fn used(
        &mut self,
        paths: &[PathPattern],
        targets: &[Value],
        site: Site,
        walk: &mut Walk,
    ) -> Vec<PortedLayer> {
        let place = self.machine.place(site);
        let Some(patterns) = patterns(paths) else {
            let reason = unresolved("mounts middleware at a path that is not known", place);
            walk.blocked.push((walk.prefix.clone(), reason));
            return Vec::new();
        };
        let mut layers = Vec::new();
        for target in targets {
            if let Some(Kind::Router(router)) = self.machine.heap.kind(target) {
                let router = *router;
                let router = self.mounted(router, paths, walk);
                layers.push(PortedLayer::Mount {
                    paths: patterns.clone(),
                    router,
                    place: place.clone(),
                });
                continue;
            }
            let role = self.role_of(target);
            let handler = match self.translate(target, role, site) {
                Ok(Some(handler)) => handler,
                Ok(None) => continue,
                Err(reasons) if role == FunctionRole::ErrorHandler => {
                    legacy(&reasons, &place, true)
                }
                Err(reasons) => {
                    block(paths, &reasons, walk);
                    legacy(&reasons, &place, false)
                }
            };
            layers.push(PortedLayer::Use {
                paths: patterns.clone(),
                handlers: vec![handler],
                place: place.clone(),
            });
        }
        layers
    }

    /// A router mounted at a path. At several paths it is one router; its routes are named after the first.
    fn mounted(&mut self, router: RouterId, paths: &[PathPattern], walk: &mut Walk) -> Router {
        let first = paths
            .first()
            .cloned()
            .unwrap_or(PathPattern::Text("/".into()));
        let prefix = join(&walk.prefix, &first);
        let prefix = if prefix == "/" { String::new() } else { prefix };
        let outer = std::mem::replace(&mut walk.prefix, prefix);
        walk.depth += 1;
        let ported = self.router(router, walk);
        walk.depth -= 1;
        walk.prefix = outer;
        ported
    }

    fn route(
        &mut self,
        paths: &[PathPattern],
        methods: &[(crate::machine::value::Name, Vec<Value>)],
        site: Site,
        walk: &Walk,
    ) -> Option<PortedLayer> {
        let place = self.machine.place(site);
        let patterns = patterns(paths)?;
        let mut ported = Vec::new();
        for (method, values) in methods {
            let full: Vec<String> = paths.iter().map(|path| join(&walk.prefix, path)).collect();
            let is_selected = full
                .iter()
                .any(|path| self.selection.includes(&format!("{method} {path}")));
            let handlers = if is_selected {
                self.handlers(values, &full, site, walk)
            } else {
                Err(vec![not_selected(&place)])
            };
            let (handlers, functions, reasons) = match handlers {
                Ok(handlers) => {
                    let functions = functions_of(&handlers);
                    (handlers, functions, Vec::new())
                }
                Err(reasons) => {
                    let stays = vec![legacy(&reasons, &place, false)];
                    (stays, Vec::new(), reasons)
                }
            };
            self.outcomes.extend(full.into_iter().map(|path| Outcome {
                method: method.to_string(),
                path,
                place: place.clone(),
                reasons: reasons.clone(),
                functions: functions.clone(),
            }));
            ported.push((method.to_string(), handlers));
        }
        Some(PortedLayer::Route {
            paths: patterns,
            methods: ported,
            place,
        })
    }

    /// The functions of a route at these whole paths, or everything that holds it back.
    fn handlers(
        &mut self,
        values: &[Value],
        full: &[String],
        site: Site,
        walk: &Walk,
    ) -> Result<Vec<Handler>, Vec<Reason>> {
        let blocked = walk.blocked.iter();
        let held = blocked.filter(|(mount, _)| full.iter().any(|path| applies(mount, path)));
        let held = held.map(|(_, reason)| reason);
        let mut reasons: Vec<Reason> = held.chain(&walk.hooks).cloned().collect();
        let mut handlers = Vec::new();
        if reasons.is_empty() {
            for value in values {
                match self.translate(value, self.role_of(value), site) {
                    Ok(handler) => handlers.extend(handler),
                    Err(found) => reasons.extend(found),
                }
            }
        }
        reasons.dedup();
        if reasons.is_empty() {
            return Ok(handlers);
        }
        Err(reasons)
    }

    fn param(
        &mut self,
        names: &[crate::machine::value::Name],
        handlers: &[Value],
        site: Site,
        walk: &mut Walk,
    ) -> Vec<PortedLayer> {
        let mut layers = Vec::new();
        let place = self.machine.place(site);
        for value in handlers {
            let translated = match value.as_object() {
                Some(id) => self.complete(id, FunctionRole::ParamHook, site),
                None => Err(vec![unresolved(
                    "has a param hook that is not known",
                    place.clone(),
                )]),
            };
            match translated {
                Ok(handled) => layers.extend(names.iter().map(|name| PortedLayer::Param {
                    name: name.to_string(),
                    handler: FunctionId(handled.function),
                    place: place.clone(),
                })),
                Err(reasons) => {
                    let held = reasons.iter();
                    let held = held.map(|reason| held_back_by(reason, "a param hook before it"));
                    walk.hooks.extend(held);
                }
            }
        }
        layers
    }

    /// What a layer's function becomes; none where it is left out.
    fn translate(
        &mut self,
        value: &Value,
        role: FunctionRole,
        site: Site,
    ) -> Result<Option<Handler>, Vec<Reason>> {
        let refused = |porter: &Self, obstacle: Obstacle| vec![porter.reason(obstacle, site)];
        if let Some(inner) = self.unwrapped(value) {
            let handler = self.translate(&inner, role, site)?;
            return Ok(handler.map(|handler| match handler {
                Handler::Function {
                    function, captures, ..
                } => Handler::Function {
                    function,
                    captures,
                    is_async: false,
                },
                other => other,
            }));
        }
        match self.machine.heap.kind(value).cloned() {
            Some(Kind::Function(_) | Kind::Bound { .. }) => {
                let id = value
                    .as_object()
                    .expect("the kind of a value is that of its object");
                let handled = self.complete(id, role, site)?;
                Ok(Some(Handler::Function {
                    function: FunctionId(handled.function),
                    captures: handled.captures,
                    is_async: handled.is_async,
                }))
            }
            Some(Kind::Foreign(foreign)) => match self.translated(&foreign, site) {
                Ok(Translated::Builtin(builtin)) => Ok(Some(Handler::Builtin { builtin })),
                Ok(Translated::Dropped(why)) => {
                    let place = self.machine.place(site);
                    self.notes
                        .push((place, format!("`{}` is left out: {why}", foreign.package)));
                    Ok(None)
                }
                Err(obstacle) => Err(refused(self, obstacle)),
            },
            Some(Kind::Builtin(_, name)) => Err(refused(
                self,
                format!("the function {name} as a handler").into(),
            )),
            _ => Err(vec![unresolved(
                "has a handler that is not known before the program runs",
                self.machine.place(site),
            )]),
        }
    }

    /// A function with everything it calls, or all reasons against it.
    fn complete(
        &mut self,
        id: crate::machine::value::ObjectId,
        role: FunctionRole,
        site: Site,
    ) -> Result<super::functions::Handled, Vec<Reason>> {
        let handled = self.handler(id, role, site)?;
        let reasons = self.reasons_of(handled.function);
        if reasons.is_empty() {
            Ok(handled)
        } else {
            Err(reasons)
        }
    }

    /// Whether Express takes a function for an error handler: it counts four parameters.
    fn role_of(&self, value: &Value) -> FunctionRole {
        let closure = match self.machine.heap.kind(value) {
            Some(Kind::Function(closure)) => closure,
            Some(Kind::Bound { target, .. }) => return self.role_of(target),
            _ => return FunctionRole::Handler,
        };
        let parameters = match closure.code {
            Code::Function(function) => &function.params,
            Code::Arrow(arrow) => &arrow.params,
            Code::Class(_) => return FunctionRole::Handler,
        };
        let counted = parameters
            .items
            .iter()
            .take_while(|item| item.initializer.is_none())
            .count();
        if counted == 4 {
            FunctionRole::ErrorHandler
        } else {
            FunctionRole::Handler
        }
    }
}

/// Notes that everything after some middleware stays behind with it.
fn block(paths: &[PathPattern], reasons: &[Reason], walk: &mut Walk) {
    for path in paths {
        let path = join(&walk.prefix, path);
        let held = reasons
            .iter()
            .map(|reason| held_back_by(reason, "middleware before it"));
        walk.blocked
            .extend(held.map(|reason| (path.clone(), reason)));
    }
}

fn legacy(reasons: &[Reason], place: &Place, for_errors: bool) -> Handler {
    let first = reasons.first();
    Handler::Legacy {
        reason: first.map_or("it was not selected".to_owned(), |reason| {
            reason.message.clone()
        }),
        place: first.map_or_else(|| place.clone(), |reason| reason.place.clone()),
        for_errors,
    }
}

fn not_selected(place: &Place) -> Reason {
    unresolved("was not selected", place.clone())
}

fn functions_of(handlers: &[Handler]) -> Vec<usize> {
    let functions = handlers.iter().filter_map(|handler| match handler {
        Handler::Function { function, .. } => Some(function.0),
        _ => None,
    });
    functions.collect()
}

/// Paths as they were given; none where one is not known.
fn patterns(paths: &[PathPattern]) -> Option<Vec<Pattern>> {
    paths
        .iter()
        .map(|path| match path {
            PathPattern::Text(text) => Some(Pattern::Path {
                text: text.to_string(),
            }),
            PathPattern::Regex(literal) => {
                let (source, flags) = literal.strip_prefix('/')?.rsplit_once('/')?;
                Some(Pattern::Regex {
                    source: source.to_owned(),
                    flags: flags.to_owned(),
                })
            }
            PathPattern::Unknown => None,
        })
        .collect()
}
