//! Alibaba Function Compute: `s.yaml` of Serverless Devs.

mod names;

use serde_json::{Value, json};

use crate::application::Application;
use crate::cron::Cron;
use crate::environment::{self, FILL_IN, Stores};
use crate::error::Result;
use crate::export::{Export, File, Source};
use crate::route_limits;
use crate::timeouts::{self, Door};
use crate::unexpanded;
use crate::yaml::{self, Comment};

const STORES: Stores = Stores {
    documents: None,
    blobs: Some("oss://?endpoint=https://FILL-IN"),
    topics: None,
};

/// What a function may take.
///
/// <https://www.alibabacloud.com/help/en/functioncompute/fc/product-overview/quotas-and-limitations>
const DOOR: Door = Door {
    usual: 60,
    most: Some(86_400),
};
/// How many requests an instance is given at once, unless its routes bear fewer together.
const AT_ONCE: u64 = 20;

/// What the trigger of requests is called.
const REQUESTS: &str = "requests";

const HOW: &str = "\
What the application declares, for Alibaba Function Compute. Written by `isobar export alibaba`.

  isobar package alibaba BINARY
  cd deploy/alibaba
  s deploy";

/// Serverless Devs reads values as templates of art-template with `${…}` beside what that has itself, and documents no escape.
///
/// <https://github.com/Serverless-Devs/Serverless-Devs/blob/master/docs/en/yaml.md#variable-assignment>
const REPLACED: (&str, &[&str]) = ("s.yaml", &["${", "{{", "<%"]);

/// <https://github.com/devsapp/fc3/blob/master/docs/en/yaml.md>
pub(crate) fn export(source: &Source<'_>) -> Result<Export> {
    let application = source.application;
    names::check(application)?;
    let name = &application.name;
    let at = format!("/resources/{name}/props");
    // Triggers call the function itself; only events over HTTP need a path.
    let variables = match source.events_path {
        Some(_) => environment::variables_with_events(source, STORES),
        None => environment::variables(application, STORES),
    };
    unexpanded::check(&variables, REPLACED)?;
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
        "timeout": DOOR.seconds(application),
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
        "vars": vars(application),
        "resources": { name: { "component": "fc3", "props": props } },
    });
    comments.push(Comment::new("", HOW));
    comments.push(Comment::new("/vars/region", "Fill in, as in cn-hangzhou."));
    let role = "Fill in: the ARN of a role that may use the stores below, and nothing else.";
    comments.push(Comment::new(format!("{at}/role"), role));
    if !application.blob_triggers.is_empty() {
        comments.push(Comment::new(
            "/vars/account",
            "Fill in: the number of the account.",
        ));
        let role = "Fill in: the ARN of a role with which OSS may invoke the function.";
        comments.push(Comment::new("/vars/ossRole", role));
    }
    Ok(Export {
        files: vec![File::new("s.yaml", yaml::document(&whole, &comments))],
        notes: notes(application),
    })
}

fn vars(application: &Application) -> Value {
    let mut vars = json!({ "region": FILL_IN });
    if !application.blob_triggers.is_empty() {
        vars["account"] = FILL_IN.into();
        vars["ossRole"] = FILL_IN.into();
    }
    vars
}

fn notes(application: &Application) -> Vec<String> {
    let queues = application.subscriptions.iter().map(|topic| {
        format!(
            "messages of {topic:?} come from the queue of SMQ {:?}, which has to be there: \
             IsBase64Decode takes off the Base64 that SMQ's SDKs put on, and must be false for senders that write text",
            environment::named(application, topic)
        )
    });
    let longer = timeouts::notes(application, &DOOR, "Function Compute");
    queues.chain(longer).collect()
}

/// What the trigger of a bucket is called.
fn of_blobs(bucket: &str) -> String {
    format!("blobs-{bucket}")
}

/// What the trigger of a topic is called.
fn of_messages(topic: &str) -> String {
    format!("messages-{topic}")
}

fn triggers(application: &Application) -> Result<Vec<Value>> {
    let mut triggers = Vec::new();
    if !application.routes.is_empty() {
        triggers.push(json!({
            "triggerName": REQUESTS,
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
    for bucket in &application.blob_triggers {
        triggers.push(of_bucket(application, bucket));
    }
    for topic in &application.subscriptions {
        triggers.push(of_queue(application, topic));
    }
    Ok(triggers)
}

/// What stores a blob whole or removes one; the others say nothing of blobs.
const OSS_EVENTS: [&str; 8] = [
    "oss:ObjectCreated:PutObject",
    "oss:ObjectCreated:PostObject",
    "oss:ObjectCreated:CopyObject",
    "oss:ObjectCreated:CompleteMultipartUpload",
    "oss:ObjectCreated:AppendObject",
    "oss:ObjectCreated:PutSymlink",
    "oss:ObjectRemoved:DeleteObject",
    "oss:ObjectRemoved:DeleteObjects",
];

fn of_bucket(application: &Application, bucket: &str) -> Value {
    let native = environment::named(application, bucket);
    json!({
        "triggerName": of_blobs(bucket),
        "triggerType": "oss",
        "qualifier": "LATEST",
        "invocationRole": "${vars.ossRole}",
        "sourceArn": format!("acs:oss:${{vars.region}}:${{vars.account}}:{native}"),
        "triggerConfig": {
            "bucketName": native,
            "events": OSS_EVENTS,
            "filter": { "key": { "prefix": "", "suffix": "" } },
        },
    })
}

/// <https://github.com/devsapp/fc3/blob/master/docs/zh/yaml/triggers.md>
fn of_queue(application: &Application, topic: &str) -> Value {
    json!({
        "triggerName": of_messages(topic),
        "triggerType": "eventbridge",
        "qualifier": "LATEST",
        "triggerConfig": {
            "triggerEnable": true,
            // The answer decides whether a message comes again.
            "asyncInvocationType": false,
            "eventRuleFilterPattern": "{}",
            "eventSourceConfig": {
                "eventSourceType": "MNS",
                "eventSourceParameters": { "sourceMNSParameters": {
                    "QueueName": environment::named(application, topic),
                    "IsBase64Decode": true,
                } },
            },
        },
    })
}
