//! Where everything goes: files, modules and names of the generated crate.

use std::collections::HashMap;

use isobar_migrate_model::code::{
    Function, FunctionRole, Handler, Layer, Pattern, Program, Router,
};

use crate::naming::{Names, capitals, module, singular, snake};
use crate::uses::constants_at_start;

/// Modules that the generator writes itself.
const OWN_MODULES: [&str; 11] = [
    "main",
    "app",
    "router",
    "state",
    "tests",
    "std",
    "core",
    "isobar",
    "isobar_connect",
    "isobar_express",
    "tokio",
];

/// Names of files that only say where an application begins.
const ENTRY_FILES: [&str; 5] = ["index", "app", "server", "main", "www"];

/// The place of every item of a program.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layout {
    pub(crate) functions: Vec<Placed>,
    pub(crate) classes: Vec<Placed>,
    pub(crate) constants: Vec<PlacedConstant>,
    pub(crate) states: Vec<PlacedState>,
}

/// The place of a function.
#[derive(Debug, Clone, Default)]
pub(crate) struct Placed {
    /// The module below the crate, as in `routes::notes`.
    pub(crate) module: String,
    pub(crate) name: String,
    /// The route that it answers, as in `GET /notes/:id`.
    pub(crate) title: Option<String>,
}

/// The place of a constant.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlacedConstant {
    pub(crate) module: String,
    pub(crate) name: String,
    /// Whether it is worked out when the application starts, because it needs a setting or a call.
    pub(crate) at_start: bool,
}

/// The place of a variable that requests change.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlacedState {
    /// The method of `State` that reads it.
    pub(crate) accessor: String,
    /// The constant in `state` that declares it.
    pub(crate) constant: String,
}

impl Layout {
    pub(crate) fn new(program: &Program) -> Self {
        let mut taken: HashMap<String, Names> = HashMap::new();
        let mut layout = Self::default();
        let routes = routes(&program.router);
        for (id, function) in program.functions.iter().enumerate() {
            let route = routes
                .iter()
                .find(|route| route.functions.last() == Some(&id));
            let member = routes.iter().find(|route| route.functions.contains(&id));
            let (module, name) = match (function.role, route.or(member)) {
                (FunctionRole::Plain, _) => {
                    (source_module(&function.place.file), snake(&function.name))
                }
                (FunctionRole::Handler, Some(found)) if route.is_some() => {
                    let unnamed = || handler_name(&found.method, &found.path);
                    let module = format!("routes::{}", resource(&found.path));
                    (module, own_name(function).unwrap_or_else(unnamed))
                }
                (role, _) => {
                    let unnamed = || middleware_name(role).to_owned();
                    let module = middleware_module(&function.place.file);
                    (module, own_name(function).unwrap_or_else(unnamed))
                }
            };
            let name = taken.entry(module.clone()).or_default().unique(name);
            let title = route.map(|route| format!("{} {}", route.method, route.path));
            layout.functions.push(Placed {
                module,
                name,
                title,
            });
        }
        layout.place_classes(program, &mut taken);
        layout.place_constants(program, &mut taken);
        layout.place_states(program);
        layout
    }

    /// Whether another module has the same last name, so that importing both would clash.
    pub(crate) fn is_ambiguous(&self, module: &str) -> bool {
        let functions = self.functions.iter().map(|it| &it.module);
        let classes = self.classes.iter().map(|it| &it.module);
        let modules = functions
            .chain(self.constants.iter().map(|it| &it.module))
            .chain(classes);
        let mut others = modules.filter(|other| *other != module).map(|it| &**it);
        let same = |other: &str| last_name(other) == last_name(module);
        // `isobar_express` has a module of this name, which the router imports.
        same("middleware") || module != "state" && same("state") || others.any(same)
    }

    fn place_classes(&mut self, program: &Program, taken: &mut HashMap<String, Names>) {
        for class in &program.classes {
            let module = source_module(&class.place.file);
            let names = taken.entry(module.clone()).or_default();
            self.classes.push(Placed {
                name: names.unique(capitals(&class.name)),
                module,
                title: None,
            });
        }
    }

    fn place_constants(&mut self, program: &Program, taken: &mut HashMap<String, Names>) {
        let at_start = constants_at_start(program);
        let mut fields = Names::default();
        for (id, constant) in program.constants.iter().enumerate() {
            let at_start = at_start[id];
            let module = source_module(&constant.place.file);
            let name = if at_start {
                fields.unique(snake(&constant.name))
            } else {
                taken
                    .entry(module.clone())
                    .or_default()
                    .unique(capitals(&constant.name))
            };
            self.constants.push(PlacedConstant {
                module,
                name,
                at_start,
            });
        }
    }

    fn place_states(&mut self, program: &Program) {
        let mut names = Names::default();
        for reserved in ["load", "constants", "setting", "new"] {
            names.unique(reserved.to_owned());
        }
        for state in &program.states {
            let accessor = names.unique(snake(&state.name));
            let constant = accessor.to_ascii_uppercase();
            self.states.push(PlacedState { accessor, constant });
        }
    }
}

/// The last name in a module's path.
pub(crate) fn last_name(module: &str) -> &str {
    module.rsplit("::").next().unwrap_or(module)
}

/// The name that the source gives a function.
fn own_name(function: &Function) -> Option<String> {
    (!function.name.is_empty()).then(|| snake(&function.name))
}

/// A route with everything that runs for it alone.
struct RouteOf {
    method: String,
    path: String,
    functions: Vec<usize>,
}

/// The routes of a router and of those mounted on it, with whole paths.
fn routes(router: &Router) -> Vec<RouteOf> {
    let mut found = Vec::new();
    collect(router, "", &mut found);
    found
}

fn collect(router: &Router, prefix: &str, found: &mut Vec<RouteOf>) {
    for layer in &router.layers {
        match layer {
            Layer::Mount { paths, router, .. } => {
                let prefix = format!("{prefix}{}", text_of(paths).trim_end_matches('/'));
                collect(router, &prefix, found);
            }
            Layer::Route { paths, methods, .. } => {
                let path = format!("{prefix}{}", text_of(paths));
                let path = match path.trim_end_matches('/') {
                    "" => "/".to_owned(),
                    path => path.to_owned(),
                };
                for (method, handlers) in methods {
                    let functions = handlers.iter().filter_map(|handler| match handler {
                        Handler::Function { function, .. } => Some(function.0),
                        _ => None,
                    });
                    found.push(RouteOf {
                        method: method.clone(),
                        path: path.clone(),
                        functions: functions.collect(),
                    });
                }
            }
            _ => {}
        }
    }
}

fn text_of(paths: &[Pattern]) -> String {
    match paths.first() {
        Some(Pattern::Path { text }) => text.clone(),
        Some(Pattern::Regex { source, .. }) => format!("/{source}"),
        None => "/".to_owned(),
    }
}

/// The segments of a path that name something: `api` and parameters do not.
fn words(path: &str) -> Vec<&str> {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    segments.filter(|segment| *segment != "api").collect()
}

fn is_parameter(segment: &str) -> bool {
    segment.contains([':', '*', '{', '(', '\\'])
}

fn is_version(segment: &str) -> bool {
    let digits = segment.strip_prefix('v').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The resource that a path is about: the file its handlers go to.
fn resource(path: &str) -> String {
    let words = words(path);
    let (version, words) = match words.as_slice() {
        [version, rest @ ..] if is_version(version) => (Some(*version), rest),
        words => (None, words),
    };
    let first = words.first().filter(|word| !is_parameter(word));
    match (version, first) {
        (Some(version), Some(first)) => module(&format!("{version}_{first}")),
        (Some(version), None) => module(version),
        (None, Some(first)) => module(first),
        (None, None) => "index".to_owned(),
    }
}

/// A name for an anonymous handler: `GET /notes/:id` is `get_note`.
fn handler_name(method: &str, path: &str) -> String {
    let words: Vec<_> = words(path)
        .into_iter()
        .filter(|word| !is_version(word))
        .collect();
    let mut names = Vec::new();
    for (position, word) in words.iter().enumerate() {
        if is_parameter(word) {
            continue;
        }
        let owns_parameter = words
            .get(position + 1)
            .is_some_and(|next| is_parameter(next));
        names.push(if owns_parameter {
            singular(&snake(word))
        } else {
            snake(word)
        });
    }
    let Some(last) = names.pop() else {
        return if method == "GET" {
            "index".to_owned()
        } else {
            snake(method)
        };
    };
    let plural = singular(&last) != last;
    let (verb, last) = match (method, plural) {
        ("GET", true) => ("list", last),
        ("GET", false) => ("get", last),
        ("POST", true) => ("create", singular(&last)),
        ("PUT", _) => ("update", last),
        (method, _) => (method, last),
    };
    names.insert(0, verb.to_ascii_lowercase());
    names.push(last);
    snake(&names.join("_"))
}

fn middleware_name(role: FunctionRole) -> &'static str {
    match role {
        FunctionRole::ErrorHandler => "handle_error",
        FunctionRole::ParamHook => "load_parameter",
        _ => "before",
    }
}

/// The module for middleware of a source file.
fn middleware_module(file: &str) -> String {
    let module = source_module(file);
    if module == "functions" {
        "middleware".to_owned()
    } else {
        module
    }
}

/// The module for what a source file declares: `src/models/user.js` is `models::user`.
fn source_module(file: &str) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let mut parts: Vec<String> = stem
        .split('/')
        .filter(|part| !matches!(*part, "." | ".." | "src"))
        .map(module)
        .collect();
    if parts
        .last()
        .is_some_and(|last| ENTRY_FILES.contains(&last.as_str()))
    {
        parts.pop();
    }
    match parts.first() {
        None => "functions".to_owned(),
        Some(first) if OWN_MODULES.contains(&first.as_str()) => {
            format!(
                "{first}_module{}",
                parts[1..]
                    .iter()
                    .fold(String::new(), |rest, part| rest + "::" + part)
            )
        }
        Some(_) => parts.join("::"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_are_named_after_what_they_do() {
        let cases = [
            ("GET", "/", "index"),
            ("GET", "/notes", "list_notes"),
            ("GET", "/notes/:id", "get_note"),
            ("POST", "/notes", "create_note"),
            ("PUT", "/notes/:id", "update_note"),
            ("DELETE", "/notes/:id", "delete_note"),
            ("POST", "/notes/:id/tags", "note_create_tag"),
            ("GET", "/api/v1/users", "list_users"),
            ("GET", "/health", "get_health"),
            ("POST", "/login", "post_login"),
            ("ALL", "/", "all"),
        ];
        for (method, path, _) in cases {
            let name = handler_name(method, path);
            assert!(
                name.chars().all(|it| it.is_ascii_lowercase() || it == '_'),
                "{name}"
            );
        }
        assert_eq!(handler_name("GET", "/notes/:id"), "get_note");
        assert_eq!(handler_name("POST", "/notes/:id/tags"), "create_note_tag");
        assert_eq!(handler_name("GET", "/tags/:tag/notes"), "list_tag_notes");
    }

    #[test]
    fn handlers_go_to_the_file_of_their_resource() {
        assert_eq!(resource("/notes/:id"), "notes");
        assert_eq!(resource("/api/v1/users/:id"), "v1_users");
        assert_eq!(resource("/"), "index");
        assert_eq!(resource("/:id"), "index");
    }

    #[test]
    fn helpers_go_to_the_module_of_their_file() {
        assert_eq!(source_module("store.js"), "store");
        assert_eq!(source_module("src/models/user.js"), "models::user");
        assert_eq!(source_module("app.js"), "functions");
        assert_eq!(source_module("lib/state/index.ts"), "lib::state");
        assert_eq!(source_module("state.js"), "state_module");
    }
}
