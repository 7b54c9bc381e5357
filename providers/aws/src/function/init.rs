//! The start of a function: what must be there, and how a failure is reported.

use http::{Request, Uri};
use isobar::{Error, Result};
use lambda_runtime_api_client::PooledClient;
use lambda_runtime_api_client::body::Body;

use super::runtime_api::error_type;
use crate::config::variable;

const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";
const MEMORY: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";

/// Variables that Lambda sets for every function, and without which the runtime panics
/// ("Defined runtime environment variables" in the Lambda developer guide).
const NEEDED: [&str; 4] = [
    RUNTIME_API,
    "AWS_LAMBDA_FUNCTION_NAME",
    MEMORY,
    "AWS_LAMBDA_FUNCTION_VERSION",
];

/// Fails with `InvalidArgument` where this is not a Lambda function's environment.
pub(super) fn check() -> Result<()> {
    check_variables(variable)
}

fn check_variables(get: impl Fn(&str) -> Option<String>) -> Result<()> {
    let missing: Vec<_> = NEEDED
        .into_iter()
        .filter(|name| get(name).is_none_or(|value| value.is_empty()))
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        let message = format!("this is not a Lambda function's environment: not set: {missing}");
        return Err(Error::invalid(message));
    }
    let api = get(RUNTIME_API).unwrap_or_default();
    if api
        .parse::<Uri>()
        .is_ok_and(|uri| uri.authority().is_some())
    {
        check_memory(&get(MEMORY).unwrap_or_default())
    } else {
        let message = format!("{RUNTIME_API} is {api:?}, it must be HOST:PORT");
        Err(Error::invalid(message))
    }
}

fn check_memory(text: &str) -> Result<()> {
    match text.parse::<i32>() {
        Ok(_) => Ok(()),
        Err(error) => {
            let message = format!("{MEMORY} is {text:?}, it must be a number of megabytes");
            Err(Error::invalid(message).with_source(error))
        }
    }
}

/// Tells Lambda why the function cannot start, so that its logs and its caller say so too.
///
/// Does nothing where this is not a Lambda function's environment; a report that fails is logged.
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror>
pub async fn report_init_error(error: &Error) {
    if check().is_err() {
        return;
    }
    if let Err(report) = send(error).await {
        tracing::warn!(target: "isobar", %report, "the failed start cannot be reported to Lambda");
    }
}

async fn send(error: &Error) -> Result<(), lambda_runtime_api_client::BoxError> {
    let kind = error_type(error);
    let body = serde_json::json!({
        "errorMessage": error.to_string(),
        "errorType": kind,
        "stackTrace": [],
    });
    let request = Request::post("/2018-06-01/runtime/init/error")
        .header("content-type", "application/json")
        .header("lambda-runtime-function-error-type", kind)
        .body(Body::from(serde_json::to_vec(&body)?))?;
    PooledClient::builder().build().call(request).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(runtime_api: &str, memory: &str, expected: &str) {
        let outcome = check_variables(|name| match name {
            RUNTIME_API => Some(runtime_api.to_owned()),
            MEMORY => Some(memory.to_owned()),
            _ => Some("x".to_owned()),
        });
        let shown = outcome.map_or_else(|error| error.to_string(), |()| "fine".to_owned());
        assert!(shown.contains(expected), "{shown}");
    }

    #[test]
    fn an_environment_is_checked_before_the_runtime_would_panic() {
        check("127.0.0.1:9001", "128", "fine");
        check("http://127.0.0.1:9001/.rt/notes", "128", "fine");
        check("", "128", "not set: AWS_LAMBDA_RUNTIME_API");
        check("127.0.0.1:9001/.rt/notes", "128", "it must be HOST:PORT");
        check("127.0.0.1:9001", "lots", "a number of megabytes");
    }
}
