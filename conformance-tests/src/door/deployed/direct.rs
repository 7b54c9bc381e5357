//! What EventBridge does to a function that is its target itself: MiniStack invokes it once, whatever comes of it.

use serde_json::json;

use super::function::Function;
use super::{FUNCTION, PATIENCE};
use crate::door::Door as _;
use crate::probe::ticks::{NIGHTLY, ticks};
use crate::{Failure, expect};

/// Who sends an event that no trigger takes.
const SOURCE: &str = "com.example.shop";

/// A schedule of EventBridge's scheduler wakes the function, and so does an event that an application puts, which is refused
/// with its source.
///
/// `Failure` where they do not.
pub async fn woken_by_eventbridge() -> Result<(), Failure> {
    let function = Function::deploy().await?;
    schedule(&function).await?;
    put(&function).await
}

async fn schedule(function: &Function) -> Result<(), Failure> {
    let before = function.services.invocations().await?;
    let now = jiff::Timestamp::now();
    let schedule = json!({
        "ScheduleExpression": now.strftime("at(%Y-%m-%dT%H:%M:%S)").to_string(),
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": { "Arn": function.arn, "RoleArn": "arn:aws:iam::000000000000:role/schedule" },
    });
    let name = format!("{FUNCTION}-{NIGHTLY}");
    function.services.schedule(&name, &schedule).await?;
    function.services.invoked(before, PATIENCE).await?;
    let seen = ticks(function, 1).await?;
    let names: Vec<_> = seen.iter().map(|tick| tick.name.as_str()).collect();
    expect::equal("the schedules that were due", &names, &vec![NIGHTLY])?;
    let due = i64::try_from(seen[0].due).unwrap_or_default();
    let late = due - now.as_second();
    expect::that(
        (0..60).contains(&late),
        &format!("it was due {late} s later than it is told"),
    )
}

async fn put(function: &Function) -> Result<(), Failure> {
    let before = function.services.invocations().await?;
    let pattern = json!({ "source": [SOURCE] }).to_string();
    let rule = json!({ "Name": "orders", "EventPattern": pattern });
    function.services.events("PutRule", &rule).await?;
    let target = json!({ "Id": FUNCTION, "Arn": function.arn });
    let targets = json!({ "Rule": "orders", "Targets": [target] });
    function.services.events("PutTargets", &targets).await?;
    let entry = json!({ "Source": SOURCE, "DetailType": "Order", "Detail": "{\"id\":1}" });
    let entries = json!({ "Entries": [entry] });
    function.services.events("PutEvents", &entries).await?;
    function.services.invoked(before, PATIENCE).await?;
    let told = function.logged(SOURCE).await?;
    let refused = told.iter().any(|line| line.contains("Unsupported"));
    expect::that(refused, &format!("the refusal is not logged: {told:?}"))?;
    let seen = ticks(function, 1).await?;
    expect::equal("the ticks", &seen.len(), &1)
}
