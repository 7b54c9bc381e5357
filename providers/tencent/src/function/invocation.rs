//! One invocation: from its event to what the runtime API is told.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use isobar::driver::gateway::GatewayDriver as _;
use isobar::driver::{caught, sealed_response};
use isobar::function::{AppService, Context, Origin, RequestId, Trace};
use isobar::http::{RemoteAddress, Request};
use isobar::{Error, ErrorKind, Result};
use isobar_serve::event::Delivery;
use isobar_serve::{clock, hand_over};

use super::runtime_api::Invocation;
use crate::config::{EVENT_FUNCTION, MOST_BYTES, REQUEST_ID_FIELD};
use crate::gateway::{ApiGateway, is_request};

/// What all invocations share.
#[derive(Debug)]
pub(super) struct Invocations {
    pub(super) app: AppService,
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
        let deadline = EVENT_FUNCTION.deadline.of(&headers, None);
        let id = RequestId::from_platform(id);
        let context = Context::new(id, deadline, Arc::new(clock()));
        if is_request(&event) {
            return self.respond(ApiGateway.decode(&event)?, &context).await;
        }
        // SCF tells no trace, so that each event begins one.
        let context = context.with_trace(Trace::start());
        let delivery = Delivery::new(headers, event).with_app(&self.app);
        let handed = hand_over(&self.app, &EVENT_FUNCTION.events, &delivery, &context).await;
        self.app.flush_delivery(deadline).await;
        handed.map(|()| DONE)
    }

    async fn respond(&self, request: Request, context: &Context) -> Result<Bytes> {
        let is_head = request.method() == Method::HEAD;
        let remote = request.extensions().get::<RemoteAddress>();
        let origin = Origin::default()
            .with_id(context.id().clone())
            .with_deadline(context.deadline())
            .with_remote_address(remote.map(|address| address.0));
        let response = match self.app.respond(request, origin).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let seal = |whole| ApiGateway.encode(whole);
        sealed_response((response, is_head), MOST_BYTES, context, seal).await
    }
}
