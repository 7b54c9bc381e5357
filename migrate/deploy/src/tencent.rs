//! Tencent SCF: `serverless.yml` of the component `scf`.

use serde_json::{Value, json};

use crate::application::Application;
use crate::cron::Cron;
use crate::environment::{self, FILL_IN, Kind, Stores};
use crate::error::Result;
use crate::export::{Export, File, Source};
use crate::yaml::{self, Comment};

const STORES: Stores = Stores {
    documents: None,
    blobs: Some("cos://?endpoint=https://FILL-IN"),
    topics: None,
};
const VARIABLES: &str = "/inputs/environment/variables";

const HOW: &str = "\
What the application declares, for Tencent SCF. Written by `isobar export tencent`.

  isobar package tencent BINARY
  scf deploy";

/// A web function with a URL of its own.
///
/// <https://cloud.tencent.com/document/product/1154/43228>
pub(crate) fn export(source: &Source<'_>) -> Result<Export> {
    let application = source.application;
    let variables = environment::variables_with_events(source, STORES);
    let (mut environment, mut comments) = environment::as_map(&variables, VARIABLES);
    for secret in &application.secrets {
        // Taken from the environment of whoever deploys.
        let reference = format!("${{env.{}}}", secret.name);
        environment.insert(secret.name.clone(), reference.into());
    }
    let whole = json!({
        "app": application.name,
        "component": "scf",
        "name": application.name,
        "inputs": {
            "name": application.name,
            "src": "./function.zip",
            "type": "web",
            "runtime": "CustomRuntime",
            "region": FILL_IN,
            "role": FILL_IN,
            "memorySize": 512,
            "timeout": 60,
            "environment": { "variables": environment },
            "events": events(application)?,
        },
    });
    comments.push(Comment::new("", HOW));
    comments.push(Comment::new(
        "/inputs/region",
        "Fill in, as in ap-guangzhou.",
    ));
    let role = "Fill in: a role that may use the stores below, and nothing else.";
    comments.push(Comment::new("/inputs/role", role));
    let mut notes = environment::unexported(application, &[Kind::Topics, Kind::Buckets]);
    notes.extend(environment::timers(application));
    Ok(Export {
        files: vec![File::new(
            "serverless.yml",
            yaml::document(&whole, &comments),
        )],
        notes,
    })
}

fn events(application: &Application) -> Result<Vec<Value>> {
    let mut events = Vec::new();
    if !application.routes.is_empty() {
        events.push(json!({ "http": { "parameters": {
            "netConfig": { "enableIntranet": false, "enableExtranet": true },
            "qualifier": "$DEFAULT",
            "authType": "NONE",
        } } }));
    }
    for schedule in &application.schedules {
        events.push(json!({ "timer": {
            "name": schedule.name,
            "parameters": {
                "cronExpression": Cron::parse(schedule)?.tencent()?,
                "enable": true,
                "argument": schedule.name,
            },
        } }));
    }
    Ok(events)
}
