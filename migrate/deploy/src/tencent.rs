//! Tencent SCF: `serverless.yml` of the component `scf`.

mod names;

use serde_json::{Value, json};

use crate::application::Application;
use crate::cron::Cron;
use crate::environment::{self, FILL_IN, Stores};
use crate::error::Result;
use crate::export::{Export, File, Source};
use crate::timeouts::{self, Door};
use crate::unexpanded;
use crate::yaml::{self, Comment};

const STORES: Stores = Stores {
    documents: None,
    blobs: Some("cos://?endpoint=https://FILL-IN"),
    topics: None,
};
/// What a function may take that somebody waits for; API Gateway waits longer.
///
/// <https://cloud.tencent.com/document/product/583/11637>
const DOOR: Door = Door {
    usual: 60,
    most: Some(900),
};
const VARIABLES: &str = "/inputs/environment/variables";
/// Some variables are replaced by the command and the others by its service, which says no escape.
///
/// <https://github.com/serverless/components/blob/master/src/cli/utils.js>
const REPLACED: (&str, &[&str]) = ("serverless.yml", &["${"]);

/// <https://cloud.tencent.com/document/product/583/12513>
const GATEWAY: &str = "requests reach an event function through API Gateway, which Tencent offers to nobody new since 30 June \
                       2025: an account without it has to ask Tencent for it, or to deploy the routes as an application of \
                       their own, which is a web function with a URL";

const HOW: &str = "\
What the application declares, for Tencent SCF. Written by `isobar export tencent`.

  isobar package tencent BINARY
  cd deploy/tencent
  scf deploy";

/// A web function with a URL of its own; an event function behind API Gateway where anything but requests wakes it, because
/// nothing else brings a web function events.
///
/// <https://cloud.tencent.com/document/product/1154/43228>,
/// <https://github.com/serverless-components/tencent-scf/blob/master/docs/configure.md>
pub(crate) fn export(source: &Source<'_>) -> Result<Export> {
    let application = source.application;
    names::check(application)?;
    let variables = environment::variables(application, STORES);
    unexpanded::check(&variables, REPLACED)?;
    let is_woken = environment::waits_for_events(application);
    let (mut environment, mut comments) = environment::as_map(&variables, VARIABLES);
    for secret in &application.secrets {
        // Taken from the environment of whoever deploys.
        let reference = format!("${{env.{}}}", secret.name);
        environment.insert(secret.name.clone(), reference.into());
    }
    let mut whole = json!({
        "app": application.name,
        "component": "scf",
        "name": application.name,
        "inputs": {
            "name": application.name,
            "src": "./function.zip",
            "type": if is_woken { "event" } else { "web" },
            "runtime": "CustomRuntime",
            "region": FILL_IN,
            "role": FILL_IN,
            "memorySize": 512,
            "timeout": DOOR.seconds(application),
            "environment": { "variables": environment },
            "events": events(application)?,
        },
    });
    if is_woken {
        // The component demands one, which a custom runtime need not have.
        whole["inputs"]["handler"] = "index.main_handler".into();
    }
    comments.push(Comment::new("", HOW));
    comments.push(Comment::new(
        "/inputs/region",
        "Fill in, as in ap-guangzhou.",
    ));
    let role = "Fill in: a role that may use the stores below, and nothing else.";
    comments.push(Comment::new("/inputs/role", role));
    Ok(Export {
        files: vec![File::new(
            "serverless.yml",
            yaml::document(&whole, &comments),
        )],
        notes: notes(application),
    })
}

/// Whether requests come to an event function.
fn is_behind_gateway(application: &Application) -> bool {
    !application.routes.is_empty() && environment::waits_for_events(application)
}

fn notes(application: &Application) -> Vec<String> {
    let buckets = application.blob_triggers.iter().map(|bucket| {
        format!("fill in the number of the account behind the bucket {bucket:?}, and its region")
    });
    let topics = application.subscriptions.iter().map(|topic| {
        let native = environment::named(application, topic);
        format!(
            "messages of {topic:?} come from the topic of CMQ {native:?}, which has to be there"
        )
    });
    let longer = timeouts::notes(application, &DOOR, "SCF");
    let gateway = is_behind_gateway(application).then(|| GATEWAY.to_owned());
    let long = names::notes(application);
    let all = buckets.chain(topics).chain(long).chain(longer);
    all.chain(gateway).collect()
}

fn events(application: &Application) -> Result<Vec<Value>> {
    let mut events = Vec::new();
    if !application.routes.is_empty() {
        events.push(if is_behind_gateway(application) {
            gateway(application)
        } else {
            json!({ "http": { "parameters": {
                "netConfig": { "enableIntranet": false, "enableExtranet": true },
                "qualifier": "$DEFAULT",
                "authType": "NONE",
            } } })
        });
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
    for bucket in &application.blob_triggers {
        for what in names::BLOB_EVENTS {
            events.push(of_bucket(application, bucket, what));
        }
    }
    for topic in &application.subscriptions {
        events.push(json!({ "cmq": { "parameters": {
            "name": environment::named(application, topic),
            "enable": true,
        } } }));
    }
    Ok(events)
}

/// Every method and path, answered by an integration response whose content may be in Base64. The content of requests is in
/// Base64 always: with `isBase64Trigger` it would be for those alone that a rule names.
///
/// <https://cloud.tencent.com/document/product/628/51799>,
/// <https://github.com/serverless-components/tencent-scf/blob/master/serverless.component.yml>
fn gateway(application: &Application) -> Value {
    json!({ "apigw": { "parameters": {
        // It has no dashes.
        "serviceName": application.name.replace('-', "_"),
        "protocols": ["https"],
        "environment": "release",
        "endpoints": [{
            "path": "/",
            "method": "ANY",
            "serviceTimeout": DOOR.seconds(application),
            "isBase64Encoded": true,
            "isBase64Trigger": false,
            "function": { "isIntegratedResponse": true, "functionQualifier": "$DEFAULT" },
        }],
    } } })
}

fn of_bucket(application: &Application, bucket: &str, what: &str) -> Value {
    let native = environment::named(application, bucket);
    json!({ "cos": {
        "name": names::of_bucket(bucket, what),
        "parameters": {
            "bucket": format!("{native}-{FILL_IN}.cos.{FILL_IN}.myqcloud.com"),
            "filter": { "prefix": "", "suffix": "" },
            "events": format!("cos:{what}:*"),
            "enable": true,
        },
    } })
}
