//! The routes of an application as API Gateway of Google Cloud takes them.

use serde_json::{Map, Value, json};

use crate::application::Application;
use crate::authorizers::{security, value};
use crate::environment::FILL_IN;
use crate::openapi::{self, OperationIds};
use crate::yaml::{self, Comment};

const HOW: &str = "\
The routes of the application for API Gateway, which refuses what has none:

  gcloud api-gateway api-configs create CONFIG --api=API --openapi-spec=openapi.yaml";

/// OpenAPI 2.0, which is what API Gateway takes.
///
/// <https://cloud.google.com/endpoints/docs/openapi/openapi-extensions>
pub(super) fn routes(application: &Application, deadline: u64) -> String {
    let mut ids = OperationIds::default();
    let mut paths = Map::new();
    for (path, item) in openapi::items(application, |name| format!("{name}=**")) {
        let parameters: Vec<Value> = item.parameters.iter().map(|name| parameter(name)).collect();
        let mut methods = Map::new();
        for (method, name) in openapi::methods_of(&item) {
            let id = ids.of(&method, &path, name.as_deref());
            let mut operation = openapi::operation(&id, &parameters);
            if let Some(security) = security(item.requires(&method), |_| &[]) {
                operation["security"] = security;
            }
            methods.insert(method, operation);
        }
        paths.insert(path, methods.into());
    }
    let mut whole = json!({
        "swagger": "2.0",
        "info": openapi::info(application),
        "schemes": ["https"],
        "x-google-backend": {
            "address": format!("https://{FILL_IN}"),
            "path_translation": "APPEND_PATH_TO_ADDRESS",
            // Without it the gateway gives up after 15 s.
            "deadline": deadline,
        },
        "paths": paths,
    });
    let mut comments = vec![
        Comment::new("", HOW),
        Comment::new(
            "/x-google-backend/address",
            "Fill in: the address of the service.",
        ),
    ];
    let definitions = definitions(application, &mut comments);
    if !definitions.is_empty() {
        whole["securityDefinitions"] = definitions.into();
        let note = "API Gateway checks tokens by these, and no scopes: the service does, whoever checks tokens. Behind the \
                    gateway the service needs ISOBAR_AUTHORIZER=api-gateway, and must let in nobody but the gateway's \
                    account.";
        comments.push(Comment::new("/securityDefinitions", note));
    }
    yaml::document(&whole, &comments)
}

/// <https://cloud.google.com/api-gateway/docs/authenticating-users-jwt>
fn definitions(application: &Application, comments: &mut Vec<Comment>) -> Map<String, Value> {
    let mut definitions = Map::new();
    for authorizer in &application.authorizers {
        let at = |member: &str| format!("/securityDefinitions/{}/{member}", authorizer.name);
        let mut definition =
            json!({ "type": "oauth2", "authorizationUrl": "", "flow": "implicit", "scopes": {} });
        let told = [
            ("x-google-issuer", Some(&authorizer.issuer)),
            ("x-google-audiences", authorizer.audience.as_ref()),
            ("x-google-jwks_uri", authorizer.keys.as_ref()),
        ];
        for (member, given) in told {
            if let Some(given) = given {
                definition[member] = value(given, at(member), comments);
            }
        }
        definitions.insert(authorizer.name.clone(), definition);
    }
    definitions
}

fn parameter(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "type": "string" })
}
