//! The rule of EventBridge that wakes the deployed probe, by MiniStack's own clock.

use std::time::Duration;

use serde_json::json;

use super::FUNCTION;
use super::function::Function;
use crate::Failure;

/// Each minute, which is as often as a rule may be due.
const EXPRESSION: &str = "cron(* * * * ? *)";
/// How long that may take: MiniStack looks at its rules every ten seconds, and counts from the first time on.
const PATIENCE: Duration = Duration::from_secs(90);
const DESTINATION: &str = "invoke";

/// Has a rule of this name be due, and waits until it has woken the function, again where that failed.
///
/// MiniStack 1.5 invokes a function that is the target of a rule once, whatever comes of it, where EventBridge invokes it
/// asynchronously, so that Lambda tries again
/// (<https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html>). So the target is an API destination:
/// MiniStack's own operation for asynchronous invocations, with the event of the rule as it is.
pub(super) async fn due(function: &Function, name: &str) -> Result<(), Failure> {
    let services = function.services;
    let before = services.invocations().await?;
    let destination = destination(function).await?;
    let rule = json!({ "Name": name, "ScheduleExpression": EXPRESSION });
    services.events("PutRule", &rule).await?;
    let targets = json!({ "Rule": name, "Targets": [{
        "Id": DESTINATION,
        "Arn": destination,
        "RoleArn": "arn:aws:iam::000000000000:role/rule",
        "HttpParameters": { "HeaderParameters": { "X-Amz-Invocation-Type": "Event" } },
    }] });
    services.events("PutTargets", &targets).await?;
    let invoked = services.invoked(before, PATIENCE).await;
    let once = json!({ "Name": name });
    services.events("DisableRule", &once).await?;
    invoked?;
    services.settled().await
}

/// The operation of Lambda by which whoever invokes a function does not wait for it; returns its ARN as a target.
async fn destination(function: &Function) -> Result<String, Failure> {
    let connection = json!({
        "Name": DESTINATION,
        "AuthorizationType": "API_KEY",
        "AuthParameters": { "ApiKeyAuthParameters": {
            "ApiKeyName": "x-api-key",
            "ApiKeyValue": "none",
        } },
    });
    let made = function
        .services
        .events("CreateConnection", &connection)
        .await?;
    let url = &function.emulator.url;
    let destination = json!({
        "Name": DESTINATION,
        "ConnectionArn": made["ConnectionArn"],
        "HttpMethod": "POST",
        "InvocationEndpoint": format!("{url}/2015-03-31/functions/{FUNCTION}/invocations"),
    });
    let made = function
        .services
        .events("CreateApiDestination", &destination)
        .await?;
    let arn = made["ApiDestinationArn"].as_str().unwrap_or_default();
    Ok(arn.to_owned())
}
