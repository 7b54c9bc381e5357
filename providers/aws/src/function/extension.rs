//! An extension without events, for whose sake Lambda tells the process by SIGTERM before it ends it.
//!
//! Functions without an extension are ended without a word. With one in the process there are 500 ms between SIGTERM and
//! SIGKILL:
//!
//! - <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown>
//! - <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>
//! - <https://github.com/aws-samples/graceful-shutdown-with-aws-lambda>

use std::time::Duration;

use http::{HeaderName, HeaderValue, Request};
use isobar::{Error, Result};
use isobar_serve::Variables;
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{BoxError, PooledClient};

/// The variable that says whether the extension is registered: `on`, `off`, or, unless it is set, where something has to be
/// told at the end, which are spans that go to a collector.
pub const SIGTERM: &str = "ISOBAR_LAMBDA_SIGTERM";

/// It must be unlike those of all other extensions of the function.
const NAME: &str = "isobar-sigterm";
const REGISTER: &str = "/2020-01-01/extension/register";
const NEXT: &str = "/2020-01-01/extension/event/next";
const EXTENSION_NAME: HeaderName = HeaderName::from_static("lambda-extension-name");
const IDENTIFIER: HeaderName = HeaderName::from_static("lambda-extension-identifier");

/// Longer than any runtime API needs that knows extensions; one that knows none must not keep a function from its start.
const PATIENCE: Duration = Duration::from_secs(2);

/// What [`SIGTERM`] says; `InvalidArgument` where it is neither `on` nor `off`.
pub(super) fn wanted(variables: &Variables<'_>) -> Result<Option<bool>> {
    match variables(SIGTERM).as_deref() {
        None | Some("") => Ok(None),
        Some("on") => Ok(Some(true)),
        Some("off") => Ok(Some(false)),
        Some(other) => Err(Error::invalid(format!(
            "{SIGTERM} is {other:?}, it must be on or off"
        ))),
    }
}

/// Registers it, which must happen before the runtime asks for its first event. Where that is not to be had, which is
/// logged, the function serves without.
pub(super) async fn register() {
    let client = PooledClient::builder().build();
    match tokio::time::timeout(PATIENCE, registered(&client)).await {
        Ok(Ok(identifier)) => {
            tokio::spawn(wait(client, identifier));
        }
        Ok(Err(error)) => without(&error),
        Err(error) => without(&error.into()),
    }
}

fn without(error: &BoxError) {
    tracing::warn!(target: "isobar", %error, "no extension can be registered: Lambda ends this process without SIGTERM");
}

async fn registered(client: &PooledClient) -> Result<HeaderValue, BoxError> {
    let request = Request::post(REGISTER)
        .header(EXTENSION_NAME, NAME)
        .header("content-type", "application/json")
        .body(Body::from(r#"{"events":[]}"#))?;
    let answer = client.call(request).await?;
    let identifier = answer.headers().get(IDENTIFIER).cloned();
    let missing = || format!("the extensions API answers {}", answer.status());
    Ok(identifier.ok_or_else(missing)?)
}

/// Asks for an event, without which Lambda would take the function for one that still starts; none comes.
async fn wait(client: PooledClient, identifier: HeaderValue) {
    let request = Request::get(NEXT).header(IDENTIFIER, identifier);
    let asked = async { client.call(request.body(Body::empty())?).await };
    if let Err(error) = asked.await {
        tracing::debug!(target: "isobar", %error, "the extensions API is gone");
    }
}
