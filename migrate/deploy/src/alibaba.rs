//! Alibaba Function Compute: `s.yaml` of Serverless Devs.

use serde_json::{Value, json};

use crate::application::Application;
use crate::cron::Cron;
use crate::environment::{self, FILL_IN, Kind, Stores};
use crate::error::Result;
use crate::export::{Export, File, Source};
use crate::route_limits;
use crate::yaml::{self, Comment};

const STORES: Stores = Stores {
    documents: None,
    blobs: Some("oss://?endpoint=https://FILL-IN"),
    topics: None,
};

/// How many requests an instance is given at once, unless its routes bear fewer together.
const AT_ONCE: u64 = 20;

const HOW: &str = "\
What the application declares, for Alibaba Function Compute. Written by `isobar export alibaba`.

  isobar package alibaba BINARY
  s deploy";

/// <https://github.com/devsapp/fc3/blob/master/docs/en/yaml.md>
pub(crate) fn export(source: &Source<'_>) -> Result<Export> {
    let application = source.application;
    let name = &application.name;
    let at = format!("/resources/{name}/props");
    let variables = environment::variables_with_events(source, STORES);
    let (mut environment, mut comments) =
        environment::as_map(&variables, &format!("{at}/environmentVariables"));
    for secret in &application.secrets {
        // Taken from the environment of whoever deploys.
        let reference = format!("${{env('{}')}}", secret.name);
        environment.insert(secret.name.clone(), reference.into());
    }
    let props = json!({
        "region": "${vars.region}",
        "functionName": name,
        "runtime": "custom.debian10",
        "code": "./function.zip",
        "handler": "bootstrap",
        "cpu": 0.5,
        "memorySize": 512,
        "diskSize": 512,
        "timeout": 60,
        "instanceConcurrency": route_limits::at_once(application).unwrap_or(AT_ONCE).min(AT_ONCE),
        "role": FILL_IN,
        "customRuntimeConfig": { "command": ["/code/bootstrap"], "port": 9000 },
        "environmentVariables": environment,
        "triggers": triggers(application)?,
    });
    let whole = json!({
        "edition": "3.0.0",
        "name": name,
        "access": "default",
        "vars": { "region": FILL_IN },
        "resources": { name: { "component": "fc3", "props": props } },
    });
    comments.push(Comment::new("", HOW));
    comments.push(Comment::new("/vars/region", "Fill in, as in cn-hangzhou."));
    let role = "Fill in: the ARN of a role that may use the stores below, and nothing else.";
    comments.push(Comment::new(format!("{at}/role"), role));
    let mut notes = environment::unexported(application, &[Kind::Topics, Kind::Buckets]);
    notes.extend(environment::timers(application));
    Ok(Export {
        files: vec![File::new("s.yaml", yaml::document(&whole, &comments))],
        notes,
    })
}

fn triggers(application: &Application) -> Result<Vec<Value>> {
    let mut triggers = Vec::new();
    if !application.routes.is_empty() {
        triggers.push(json!({
            "triggerName": "requests",
            "triggerType": "http",
            "qualifier": "LATEST",
            "triggerConfig": {
                "authType": "anonymous",
                "disableURLInternet": false,
                "methods": ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"],
            },
        }));
    }
    for schedule in &application.schedules {
        triggers.push(json!({
            "triggerName": schedule.name,
            "triggerType": "timer",
            "qualifier": "LATEST",
            "triggerConfig": {
                "cronExpression": Cron::parse(schedule)?.alibaba()?,
                "enable": true,
                "payload": schedule.name,
            },
        }));
    }
    Ok(triggers)
}
