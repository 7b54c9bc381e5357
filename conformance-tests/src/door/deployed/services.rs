//! The services of MiniStack that the suite has no client of: EventBridge and the logs of CloudWatch, which take JSON.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{FUNCTION, failed};
use crate::Failure;
use crate::door::{WireRequest, http1};

/// How long to wait before the logs are looked at again.
const PAUSE: Duration = Duration::from_millis(20);
/// MiniStack tries again after one second.
const QUIET: Duration = Duration::from_millis(2_500);
/// What stands at the end of each invocation in the logs of a function
/// (<https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html>).
const END: &str = "REPORT RequestId";

/// Where MiniStack is, which asks for no signature unless it is told to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Services(pub(super) SocketAddr);

impl Services {
    /// Calls an operation of EventBridge.
    pub(super) async fn events(&self, operation: &str, asked: &Value) -> Result<Value, Failure> {
        self.call(&format!("AWSEvents.{operation}"), asked).await
    }

    /// Makes the logs of the function, so that they can be looked at before it has written any.
    pub(super) async fn keep_logs(&self) -> Result<(), Failure> {
        let asked = json!({ "logGroupName": group() });
        self.call("Logs_20140328.CreateLogGroup", &asked)
            .await
            .map(drop)
    }

    /// The lines of the function's logs that have this text.
    pub(super) async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        let asked = json!({ "logGroupName": group() });
        let told = self.call("Logs_20140328.FilterLogEvents", &asked).await?;
        let lines = told["events"].as_array().into_iter().flatten();
        let lines = lines.filter_map(|event| event["message"].as_str());
        let found = lines.filter(|line| line.contains(text));
        Ok(found.map(str::to_owned).collect())
    }

    /// How often the function was invoked to the end, by whomever.
    pub(super) async fn invocations(&self) -> Result<usize, Failure> {
        Ok(self.logged(END).await?.len())
    }

    /// Waits until that is more than it was.
    pub(super) async fn invoked(&self, before: usize, patience: Duration) -> Result<(), Failure> {
        let give_up = Instant::now() + patience;
        while self.invocations().await? <= before {
            if Instant::now() > give_up {
                let seconds = patience.as_secs();
                let message = format!("the function was not invoked within {seconds} s");
                return Err(Failure::new(message));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Waits until nothing has woken the function for longer than MiniStack waits before it tries again what has failed once:
    /// whoever asks the function in between may have it miss what it is woken by.
    pub(super) async fn settled(&self) -> Result<(), Failure> {
        let mut known = self.invocations().await?;
        let mut since = Instant::now();
        while since.elapsed() < QUIET {
            tokio::time::sleep(PAUSE).await;
            let invocations = self.invocations().await?;
            if invocations != known {
                known = invocations;
                since = Instant::now();
            }
        }
        Ok(())
    }

    /// Makes a schedule of EventBridge's scheduler.
    pub(super) async fn schedule(&self, name: &str, asked: &Value) -> Result<(), Failure> {
        // By the service that a signature is for MiniStack knows whom a path is for; it looks at nothing else of one.
        let signed = "AWS4-HMAC-SHA256 Credential=test/20261130/us-east-1/scheduler/aws4_request, SignedHeaders=host, Signature=0";
        let request = WireRequest::new("POST", format!("/schedules/{name}"))
            .header("authorization", signed)
            .header("content-type", "application/json")
            .body(asked.to_string());
        self.ask("CreateSchedule", &request).await.map(drop)
    }

    async fn call(&self, target: &str, asked: &Value) -> Result<Value, Failure> {
        let request = WireRequest::new("POST", "/")
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.1")
            .body(asked.to_string());
        self.ask(target, &request).await
    }

    async fn ask(&self, what: &str, request: &WireRequest) -> Result<Value, Failure> {
        let response = http1::exchange(self.0, request).await.map_err(failed)?;
        let body = String::from_utf8_lossy(&response.body);
        if response.status != 200 {
            let status = response.status;
            return Err(Failure::new(format!(
                "{what} was refused: {status}: {body}"
            )));
        }
        match &*body {
            "" => Ok(Value::Null),
            body => serde_json::from_str(body).map_err(failed),
        }
    }
}

fn group() -> String {
    format!("/aws/lambda/{FUNCTION}")
}
