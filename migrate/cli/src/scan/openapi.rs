//! The contract of an application as an OpenAPI 3.1 document, as far as its code shows it.

use std::collections::HashMap;

use http::StatusCode;
use isobar_express_path::{Grammar, Pattern, Shape};
use isobar_migrate_model::{Application, Route};
use serde_json::{Map, Value, json};

mod schema;

use schema::content;

/// The methods that a path item has.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Headers that OpenAPI describes elsewhere and ignores as parameters.
const NOT_PARAMETERS: [&str; 3] = ["accept", "content-type", "authorization"];

/// The document. What it cannot express, such as a regular expression, is listed under
/// `x-isobar-other-routes`.
pub(super) fn document(application: &Application) -> Value {
    let mut document = Document {
        grammar: match application.express {
            Some(5) => Grammar::V5,
            _ => Grammar::V4,
        },
        paths: Map::new(),
        known: HashMap::new(),
        other: Vec::new(),
    };
    for route in &application.routes {
        document.add(route);
    }
    let mut whole = json!({
        "openapi": "3.1.0",
        "info": { "title": application.name, "version": "0" },
        "paths": document.paths,
    });
    if !document.other.is_empty() {
        whole["x-isobar-other-routes"] = Value::Array(document.other);
    }
    whole
}

struct Document {
    grammar: Grammar,
    paths: Map<String, Value>,
    /// The template that is in use, by the template without its names: OpenAPI takes `/a/{b}` and
    /// `/a/{c}` for the same path.
    known: HashMap<String, String>,
    other: Vec<Value>,
}

impl Document {
    fn add(&mut self, route: &Route) {
        let methods: Vec<String> = match route.method.as_str() {
            "ALL" => METHODS.map(str::to_owned).to_vec(),
            one => vec![one.to_lowercase()],
        };
        let templates = templates(self.grammar, &route.path);
        if templates.is_empty() || !METHODS.contains(&methods[0].as_str()) {
            let place = route.place().to_string();
            self.other
                .push(json!({ "method": route.method, "path": route.path, "at": place }));
            return;
        }
        for template in templates {
            let nameless = without_names(&template);
            let template = self.known.entry(nameless).or_insert(template).clone();
            let operation = operation(route, &names(&template));
            let item = self
                .paths
                .entry(template)
                .or_insert_with(|| json!({}))
                .as_object_mut()
                .expect("every path item is an object");
            for method in &methods {
                // An earlier route answers first.
                item.entry(method.as_str())
                    .or_insert_with(|| operation.clone());
            }
        }
    }
}

/// The path as templates, one for each way through its optional parts; none where it has no such
/// form.
fn templates(grammar: Grammar, path: &str) -> Vec<String> {
    // A regular expression is reported as its literal, and `…` stands for what is not known.
    if !path.starts_with('/') || path.contains(['^', '$', '\\', '|', '[', '…']) {
        return Vec::new();
    }
    let shapes = Shape::parse(grammar, &Pattern::from(path)).unwrap_or_default();
    let templates: Option<Vec<Vec<String>>> = shapes.iter().map(Shape::templates).collect();
    let templates = templates.unwrap_or_default().into_iter().flatten();
    templates
        .map(|template| distinct(&template.replace("+}", "}")))
        .collect()
}

/// The template with a number behind each name that is there twice.
fn distinct(template: &str) -> String {
    let mut parts = template.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut seen: Vec<&str> = Vec::new();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        let repeated = seen.iter().filter(|earlier| **earlier == name).count();
        seen.push(name);
        let number = match repeated {
            0 => String::new(),
            repeated => format!("_{}", repeated + 1),
        };
        text.extend(["{", name, &number, "}", rest]);
    }
    if text.is_empty() {
        "/".to_owned()
    } else {
        text
    }
}

fn names(template: &str) -> Vec<&str> {
    let parts = template.split('{').skip(1);
    parts
        .filter_map(|part| part.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

fn without_names(template: &str) -> String {
    names(template)
        .iter()
        .fold(template.to_owned(), |text, name| {
            text.replace(&format!("{{{name}}}"), "{}")
        })
}

fn operation(route: &Route, path_names: &[&str]) -> Value {
    let contract = &route.contract;
    let headers = contract
        .headers
        .iter()
        .filter(|name| !NOT_PARAMETERS.contains(&name.as_str()));
    let in_path = path_names.iter().map(|name| {
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
    });
    let in_query = contract.query.iter().map(|name| parameter(name, "query"));
    let in_headers = headers.map(|name| parameter(name, "header"));
    let parameters: Vec<Value> = in_path.chain(in_query).chain(in_headers).collect();
    let mut operation = json!({
        "x-isobar-at": route.place().to_string(),
        "x-isobar-verdict": route.verdict.to_string(),
    });
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if !contract.body.is_empty() {
        let fields: Map<String, Value> = contract
            .body
            .iter()
            .map(|name| (name.clone(), json!({})))
            .collect();
        operation["requestBody"] = json!({
            "content": { "application/json": { "schema": { "type": "object", "properties": fields } } }
        });
    }
    operation["responses"] = responses(route);
    operation
}

fn parameter(name: &str, place: &str) -> Value {
    json!({ "name": name, "in": place, "schema": {} })
}

fn responses(route: &Route) -> Value {
    let mut statuses: Vec<StatusCode> = Vec::new();
    for response in &route.contract.responses {
        match StatusCode::from_u16(response.status) {
            Ok(status) if status.as_u16() < 600 && !statuses.contains(&status) => {
                statuses.push(status);
            }
            _ => {}
        }
    }
    if statuses.is_empty() {
        return json!({ "default": { "description": "the code does not show the answer" } });
    }
    let described = statuses.into_iter().map(|status| {
        let same = route.contract.responses.iter();
        let bodies: Vec<_> = same
            .filter(|response| response.status == status.as_u16())
            .map(|response| &response.body)
            .collect();
        let mut response =
            json!({ "description": status.canonical_reason().unwrap_or("an answer") });
        let content = content(&bodies);
        if !content.is_empty() {
            response["content"] = Value::Object(content);
        }
        (status.as_str().to_owned(), response)
    });
    Value::Object(described.collect())
}

#[cfg(test)]
mod tests;
