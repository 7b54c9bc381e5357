//! The issuers of an application, for gateways that check callers before it.

use serde_json::{Value, json};

use crate::application::{Application, Given, Requirement};
use crate::environment::{FILL_IN, Variable};
use crate::yaml::Comment;

/// Who checks callers; a gateway may only where nobody reaches the application but through it.
pub(crate) const VARIABLE: &str = "ISOBAR_AUTHORIZER";
/// The application itself.
pub(crate) const APPLICATION: &str = "application";
/// A gateway of these exports.
pub(crate) const GATEWAY: &str = "api-gateway";
/// A Lambda authorizer of AWS, which no export makes.
pub(crate) const LAMBDA: &str = "lambda-authorizer";
/// AWS's own permissions to invoke, which no export asks for.
pub(crate) const IAM: &str = "iam";

/// A value that a document holds, and the comment at its place where somebody has to fill it in.
pub(crate) fn value(given: &Given, at: String, comments: &mut Vec<Comment>) -> Value {
    match given {
        Given::Value(value) => value.as_str().into(),
        Given::Setting(name) => {
            comments.push(Comment::new(at, format!("Fill in: the value of {name}.")));
            FILL_IN.into()
        }
    }
}

/// What a gateway asks of the callers of an operation: the first of its requirements, since a caller has one token, with
/// those of its scopes that the gateway checks. The application asks for all of them.
pub(crate) fn security(
    requires: &[Requirement],
    scopes: fn(&Requirement) -> &[String],
) -> Option<Value> {
    let first = requires.first()?;
    Some(json!([{ first.authorizer.as_str(): scopes(first) }]))
}

/// The variable that says who checks callers, where some route asks for any.
pub(crate) fn variable(application: &Application) -> Option<Variable> {
    let comment = "Who checks callers: \"application\" where clients call the service itself; \"api-gateway\" behind the \
                   gateway of openapi.yaml, which puts a token of its own into Authorization, so that the application \
                   would answer 401. Then let in nobody but the gateway's account.";
    (!application.authorizers.is_empty()).then(|| Variable {
        name: VARIABLE.to_owned(),
        value: APPLICATION.to_owned(),
        comment: Some(comment.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use crate::export::{Architecture, Source, export};
    use crate::{Application, Target};

    const DESCRIBED: &str = r#"{
        "name": "notes", "collections": [], "buckets": [], "secrets": [], "schedules": [],
        "settings": [{"name": "LOGIN_ISSUER"}],
        "authorizers": [
            {"name": "login", "issuer": {"setting": "LOGIN_ISSUER"}, "audience": {"value": "notes"},
             "keys": {"value": "https://keys.example"}},
            {"name": "partners", "issuer": {"value": "https://partner.example"}, "audience": {"value": "p"}}
        ],
        "routes": [
            {"methods": ["GET"], "path": "/notes", "opaque": false,
             "requires": [{"authorizer": "login", "scopes": ["notes:read"]}]},
            {"methods": ["POST"], "path": "/notes", "opaque": false, "requires": [{"authorizer": "partners"}]},
            {"methods": ["TRACE"], "path": "/traced", "opaque": false, "requires": [{"authorizer": "login"}]},
            {"methods": ["GET"], "path": "/open", "opaque": false}
        ]
    }"#;

    fn file(target: Target, name: &str) -> String {
        let application = Application::parse(DESCRIBED.as_bytes()).unwrap();
        let source = Source {
            application: &application,
            tables: None,
            architecture: Architecture::X86_64,
            events_path: None,
        };
        let export = export(target, &source).unwrap();
        let found = export.files.into_iter().find(|file| file.path == name);
        found.unwrap().text
    }

    fn check(text: &str, expected: &[&str]) {
        for expected in expected {
            assert!(text.contains(expected), "{expected} is not in {text}");
        }
    }

    #[test]
    fn api_gateway_of_aws_gets_its_authorizers_and_the_function_believes_nobody_yet() {
        let routes = file(Target::Aws, "openapi.yaml");
        check(
            &routes,
            &[
                "flows: {}",
                "type: jwt",
                "issuer: FILL-IN",
                "the value of LOGIN_ISSUER",
                "issuer: https://partner.example",
                "- notes:read",
                "tokens of RSA keys only",
                "finds the keys by discovery",
            ],
        );
        assert_eq!(routes.matches("security:").count(), 3, "{routes}");
        assert!(!routes.contains("traced"), "{routes}");
        let template = file(Target::Aws, "template.yaml");
        check(
            &template,
            &["ISOBAR_AUTHORIZER", "Default: application", "api-gateway"],
        );
    }

    #[test]
    fn api_gateway_of_google_gets_its_definitions_and_the_service_believes_nobody_yet() {
        let routes = file(Target::Gcp, "openapi.yaml");
        check(
            &routes,
            &[
                "x-google-issuer: FILL-IN",
                "x-google-issuer: https://partner.example",
                "x-google-audiences: notes",
                "x-google-jwks_uri: https://keys.example",
                "ISOBAR_AUTHORIZER=api-gateway",
            ],
        );
        assert_eq!(routes.matches("security:").count(), 3, "{routes}");
        assert!(!routes.contains("traced"), "{routes}");
        let service = file(Target::Gcp, "service.yaml");
        check(
            &service,
            &[
                "ISOBAR_AUTHORIZER",
                "value: application",
                "\"api-gateway\" behind",
            ],
        );
    }
}
