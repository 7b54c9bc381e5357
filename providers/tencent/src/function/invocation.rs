//! One invocation: from its event to what the runtime API is told.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use isobar::driver::gateway::GatewayDriver as _;
use isobar::driver::{caught, sealed_response};
use isobar::function::{AppService, BasePath, Context, Origin, RequestId, Trace};
use isobar::http::{RemoteAddress, Request};
use isobar::{Error, ErrorKind, Result};
use isobar_serve::event::{Accounts, Delivery};
use isobar_serve::{
    ToldRequest, Variables, client_scheme, clock, hand_over, malformed_request, told_address,
    too_large, trusted_hops,
};

use super::runtime_api::Invocation;
use crate::config::{APP_ID, EVENT_FUNCTION, MOST_BYTES, REQUEST_ID_FIELD};
use crate::gateway::{ApiGateway, ToldBase, arrival, is_request};

/// What all invocations share.
#[derive(Debug)]
pub(super) struct Invocations {
    pub(super) app: AppService,
    pub(super) settings: Settings,
}

/// What the variables say of all invocations.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    /// How many proxies are trusted to append to `X-Forwarded-For`; unless it is told, API Gateway's word of the client's
    /// address counts.
    trusted_hops: Option<usize>,
    /// The time that every invocation has.
    limit: Option<Duration>,
    /// Whose events are taken.
    accounts: Accounts,
}

impl Settings {
    /// `InvalidArgument` where a variable is wrong, naming it.
    pub(super) fn from_variables(variables: &Variables<'_>) -> Result<Self> {
        Ok(Self {
            trusted_hops: trusted_hops(variables)?,
            limit: EVENT_FUNCTION.deadline.limit(variables)?,
            accounts: Accounts::from_variables(variables)?.of(variables(APP_ID).as_deref()),
        })
    }
}

/// Nobody reads what an event's invocation returns.
const DONE: Bytes = Bytes::from_static(b"null");

impl Invocations {
    /// The answer; an error is the failure of this invocation alone.
    pub(super) async fn run(&self, invocation: Invocation) -> Result<Bytes> {
        let answer = caught(self.answer(invocation)).await;
        answer.unwrap_or_else(|message| {
            tracing::error!(target: "isobar", "an invocation panicked: {message}");
            Err(Error::new(ErrorKind::Internal, "the function panicked"))
        })
    }

    async fn answer(&self, Invocation { headers, event }: Invocation) -> Result<Bytes> {
        let id = headers.get(REQUEST_ID_FIELD);
        let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
        let deadline = EVENT_FUNCTION.deadline.of(&headers, self.settings.limit);
        let id = RequestId::from_platform(id);
        let context = Context::new(id, deadline, Arc::new(clock()));
        if is_request(&event) {
            return match arrival(&event)? {
                ToldRequest::Request(request) => self.respond(request, &context).await,
                ToldRequest::Malformed(error) => {
                    tracing::warn!(target: "isobar", ?error, "a request cannot be read");
                    ApiGateway.encode(malformed_request(&error).into_response(context.id()))
                }
            };
        }
        // SCF tells no trace, so that each event begins one.
        let context = context.with_trace(Trace::start());
        let accounts = self.settings.accounts.clone();
        let delivery = Delivery::new(headers, event).with_accounts(accounts);
        let delivery = delivery.with_app(&self.app);
        let handed = hand_over(&self.app, &EVENT_FUNCTION.events, &delivery, &context).await;
        self.app.flush_delivery(deadline).await;
        handed.map(|()| DONE)
    }

    async fn respond(&self, request: Request, context: &Context) -> Result<Bytes> {
        let is_head = request.method() == Method::HEAD;
        let response = if let Some(problem) = too_large(&request, EVENT_FUNCTION.limits) {
            problem.into_response(context.id())
        } else {
            let origin = self.origin(&request, context);
            let answer = self.app.respond(request, origin).await;
            answer.unwrap_or_else(|never| match never {})
        };
        let seal = |whole| ApiGateway.encode(whole);
        sealed_response((response, is_head), MOST_BYTES, context, seal).await
    }

    fn origin(&self, request: &Request, context: &Context) -> Origin {
        let told = request.extensions().get::<RemoteAddress>();
        let told = told.map(|address| address.0);
        let hops = self.settings.trusted_hops;
        let client = told_address(request.headers(), hops, told);
        let base = request.extensions().get::<ToldBase>();
        let base = base.map_or(BasePath::Untold, |base| base.0.clone());
        Origin::default()
            .with_id(context.id().clone())
            .with_deadline(context.deadline())
            .with_remote_address(client)
            .with_scheme(hops.and_then(|hops| client_scheme(request.headers(), hops)))
            .with_base_path(base)
    }
}

#[cfg(test)]
mod tests;
