//! The function, its role, its log and its variables.

use serde_json::{Map, Value, json};

use super::template::{FUNCTION, Template, attribute, prefixed, reference, sub};
use crate::application::{Secret, Setting};
use crate::authorizers::{APPLICATION, GATEWAY, IAM, LAMBDA, VARIABLE};
use crate::export::Architecture;
use crate::timeouts::Door;

/// The function's time, which is what an HTTP API waits for.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>
pub(super) const DOOR: Door = Door {
    usual: 30,
    most: Some(30),
};
pub(super) const MEMORY_MIB: u32 = 512;
/// How long the log is kept.
pub(super) const LOG_DAYS: u32 = 30;

pub(super) fn function(template: &mut Template<'_>, architecture: Architecture) {
    let application = template.application;
    let variables = variables(template);
    let log = json!({ "RetentionInDays": LOG_DAYS });
    template.resource("Log", "AWS::Logs::LogGroup", log);
    template.allow(
        &["logs:CreateLogStream", "logs:PutLogEvents"],
        vec![attribute("Log", "Arn")],
    );
    role(template);
    let properties = json!({
        "FunctionName": prefixed(&application.name),
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Architectures": [self::architecture(architecture)],
        "Code": { "S3Bucket": reference("CodeBucket"), "S3Key": reference("CodeKey") },
        "Role": attribute("Role", "Arn"),
        "Timeout": DOOR.seconds(application),
        "MemorySize": MEMORY_MIB,
        "LoggingConfig": { "LogFormat": "JSON", "LogGroup": reference("Log") },
        "Environment": { "Variables": variables },
    });
    template.resource(FUNCTION, "AWS::Lambda::Function", properties);
    template.comment(
        format!("/Resources/{FUNCTION}/Properties/MemorySize"),
        "In MiB; Lambda gives a share of a processor in proportion, a whole one at 1769.",
    );
}

/// What Lambda calls it.
pub(super) fn architecture(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "x86_64",
        Architecture::Arm64 => "arm64",
    }
}

fn role(template: &mut Template<'_>) {
    let policy = json!({ "Version": "2012-10-17", "Statement": template.statements });
    let role = json!({
        "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "lambda.amazonaws.com" },
            "Action": "sts:AssumeRole",
        }] },
        "Policies": [{ "PolicyName": "declared", "PolicyDocument": policy }],
    });
    template.resource("Role", "AWS::IAM::Role", role);
}

/// The variables of the function, and the parameters that they are of.
pub(super) fn variables(template: &mut Template<'_>) -> Map<String, Value> {
    let application = template.application;
    let mut variables = Map::new();
    let mut set = |name: &str, value: Value| variables.insert(name.to_owned(), value);
    if !application.collections.is_empty() {
        set("ISOBAR_DOCUMENTS", super::DOCUMENTS.into());
    }
    if !application.buckets.is_empty() {
        set("ISOBAR_BLOBS", "s3:".into());
    }
    if !application.topics.is_empty() {
        let topics = if application.sends_in_order() {
            super::ORDERED_TOPICS
        } else {
            super::TOPICS
        };
        set("ISOBAR_TOPICS", sub(topics));
    }
    set("ISOBAR_PREFIX", reference("Prefix"));
    for setting in &application.settings {
        set(&setting.name, value_of(template, setting));
    }
    if !application.authorizers.is_empty() {
        set(VARIABLE, authorizer(template));
    }
    for secret in &application.secrets {
        set(&secret.name, secret_of(template, secret));
    }
    variables
}

/// A parameter, so that nobody is believed before somebody has said so.
fn authorizer(template: &mut Template<'_>) -> Value {
    let parameter = json!({
        "Type": "String",
        "Description": "Who checks callers",
        "AllowedValues": [APPLICATION, GATEWAY, LAMBDA, IAM],
        "Default": APPLICATION,
    });
    let comment = "api-gateway only where every route of the API has an authorizer of tokens, as those of openapi.yaml; \
                   lambda-authorizer and iam only where every route has one of that kind.";
    template.parameter("Authorizer", parameter, comment);
    reference("Authorizer")
}

/// A parameter; an optional setting that is given no value is no variable.
fn value_of(template: &mut Template<'_>, setting: &Setting) -> Value {
    let id = template.id("Setting", &setting.name);
    let mut parameter = json!({
        "Type": "String",
        "Description": format!("The setting {}", setting.name),
    });
    let value = reference(&id);
    let comment = match (&setting.default, setting.optional) {
        (Some(default), _) => {
            parameter["Default"] = default.as_str().into();
            "The default is the application's own."
        }
        (None, true) => {
            parameter["Default"] = "".into();
            "Left empty, the application starts without it."
        }
        (None, false) => "The application does not start without it.",
    };
    template.parameter(&id, parameter, comment);
    if setting.default.is_some() || !setting.optional {
        return value;
    }
    let given = format!("Has{id}");
    let condition = json!({ "Fn::Not": [{ "Fn::Equals": [value, ""] }] });
    template.conditions.insert(given.clone(), condition);
    json!({ "Fn::If": [given, value, reference("AWS::NoValue")] })
}

/// A reference to Secrets Manager, so that the value is in no template and no parameter.
fn secret_of(template: &mut Template<'_>, secret: &Secret) -> Value {
    let id = template.id("Secret", &secret.name);
    let parameter = json!({
        "Type": "String",
        "Description": format!("Name or ARN of the secret {} in AWS Secrets Manager", secret.name),
        "MinLength": 1,
    });
    template.parameter(
        &id,
        parameter,
        "CloudFormation reads the value when it deploys; a changed secret needs a new deployment.",
    );
    sub(format!("{{{{resolve:secretsmanager:${{{id}}}}}}}"))
}
