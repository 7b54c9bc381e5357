//! The route table as the paths of an OpenAPI document.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::application::{Application, Requirement, Route};

/// The methods that a path item has.
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];
/// What an opaque route is followed by.
const BELOW: &str = "proxy";

/// A path with what it answers.
#[derive(Debug, Default)]
pub(crate) struct Item {
    /// The names in its braces.
    pub(crate) parameters: Vec<String>,
    /// The methods, in lower case; none where it answers all.
    pub(crate) methods: BTreeMap<String, Option<String>>,
    /// What a method asks of its callers; that of the empty name holds for those that are not listed.
    requires: BTreeMap<String, Vec<Requirement>>,
}

impl Item {
    fn add(&mut self, route: &Route) {
        let named = route.methods.iter().filter(|method| *method != "*");
        let methods: Vec<String> = named.map(|method| method.to_lowercase()).collect();
        let asked = methods.iter().cloned();
        let asked = asked.chain(methods.is_empty().then(String::new));
        self.requires
            .extend(asked.map(|method| (method, route.requires.clone())));
        let known = methods
            .into_iter()
            .filter(|method| METHODS.contains(&method.as_str()));
        self.methods
            .extend(known.map(|method| (method, route.name.clone())));
        // A handler of GET answers HEAD as well.
        if self.methods.contains_key("get") {
            self.methods.entry("head".to_owned()).or_default();
            let asked = self.requires.get("get").cloned().unwrap_or_default();
            self.requires.entry("head".to_owned()).or_insert(asked);
        }
    }

    /// What this method asks of its callers.
    pub(crate) fn requires(&self, method: &str) -> &[Requirement] {
        let own = self.requires.get(method);
        own.or_else(|| self.requires.get(""))
            .map_or(&[], Vec::as_slice)
    }
}

/// The paths of an application, each with its parameters in braces; `rest` is how the gateway
/// writes the name of a parameter that takes all that is left.
pub(crate) fn items(application: &Application, rest: fn(&str) -> String) -> BTreeMap<String, Item> {
    let mut items: BTreeMap<String, Item> = BTreeMap::new();
    for route in application
        .routes
        .iter()
        .filter(|route| is_expressible(route))
    {
        for path in paths(route) {
            let (path, parameters) = template(&path, rest);
            let item = items.entry(path).or_default();
            item.parameters = parameters;
            item.add(route);
        }
    }
    items
}

/// Whether a gateway has some method of the route. One of TRACE alone would look like one of all methods.
fn is_expressible(route: &Route) -> bool {
    let is_known = |method: &String| method == "*" || is_known(method);
    route.methods.is_empty() || route.methods.iter().any(is_known)
}

/// Whether gateways know the method.
pub(crate) fn is_known(method: &str) -> bool {
    METHODS.contains(&method.to_ascii_lowercase().as_str())
}

/// One operation, whose name is that of its route, or made of method and path.
pub(crate) fn operation(id: &str, parameters: &[Value]) -> Value {
    let mut operation = json!({
        "operationId": id,
        "responses": { "default": { "description": "As the handler answers" } },
    });
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    operation
}

/// Names of operations, each once.
#[derive(Debug, Default)]
pub(crate) struct OperationIds {
    taken: BTreeSet<String>,
}

impl OperationIds {
    /// The route's name, unless another operation has it.
    pub(crate) fn of(&mut self, method: &str, path: &str, name: Option<&str>) -> String {
        let words = path.split(|c: char| !c.is_ascii_alphanumeric());
        let words = words.filter(|word| !word.is_empty());
        let made = [method]
            .into_iter()
            .chain(words)
            .collect::<Vec<_>>()
            .join("_");
        let named = name.map(str::to_owned);
        let numbered = (2..).map(|number| format!("{made}_{number}"));
        let mut all = named.into_iter().chain([made.clone()]).chain(numbered);
        let free = all.find(|id| !self.taken.contains(id)).unwrap_or_default();
        self.taken.insert(free.clone());
        free
    }
}

/// What an item without methods has all of, for gateways that know no method for any.
pub(crate) fn methods_of(item: &Item) -> BTreeMap<String, Option<String>> {
    if item.methods.is_empty() {
        METHODS.map(|method| (method.to_owned(), None)).into()
    } else {
        item.methods.clone()
    }
}

/// The title, and the paths, as objects of the document.
pub(crate) fn info(application: &Application) -> Map<String, Value> {
    let info = json!({ "title": application.name, "version": "1" });
    info.as_object().cloned().unwrap_or_default()
}

/// An opaque route stands for its path and for all below; a mounted router has `/{*rest}` behind its own.
fn paths(route: &Route) -> Vec<String> {
    if !route.opaque {
        return vec![route.path.clone()];
    }
    let mounted = route.path.rsplit_once("/{*").map(|(path, _)| path);
    let path = mounted.unwrap_or(&route.path).trim_end_matches('/');
    let own = if path.is_empty() { "/" } else { path };
    vec![own.to_owned(), format!("{path}/{{*{BELOW}}}")]
}

/// The path of a route, with `rest` as in [`items`].
pub(crate) fn path_of(route: &Route, rest: fn(&str) -> String) -> String {
    template(&route.path, rest).0
}

/// All paths that a route answers, with `rest` as in [`items`].
pub(crate) fn paths_of(route: &Route, rest: fn(&str) -> String) -> Vec<String> {
    let paths = paths(route);
    paths.iter().map(|path| template(path, rest).0).collect()
}

/// `/a/{b}/{*c}` as `/a/{b}/{c+}`, with the names; doubled braces stand for one.
fn template(path: &str, rest: fn(&str) -> String) -> (String, Vec<String>) {
    let mut parameters = Vec::new();
    let mut segments = Vec::new();
    for segment in path.split('/') {
        let name = segment
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        segments.push(match name {
            Some(name) if !name.starts_with('{') => {
                let name = match name.strip_prefix('*') {
                    Some(name) => rest(name),
                    None => name.to_owned(),
                };
                let braced = format!("{{{name}}}");
                parameters.push(name);
                braced
            }
            _ => segment.replace("{{", "{").replace("}}", "}"),
        });
    }
    (segments.join("/"), parameters)
}
