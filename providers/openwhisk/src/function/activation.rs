//! One activation: from its JSON to its result, whichever way they travel.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body::Body as _;
use isobar::driver::gateway::GatewayDriver as _;
use isobar::driver::{Problem, caught, sealed_response};
use isobar::function::{AppService, Context, Origin, RequestId};
use isobar::http::Request;
use isobar::{Error, ErrorKind, Result};
use isobar_serve::{Variables, client_address, clock, instant, trusted_hops};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::config::{ACTION_LOOP, ENTITY_BYTES};
use crate::error;
use crate::gateway::WebAction;

/// The most of an activation that is read, in bytes: what 1 MB of content becomes in Base64 and JSON, many times over.
pub(super) const MOST_BYTES: usize = 16 * 1_024 * 1_024;

/// What all activations share.
#[derive(Debug)]
pub(super) struct Activations {
    pub(super) app: AppService,
    pub(super) trusted_hops: usize,
}

/// An activation with its context; what else is there, such as the key of the API, is not asked for.
#[derive(Debug, Deserialize)]
struct Activation<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
    #[serde(borrow, default, rename = "activation_id")]
    id: Option<Cow<'a, str>>,
    /// A number by the documents, and text by the source.
    #[serde(borrow, default)]
    deadline: Option<&'a RawValue>,
}

/// What becomes of an activation: an object in JSON without line ends.
#[derive(Debug)]
pub(super) enum Ended {
    /// With the result of the action.
    Done(Bytes),
    /// With an `error`.
    Failed(Bytes),
}

/// How many proxies are trusted to append to `X-Forwarded-For`.
pub(super) fn hops(variables: &Variables<'_>) -> Result<usize> {
    Ok(trusted_hops(variables)?.unwrap_or(ACTION_LOOP.trusted_hops))
}

impl Ended {
    pub(super) fn failed(error: &Error) -> Self {
        Self::Failed(error::result(error).into())
    }
}

impl Activations {
    /// Whatever is wrong with it is the failure of this activation alone.
    pub(super) async fn run(&self, activation: &[u8]) -> Ended {
        let result = caught(self.result(activation)).await;
        let result = result.unwrap_or_else(|message| {
            tracing::error!(target: "isobar", "an activation panicked: {message}");
            Err(Error::new(ErrorKind::Internal, "the action panicked"))
        });
        result.map_or_else(
            |error| {
                tracing::error!(target: "isobar", ?error, "an activation failed");
                Ended::failed(&error)
            },
            Ended::Done,
        )
    }

    async fn result(&self, activation: &[u8]) -> Result<Bytes> {
        let told: Activation<'_> = serde_json::from_slice(activation).map_err(|error| {
            Error::invalid("what should be an activation is none").with_source(error)
        })?;
        let deadline = told.deadline.map(|raw| raw.get().trim_matches('"'));
        let id = told.id.as_deref().unwrap_or_default();
        let context = Context::new(
            RequestId::from_platform(id),
            deadline.and_then(instant),
            Arc::new(clock()),
        );
        let request = WebAction.decode(told.value.get().as_bytes())?;
        self.answer(request, &context).await
    }

    async fn answer(&self, request: Request, context: &Context) -> Result<Bytes> {
        let is_head = request.method() == Method::HEAD;
        let response = if let Some(problem) = too_large(&request) {
            problem.into_response(context.id())
        } else {
            let origin = self.origin(&request, context);
            let answer = self.app.respond(request, origin).await;
            answer.unwrap_or_else(|never| match never {})
        };
        let seal = |whole| WebAction.encode(whole);
        match sealed_response((response, is_head), ENTITY_BYTES, context, seal).await {
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                let status = StatusCode::BAD_GATEWAY;
                let detail = error.message().to_owned();
                let problem = Problem::new(status, "response_not_text", "server", detail);
                WebAction.encode(problem.into_response(context.id()))
            }
            answer => answer,
        }
    }

    fn origin(&self, request: &Request, context: &Context) -> Origin {
        let client = client_address(request.headers(), self.trusted_hops);
        Origin::default()
            .with_id(context.id().clone())
            .with_deadline(context.deadline())
            .with_remote_address(client)
    }
}

/// The refusal of content that the controller would not have let through.
fn too_large(request: &Request) -> Option<Problem> {
    (request.body().size_hint().lower() > ENTITY_BYTES).then(|| {
        let detail = format!("the body is too large; the limit is {ENTITY_BYTES} bytes");
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Problem::new(status, "body_too_large", "client", detail)
    })
}
