//! One activation: from its JSON to its result, whichever way they travel.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use isobar::driver::gateway::GatewayDriver as _;
use isobar::driver::{Problem, caught, sealed_response};
use isobar::function::{AppService, Context, Origin, RequestId};
use isobar::http::Request;
use isobar::{Error, ErrorKind, Result};
use isobar_serve::{
    ToldRequest, Variables, client_address, client_scheme, clock, malformed_request, too_large,
    trusted_hops,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::config::{ACTION_LOOP, ENTITY_BYTES};
use crate::error;
use crate::gateway::{WebAction, arrival};

/// The most of an activation that is read, in bytes: what 1 MB of content becomes in Base64 and JSON, many times over.
pub(super) const MOST_BYTES: usize = 16 * 1_024 * 1_024;

/// What all activations share.
#[derive(Debug)]
pub(super) struct Activations {
    pub(super) app: AppService,
    pub(super) settings: Settings,
}

/// What the variables say of all activations.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// How many proxies are trusted to append to `X-Forwarded-For`.
    pub(super) trusted_hops: usize,
    /// The time that every activation has.
    pub(super) limit: Option<Duration>,
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

impl Settings {
    /// `InvalidArgument` where a variable is wrong, naming it.
    pub(super) fn from_variables(variables: &Variables<'_>) -> Result<Self> {
        let hops = trusted_hops(variables)?;
        Ok(Self {
            trusted_hops: hops.unwrap_or(ACTION_LOOP.trusted_hops),
            limit: ACTION_LOOP.deadline.limit(variables)?,
        })
    }
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
            ACTION_LOOP.deadline.end(deadline, self.settings.limit),
            Arc::new(clock()),
        );
        match arrival(told.value.get().as_bytes())? {
            ToldRequest::Request(request) => self.answer(request, &context).await,
            ToldRequest::Malformed(error) => {
                tracing::warn!(target: "isobar", ?error, "a request cannot be read");
                WebAction.encode(malformed_request(&error).into_response(context.id()))
            }
        }
    }

    async fn answer(&self, request: Request, context: &Context) -> Result<Bytes> {
        let is_head = request.method() == Method::HEAD;
        let response = if let Some(problem) = too_large(&request, ACTION_LOOP.limits) {
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
        let hops = self.settings.trusted_hops;
        let client = client_address(request.headers(), hops);
        let location = ACTION_LOOP.location;
        Origin::default()
            .with_id(context.id().clone())
            .with_deadline(context.deadline())
            .with_remote_address(client)
            .with_scheme(client_scheme(request.headers(), hops))
            .with_host(location.host(request.headers(), hops))
            .with_base_path(location.base_path(request.uri(), request.headers()))
    }
}

#[cfg(test)]
mod tests;
