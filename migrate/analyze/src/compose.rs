//! Turns what was registered into routes with full paths and chains, in the order in which
//! Express tries them.

use std::collections::HashSet;

use isobar_migrate_model::Layer as Level;

use crate::machine::Machine;
use crate::machine::heap::Kind;
use crate::machine::value::{Name, RouterId, Site, Value};
use crate::recognize::{Layer, PathPattern, UNKNOWN, join};

/// Routes that one application may have: routers mounted in each other could have endlessly many.
const MAX_ROUTES: usize = 20_000;

/// How deep routers may be mounted in each other.
const MAX_DEPTH: usize = 24;

/// One middleware in front of a route.
#[derive(Clone, Debug)]
pub(crate) struct Preceding {
    pub(crate) value: Value,
    pub(crate) path: String,
    pub(crate) site: Site,
    pub(crate) level: Level,
}

/// One route with everything that precedes it.
#[derive(Clone, Debug)]
pub(crate) struct Composed {
    pub(crate) method: Name,
    pub(crate) path: String,
    pub(crate) site: Site,
    pub(crate) handlers: Vec<Value>,
    pub(crate) middleware: Vec<Preceding>,
    /// The application at the root.
    pub(crate) application: Value,
}

impl Composed {
    /// Whether a part of the path is not known.
    pub(crate) fn is_partial(&self) -> bool {
        self.path.contains(UNKNOWN)
    }
}

/// All routes of all applications that nothing mounts, and of `exported` routers.
pub(crate) fn compose(machine: &Machine<'_>, exported: &[RouterId]) -> Vec<Composed> {
    let roots = roots(machine, exported);
    let mut walk = Walk {
        machine,
        routes: Vec::new(),
        application: Value::Unknown,
        stack: Vec::new(),
    };
    for root in roots {
        walk.application = Value::Object(machine.routing.get(root).object);
        walk.router(root, "", &mut Vec::new());
    }
    walk.routes
}

/// The applications that nothing mounts, and exported routers.
pub(crate) fn roots(machine: &Machine<'_>, exported: &[RouterId]) -> Vec<RouterId> {
    let mounted = mounted_routers(machine);
    let numbered = machine.routing.routers.iter().enumerate();
    let roots = numbered.filter_map(|(number, router)| {
        let id = RouterId(u32::try_from(number).ok()?);
        let is_root = router.is_application || exported.contains(&id);
        (is_root && !mounted.contains(&id)).then_some(id)
    });
    roots.collect()
}

/// Routers with routes of their own that nothing mounts or exports.
pub(crate) fn forgotten(machine: &Machine<'_>, exported: &[RouterId]) -> Vec<Site> {
    let mounted = mounted_routers(machine);
    let numbered = machine.routing.routers.iter().enumerate();
    numbered
        .filter(|(number, router)| {
            let id = RouterId(u32::try_from(*number).unwrap_or(u32::MAX));
            let has_routes = router
                .layers
                .iter()
                .any(|layer| matches!(layer, Layer::Route { .. }));
            has_routes
                && !router.is_application
                && !mounted.contains(&id)
                && !exported.contains(&id)
        })
        .map(|(_, router)| router.site)
        .collect()
}

/// Routers that another one mounts.
fn mounted_routers(machine: &Machine<'_>) -> HashSet<RouterId> {
    let mut mounted = HashSet::new();
    for router in &machine.routing.routers {
        let targets = router.layers.iter().filter_map(|layer| match layer {
            Layer::Use { targets, .. } => Some(targets),
            _ => None,
        });
        let found = targets
            .flatten()
            .flat_map(|target| routers_in(machine, target, 3));
        mounted.extend(found.filter(|id| machine.routing.get(*id).object != router.object));
    }
    mounted
}

/// The routers that a target of `use` is, or carries through a call that is not known.
fn routers_in(machine: &Machine<'_>, target: &Value, depth: u32) -> Vec<RouterId> {
    match machine.heap.kind(target) {
        Some(Kind::Router(router)) => vec![*router],
        Some(Kind::Foreign(foreign)) if depth > 0 => {
            let inputs = foreign.inputs.iter();
            inputs
                .flat_map(|input| routers_in(machine, input, depth - 1))
                .collect()
        }
        Some(Kind::Bound { target, this, .. }) if depth > 0 => {
            let through = [target, this].into_iter();
            through
                .flat_map(|input| routers_in(machine, input, depth - 1))
                .collect()
        }
        Some(Kind::Promise(inner)) if depth > 0 => routers_in(machine, inner, depth - 1),
        _ => Vec::new(),
    }
}

struct Walk<'m, 'a> {
    machine: &'m Machine<'a>,
    routes: Vec<Composed>,
    application: Value,
    /// Routers that are being walked, so that one mounted in itself ends.
    stack: Vec<RouterId>,
}

impl Walk<'_, '_> {
    fn router(&mut self, id: RouterId, prefix: &str, before: &mut Vec<Preceding>) {
        if self.stack.contains(&id) || self.stack.len() >= MAX_DEPTH {
            return;
        }
        self.stack.push(id);
        let depth = before.len();
        let machine = self.machine;
        for layer in &machine.routing.get(id).layers {
            self.layer(layer, prefix, before);
        }
        before.truncate(depth);
        self.stack.pop();
    }

    fn layer(&mut self, layer: &Layer, prefix: &str, before: &mut Vec<Preceding>) {
        match layer {
            Layer::Use {
                paths,
                targets,
                site,
            } => {
                for path in paths {
                    self.mount(&join(prefix, path), targets, *site, before);
                }
            }
            Layer::Param { handlers, site, .. } => {
                let path = join(prefix, &PathPattern::Text("/".into()));
                before.extend(handlers.iter().map(|handler| Preceding {
                    value: handler.clone(),
                    path: path.clone(),
                    site: *site,
                    level: Level::Param,
                }));
            }
            Layer::Route {
                paths,
                methods,
                site,
            } => {
                let pairs = paths
                    .iter()
                    .flat_map(|path| methods.iter().map(move |of| (path, of)));
                for (path, (method, handlers)) in pairs {
                    self.route(Composed {
                        method: Name::clone(method),
                        path: join(prefix, path),
                        site: *site,
                        handlers: handlers.clone(),
                        middleware: before.clone(),
                        application: self.application.clone(),
                    });
                }
            }
        }
    }

    fn route(&mut self, route: Composed) {
        if self.routes.len() < MAX_ROUTES {
            self.routes.push(route);
        }
    }

    /// One `use` at `path`: routers are walked, everything else precedes what follows.
    fn mount(&mut self, path: &str, targets: &[Value], site: Site, before: &mut Vec<Preceding>) {
        let level = if self.stack.len() == 1 {
            Level::Application
        } else {
            Level::Router
        };
        for target in targets {
            let routers = routers_in(self.machine, target, 3);
            for router in &routers {
                self.router(*router, path, before);
            }
            if routers.is_empty() {
                let value = target.clone();
                before.push(Preceding {
                    value,
                    path: path.to_owned(),
                    site,
                    level,
                });
            }
        }
    }
}

/// Whether middleware mounted at `mount` can run for a route at `path`.
pub(crate) fn applies(mount: &str, path: &str) -> bool {
    let is_opaque = |path: &str| path.contains(UNKNOWN) || path.contains("/^");
    if mount == "/" || is_opaque(mount) || is_opaque(path) {
        return true;
    }
    let is_wild = |part: &str| part.contains([':', '*', '(', '{', '?', '+']);
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    for wanted in mount.split('/').filter(|part| !part.is_empty()) {
        match parts.next() {
            None => return is_wild(wanted),
            Some(part) if part.eq_ignore_ascii_case(wanted) || is_wild(part) || is_wild(wanted) => {
            }
            Some(_) => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middleware_applies_below_its_mount_path() {
        for (mount, path, expected) in [
            ("/", "/a", true),
            ("/a", "/a/b", true),
            ("/a", "/ab", false),
            ("/a/:id", "/a/1/b", true),
            ("/a/b", "/a/:id", true),
            ("/a/b", "/a", false),
        ] {
            assert_eq!(applies(mount, path), expected, "{mount} {path}");
        }
    }
}
