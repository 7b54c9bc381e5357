//! The route table as an OpenAPI 3 document that API Gateway imports.

use serde_json::{Map, Value, json};

use crate::application::{Application, Requirement};
use crate::authorizers::{security, value};
use crate::openapi::{self, OperationIds};
use crate::yaml::{self, Comment};

const INTEGRATION: &str = "#/components/x-amazon-apigateway-integrations/function";
/// How API Gateway calls whatever method has no operation of its own.
const ANY: &str = "x-amazon-apigateway-any-method";

const HOW: &str = "\
The routes of the application for an HTTP API that refuses what has none:

  aws apigatewayv2 import-api --body file://openapi.yaml

The template has one route for everything instead, so that the application answers 404 and 405 itself. This document has no
place for the rates of routes, which are settings of a stage: those of the template, or `aws apigatewayv2 update-stage
--route-settings`.";

const CHECKS: &str = "\
API Gateway checks callers by these; with the parameter Authorizer of the template as api-gateway the function takes its \
word, and checks them again otherwise. It takes tokens of RSA keys only (RS256, RS384, RS512): those of other keys it \
answers with 401.";

const DISCOVERED: &str = "\
API Gateway finds the keys by discovery below this URL: the URL of the keys that the application declares is not told.";

pub(super) fn document(application: &Application) -> String {
    let mut ids = OperationIds::default();
    let mut paths = Map::new();
    for (path, item) in openapi::items(application, |name| format!("{name}+")) {
        let parameters: Vec<Value> = item.parameters.iter().map(|name| parameter(name)).collect();
        let mut methods = Map::new();
        for (method, name) in &item.methods {
            let id = ids.of(method, &path, name.as_deref());
            methods.insert(
                method.clone(),
                operation(&id, &parameters, item.requires(method)),
            );
        }
        if item.methods.is_empty() {
            let id = ids.of("any", &path, None);
            methods.insert(
                ANY.to_owned(),
                operation(&id, &parameters, item.requires("")),
            );
        }
        paths.insert(path, methods.into());
    }
    let mut whole = json!({
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
    let mut comments = vec![
        Comment::new("", HOW),
        Comment::new(
            "/components/x-amazon-apigateway-integrations/function/uri",
            "Fill in: the ARN of the function.",
        ),
    ];
    let schemes = schemes(application, &mut comments);
    if !schemes.is_empty() {
        whole["components"]["securitySchemes"] = schemes.into();
        comments.push(Comment::new("/components/securitySchemes", CHECKS));
    }
    yaml::document(&whole, &comments)
}

/// JWT authorizers, by the names of the application's.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html>
fn schemes(application: &Application, comments: &mut Vec<Comment>) -> Map<String, Value> {
    let mut schemes = Map::new();
    for authorizer in &application.authorizers {
        let at = format!(
            "/components/securitySchemes/{}/x-amazon-apigateway-authorizer/jwtConfiguration",
            authorizer.name
        );
        let issuer = value(&authorizer.issuer, format!("{at}/issuer"), comments);
        if authorizer.keys.is_some() {
            comments.push(Comment::new(&at, DISCOVERED));
        }
        let audience = authorizer.audience.iter();
        let audience: Vec<Value> = audience
            .map(|audience| value(audience, format!("{at}/audience"), comments))
            .collect();
        let scheme = json!({
            "type": "oauth2",
            "flows": {},
            "x-amazon-apigateway-authorizer": {
                "type": "jwt",
                "identitySource": "$request.header.Authorization",
                "jwtConfiguration": { "issuer": issuer, "audience": audience },
            },
        });
        schemes.insert(authorizer.name.clone(), scheme);
    }
    schemes
}

fn operation(id: &str, parameters: &[Value], requires: &[Requirement]) -> Value {
    let mut operation = openapi::operation(id, parameters);
    if let Some(security) = security(requires, |asked| &asked.scopes) {
        operation["security"] = security;
    }
    operation["x-amazon-apigateway-integration"] = json!({ "$ref": INTEGRATION });
    operation
}

fn parameter(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
}
