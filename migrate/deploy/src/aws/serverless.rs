//! The same stack as a service of the Serverless Framework: what the framework makes by itself is said in its words, and
//! the rest is the template's.

mod api;
mod native;
mod wakers;

use serde_json::{Map, Value, json};

use super::function::{self, DOOR, LOG_DAYS, MEMORY_MIB};
use super::template::{PREFIX, Template, prefixed, reference};
use crate::error::Result;
use crate::export::{Export, File, Source};
use crate::names::{Rule, is_of};
use crate::yaml::{self, Comment};
use native::Parameters;
use wakers::Woken;

/// What the framework calls the function, and what it makes of that.
const FUNCTION: &str = "application";
const LAMBDA: &str = "ApplicationLambdaFunction";
const ROLE: &str = "IamRoleLambdaExecution";

/// <https://github.com/serverless/serverless/blob/v3.40.0/lib/config-schema.js>
const SERVICE: Rule = Rule {
    kind: "service of the Serverless Framework",
    takes: |name| is_of(name, (2, 128), "-"),
    words: "at least two letters, digits and `-`",
};

const HOW: &str = "\
What the application declares, for AWS by the Serverless Framework. Written by `isobar export aws-serverless`.

  isobar package aws-serverless BINARY
  cd deploy/aws-serverless
  serverless deploy --region REGION";

const WARNING: &str = "\
In seconds. The framework warns of 30, which is what an HTTP API waits for: the application ends its handlers a quarter of
a second before.";

/// <https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml>, as version 3 reads it.
pub(crate) fn export(source: &Source<'_>) -> Result<Export> {
    let application = source.application;
    SERVICE.check(("application", &application.name), &application.name)?;
    let mut template = super::stack(source)?;
    let environment = function::variables(&mut template);
    let api = api::of(&mut template)?;
    let woken = wakers::take(&mut template);
    let parameters = Parameters::of(&template);
    let mut comments = parameters.comments(&template);
    let head = format!("{HOW}{}", parameters.asked(&template));
    comments.push(Comment::new("", &head));
    comments.push(Comment::new("/provider/timeout", WARNING));
    comments.extend(api.comments);
    let mut notes = super::notes(application);
    notes.extend(api.notes);

    let provider = provider(source, (&template, &woken), api.settings);
    let mut function = json!({
        "name": prefixed(&application.name),
        "handler": "bootstrap",
        "environment": environment,
    });
    for (name, value) in woken.function {
        function[name] = value;
    }
    let events = [api.events, woken.events].concat();
    if !events.is_empty() {
        function["events"] = events.into();
    }
    let resources = resources(woken.resources, template.outputs, api.extension);
    let mut resources = parameters.said(resources);
    resources["Parameters"] = parameters.checked();
    let mut whole = head_of(&application.name, &parameters, api.custom);
    whole["provider"] = parameters.said(provider);
    whole["functions"] = parameters.said(json!({ FUNCTION: function }));
    // CloudFormation checks a parameter that something refers to, and the framework checks none.
    whole["functions"][FUNCTION]["environment"]["ISOBAR_PREFIX"] = reference(PREFIX);
    whole["resources"] = resources;
    let text = yaml::document(&whole, &comments);
    let files = vec![File::new("serverless.yml", text)];
    Ok(Export { files, notes })
}

/// What a service is, and what it is told.
fn head_of(name: &str, parameters: &Parameters, custom: Map<String, Value>) -> Value {
    let mut head = json!({
        "service": name,
        "frameworkVersion": "3",
        "configValidationMode": "error",
        "package": { "artifact": "function.zip" },
    });
    if let Some(defaults) = parameters.defaults() {
        head["params"] = json!({ "default": defaults });
    }
    if !custom.is_empty() {
        head["custom"] = custom.into();
    }
    head
}

fn provider(
    source: &Source<'_>,
    (template, woken): (&Template<'_>, &Woken),
    api: Map<String, Value>,
) -> Value {
    let mut provider = json!({
        "name": "aws",
        "region": "${opt:region, env:AWS_REGION}",
        "runtime": "provided.al2023",
        "architecture": function::architecture(source.architecture),
        "memorySize": MEMORY_MIB,
        "timeout": DOOR.seconds(source.application),
        "logRetentionInDays": LOG_DAYS,
        "versionFunctions": false,
        "deploymentBucket": { "blockPublicAccess": true },
    });
    if !api.is_empty() {
        provider["httpApi"] = api.into();
    }
    if !woken.buckets.is_empty() {
        provider["s3"] = woken.buckets.clone().into();
    }
    if !template.statements.is_empty() {
        // Some the framework grants too, but only for events that it makes: not for a stream that is made by hand.
        provider["iam"] = json!({ "role": { "statements": template.statements } });
    }
    provider
}

/// What the framework does not know, and what it has no words for of what it makes.
fn resources(
    resources: Map<String, Value>,
    outputs: Map<String, Value>,
    stage: Option<Value>,
) -> Value {
    let mut whole = Map::new();
    if !resources.is_empty() {
        whole.insert("Resources".to_owned(), resources.into());
    }
    if !outputs.is_empty() {
        whole.insert("Outputs".to_owned(), outputs.into());
    }
    let mut extensions = json!({
        LAMBDA: { "Properties": { "LoggingConfig": { "LogFormat": "JSON" } } },
        // A name of its own could be too long, and would be one in all regions.
        ROLE: { "Properties": { "RoleName": reference("AWS::NoValue") } },
    });
    if let Some(stage) = stage {
        extensions["HttpApiStage"] = stage;
    }
    whole.insert("extensions".to_owned(), extensions);
    whole.into()
}
