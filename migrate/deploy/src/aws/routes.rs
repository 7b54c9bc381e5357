//! The route table as an OpenAPI 3 document that API Gateway imports.

use serde_json::{Map, Value, json};

use crate::application::Application;
use crate::openapi::{self, OperationIds};
use crate::yaml::{self, Comment};

const INTEGRATION: &str = "#/components/x-amazon-apigateway-integrations/function";
/// How API Gateway calls whatever method has no operation of its own.
const ANY: &str = "x-amazon-apigateway-any-method";

const HOW: &str = "\
The routes of the application for an HTTP API that refuses what has none:

  aws apigatewayv2 import-api --body file://openapi.yaml

The template has one route for everything instead, so that the application answers 404 and 405 itself.";

pub(super) fn document(application: &Application) -> String {
    let mut ids = OperationIds::default();
    let mut paths = Map::new();
    for (path, item) in openapi::items(application, |name| format!("{name}+")) {
        let parameters: Vec<Value> = item.parameters.iter().map(|name| parameter(name)).collect();
        let mut methods = Map::new();
        for (method, name) in &item.methods {
            let id = ids.of(method, &path, name.as_deref());
            methods.insert(method.clone(), operation(&id, &parameters));
        }
        if item.methods.is_empty() {
            let id = ids.of("any", &path, None);
            methods.insert(ANY.to_owned(), operation(&id, &parameters));
        }
        paths.insert(path, methods.into());
    }
    let whole = json!({
        "openapi": "3.0.1",
        "info": openapi::info(application),
        "paths": paths,
        "components": { "x-amazon-apigateway-integrations": { "function": {
            "type": "AWS_PROXY",
            "httpMethod": "POST",
            "uri": "FUNCTION_ARN",
            "payloadFormatVersion": "2.0",
        } } },
    });
    let comments = [
        Comment::new("", HOW),
        Comment::new(
            "/components/x-amazon-apigateway-integrations/function/uri",
            "Fill in: the ARN of the function.",
        ),
    ];
    yaml::document(&whole, &comments)
}

fn operation(id: &str, parameters: &[Value]) -> Value {
    let mut operation = openapi::operation(id, parameters);
    operation["x-amazon-apigateway-integration"] = json!({ "$ref": INTEGRATION });
    operation
}

fn parameter(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
}
