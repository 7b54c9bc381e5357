//! What becomes of an invocation, told to Lambda's runtime API.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>, and for streams
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, TRAILER};
use http::{HeaderName, HeaderValue, Request};
use http_body_util::BodyExt as _;
use isobar::Error;
use lambda_runtime::LambdaInvocation;
use lambda_runtime_api_client::PooledClient;
use lambda_runtime_api_client::body::Body;

use super::stream::{self, Streamed};

type BoxError = lambda_runtime::Error;

/// The runtime API as far as answers go; the runtime asks it for events by itself.
pub(super) struct RuntimeApi(PooledClient);

/// The invocation that an answer is about.
pub(super) struct Subject {
    request: String,
    /// Of managed instances, which want it back.
    invocation: Option<HeaderValue>,
}

const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");
const RESPONSE_MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");
const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
/// Less than what any server of the runtime API reads before it answers.
const READ_AT_ONCE: usize = 8 << 10;
const JSON: &str = "application/json";
/// Marks a stream that begins with the head of an HTTP response.
const INTEGRATION_RESPONSE: &str = "application/vnd.awslambda.http-integration-response";

impl Subject {
    pub(super) fn of(invocation: &LambdaInvocation) -> Self {
        Self {
            request: invocation.context.request_id.clone(),
            invocation: invocation.parts.headers.get(INVOCATION_ID).cloned(),
        }
    }
}

impl RuntimeApi {
    pub(super) fn new() -> Self {
        Self(PooledClient::builder().build())
    }

    pub(super) async fn respond(&self, subject: &Subject, answer: Bytes) -> Result<(), BoxError> {
        let request = post(subject, "response").header(CONTENT_TYPE, JSON);
        self.send(whole(request, answer)?).await
    }

    /// Returns when the last byte was taken.
    pub(super) async fn stream(&self, subject: &Subject, body: Streamed) -> Result<(), BoxError> {
        let request = post(subject, "response")
            .header(CONTENT_TYPE, INTEGRATION_RESPONSE)
            .header(RESPONSE_MODE, "streaming")
            .header(TRAILER, stream::TRAILERS.join(", "));
        self.send(request.body(Body::new(body))?).await
    }

    pub(super) async fn fail(&self, subject: &Subject, error: &Error) -> Result<(), BoxError> {
        let request = post(subject, "error").header(CONTENT_TYPE, JSON);
        let request = request.header(ERROR_TYPE, error_type(error));
        self.send(whole(request, report(error).into())?).await
    }

    /// What the API refuses is logged: the next invocation may fare better.
    async fn send(&self, request: Request<Body>) -> Result<(), BoxError> {
        let answer = self.0.call(request).await?;
        let status = answer.status();
        // Who answers before all was sent, as cargo-lambda does, must not be read to the end: the rest would be lost.
        if !status.is_success() {
            let said = answer.into_body().collect().await?.to_bytes();
            let said = String::from_utf8_lossy(&said);
            tracing::error!(target: "isobar", %status, %said, "Lambda did not take the answer");
        }
        Ok(())
    }
}

/// A request with content whose length is known.
///
/// cargo-lambda answers before it has read a larger one, and reads on only where more comes on the connection or nothing
/// will.
fn whole(request: http::request::Builder, content: Bytes) -> http::Result<Request<Body>> {
    let request = if content.len() > READ_AT_ONCE {
        request.header(CONNECTION, "close")
    } else {
        request
    };
    request.body(Body::from(content))
}

fn post(subject: &Subject, what: &str) -> http::request::Builder {
    let id = &subject.request;
    let builder = Request::post(format!("/2018-06-01/runtime/invocation/{id}/{what}"));
    match &subject.invocation {
        Some(invocation) => builder.header(INVOCATION_ID, invocation),
        None => builder,
    }
}

/// The class of an error, as Lambda's metrics and logs have it.
pub(super) fn error_type(error: &Error) -> String {
    format!("Isobar.{:?}", error.kind())
}

/// What Lambda, and whoever invoked the function, are told of an error.
pub(super) fn report(error: &Error) -> Vec<u8> {
    let report = serde_json::json!({
        "errorType": error_type(error),
        "errorMessage": error.message(),
    });
    report.to_string().into_bytes()
}

impl std::fmt::Debug for RuntimeApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuntimeApi").finish_non_exhaustive()
    }
}
