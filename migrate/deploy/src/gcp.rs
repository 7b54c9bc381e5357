//! Google Cloud: a service of Cloud Run, its schedules and indexes, and the routes for API Gateway.

use serde_json::{Map, Value, json};

use crate::application::Application;
use crate::authorizers::{self, security, value};
use crate::cron::Cron;
use crate::environment::{self, FILL_IN, Kind, Stores};
use crate::error::Result;
use crate::export::{Export, File, Source};
use crate::knative;
use crate::openapi::{self, OperationIds};
use crate::yaml::{self, Comment};

/// Which indexes an application is asked to define.
pub(crate) const DOCUMENTS: &str = "firestore://PROJECT";

const STORES: Stores = Stores {
    documents: Some("firestore://FILL-IN"),
    blobs: Some("gs://FILL-IN"),
    topics: Some("pubsub://FILL-IN"),
};

/// What the application needs of each topic to which it sends, and no more.
const TOPIC_BY_HAND: &str = "the application sends to the topic NAME: make it (gcloud pubsub topics create NAME), and give \
                             the service's account the role roles/pubsub.publisher on it alone; the build needs the \
                             feature \"pubsub\" of isobar-connect";

const HOW: &str = "\
What the application declares, for Google Cloud Run. Written by `isobar export gcp`.

  isobar package gcp BINARY
  gcloud builds submit --tag IMAGE deploy/gcp
  gcloud run services replace service.yaml";

const HOW_ROUTES: &str = "\
The routes of the application for API Gateway, which refuses what has none:

  gcloud api-gateway api-configs create CONFIG --api=API --openapi-spec=openapi.yaml";

const HOW_SCHEDULES: &str = "\
The jobs of Cloud Scheduler that wake the application, one for each schedule, as its API takes them
(projects.locations.jobs.create).";

pub(crate) fn export(source: &Source<'_>) -> Result<Export> {
    let application = source.application;
    let mut files = vec![File::new("service.yaml", service(source))];
    if !application.routes.is_empty() {
        files.push(File::new("openapi.yaml", routes(application)));
    }
    if let Some(indexes) = source.tables {
        files.push(File::new("firestore.indexes.json", indexes));
    }
    if !application.schedules.is_empty() {
        files.push(File::new("schedules.yaml", schedules(source)?));
    }
    let mut notes = environment::unexported(application, &[Kind::Topics, Kind::Buckets]);
    notes.extend(environment::topics_by_hand(application, TOPIC_BY_HAND));
    Ok(Export { files, notes })
}

/// <https://cloud.google.com/run/docs/reference/yaml/v1>
fn service(source: &Source<'_>) -> String {
    let mut variables = environment::variables_with_events(source, STORES);
    variables.extend(authorizers::variable(source.application));
    let mut service = knative::service(source.application, &variables);
    let container = &mut service["spec"]["template"]["spec"]["containers"][0];
    for variable in container["env"].as_array_mut().into_iter().flatten() {
        if let Some(reference) = variable.pointer_mut("/valueFrom/secretKeyRef") {
            // Of a secret of Secret Manager, the key is the version.
            reference["key"] = "latest".into();
        }
    }
    service["spec"]["template"]["spec"]["timeoutSeconds"] = 300.into();
    service["spec"]["template"]["spec"]["serviceAccountName"] = FILL_IN.into();
    let mut comments = vec![
        Comment::new("", HOW),
        Comment::new(
            "/spec/template/spec/serviceAccountName",
            "Fill in: an account of its own that may use the stores above and read the secrets, and nothing else.",
        ),
    ];
    comments.extend(knative::service_comments(&variables));
    yaml::document(&service, &comments)
}

fn schedules(source: &Source<'_>) -> Result<String> {
    let (application, path) = (source.application, environment::events_path(source));
    let jobs = application.schedules.iter().map(|schedule| {
        Ok(json!({
            "name": format!("{}-{}", application.name, schedule.name),
            "schedule": Cron::parse(schedule)?.unix(),
            "timeZone": "Etc/UTC",
            "httpTarget": {
                "uri": format!("https://{FILL_IN}{path}"),
                "httpMethod": "POST",
                "oidcToken": { "serviceAccountEmail": FILL_IN },
            },
        }))
    });
    let jobs: Vec<Value> = jobs.collect::<Result<_>>()?;
    let mut comments = vec![Comment::new("", HOW_SCHEDULES)];
    for number in 0..jobs.len() {
        let target = format!("/jobs/{number}/httpTarget");
        comments.push(Comment::new(
            format!("{target}/uri"),
            "Fill in: the address of the service.",
        ));
        let account = "Fill in: an account that may call the service.";
        comments.push(Comment::new(format!("{target}/oidcToken"), account));
    }
    Ok(yaml::document(&json!({ "jobs": jobs }), &comments))
}

/// OpenAPI 2.0, which is what API Gateway takes.
///
/// <https://cloud.google.com/endpoints/docs/openapi/openapi-extensions>
fn routes(application: &Application) -> String {
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
        },
        "paths": paths,
    });
    let mut comments = vec![
        Comment::new("", HOW_ROUTES),
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
            json!({ "type": "oauth2", "authorizationUrl": "", "flow": "implicit" });
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
