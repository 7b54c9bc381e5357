//! One invocation: from its event to what the runtime API is told.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::SystemTime;

use bytes::Bytes;
use isobar::driver::caught;
use isobar::function::{AppService, Context, RequestId};
use isobar::{Error, ErrorKind, Result};
use isobar_serve::malformed_request;
use lambda_runtime::LambdaInvocation;
use tower::{Layer, Service};

use super::event::{self, Kind};
use super::in_flight::InFlight;
use super::request::Visit;
use super::runtime_api::{RuntimeApi, Subject};
use super::settings::{DEADLINE, Settings};
use super::stream::Streamed;
use super::{accounts, clock};
use crate::gateway::{Arrival, no_socket};

/// Takes the place of the runtime's own handling.
#[derive(Debug, Clone)]
pub(super) struct Invocations {
    handling: Handling,
    api: Arc<RuntimeApi>,
    in_flight: InFlight,
}

/// What becomes of the event of an invocation, whoever is told.
#[derive(Debug, Clone)]
pub(super) struct Handling {
    pub(super) app: AppService,
    pub(super) settings: Arc<Settings>,
}

/// What Lambda tells of an invocation beside its event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) id: &'a str,
    /// The ARN by which the function was invoked; empty where it is not told.
    pub(super) function: &'a str,
    pub(super) trace: Option<&'a str>,
    /// When the invocation ends: as Lambda says, or before by the configuration.
    pub(super) deadline: Option<SystemTime>,
}

/// What the runtime API is told.
pub(super) enum Reply {
    Whole(Bytes),
    Stream(Streamed),
}

impl Invocations {
    pub(super) fn new(app: AppService, settings: Arc<Settings>, in_flight: InFlight) -> Self {
        let handling = Handling { app, settings };
        Self {
            handling,
            api: Arc::new(RuntimeApi::new()),
            in_flight,
        }
    }

    /// Whatever becomes of one event, the next one is asked for.
    async fn answer(self, invocation: LambdaInvocation) -> Result<(), lambda_runtime::Error> {
        let _held = self.in_flight.begin().await;
        let subject = Subject::of(&invocation);
        let headers = &invocation.parts.headers;
        let deadline = DEADLINE.of(headers, self.handling.settings.limit);
        let told = Told {
            id: &invocation.context.request_id,
            function: &invocation.context.invoked_function_arn,
            trace: invocation.context.xray_trace_id.as_deref(),
            deadline,
        };
        let reply = caught(self.handling.reply(&told, invocation.body)).await;
        let reply = reply.unwrap_or_else(|message| {
            tracing::error!(target: "isobar", "an invocation panicked: {message}");
            Err(Error::new(ErrorKind::Internal, "the function panicked"))
        });
        let told = match reply {
            Ok(Reply::Whole(answer)) => self.api.respond(&subject, answer).await,
            Ok(Reply::Stream(body)) => self.api.stream(&subject, body).await,
            Err(error) => {
                tracing::error!(target: "isobar", ?error, "an invocation failed");
                self.api.fail(&subject, &error).await
            }
        };
        // Whoever asked has the answer; Lambda freezes the process when it asks for the next event.
        self.handling.app.flush(deadline).await;
        // Whether the API is there at all shows when the next event is asked for; of several that ask, one that ended here
        // would be missing from then on.
        if let Err(error) = told {
            tracing::error!(target: "isobar", ?error, "an answer has not reached Lambda");
        }
        Ok(())
    }
}

impl Handling {
    /// An error is the failure of this invocation alone.
    pub(super) async fn reply(&self, told: &Told<'_>, raw: Bytes) -> Result<Reply> {
        let Told {
            trace, deadline, ..
        } = *told;
        let context = |deadline| {
            let id = RequestId::from_platform(told.id);
            Context::new(id, deadline, Arc::new(clock()))
        };
        let visit = |door, trace| Visit {
            door,
            context: context(self.settings.deadline(door, deadline)),
            trace,
            settings: Arc::clone(&self.settings),
        };
        let refused = match Arrival::of(&raw) {
            Ok(Arrival::Request(door, mut request)) => {
                let trace = super::trace::complete(request.headers_mut(), trace);
                return visit(door, trace).answer(&self.app, request).await;
            }
            Ok(Arrival::Malformed(door, error)) => {
                tracing::warn!(target: "isobar", ?error, "a request cannot be read");
                return visit(door, None).refuse(malformed_request(&error)).await;
            }
            Ok(Arrival::Socket) => {
                return Ok(Reply::Whole(no_socket(context(deadline).id())));
            }
            Ok(Arrival::Other) => None,
            Err(error) => Some(error),
        };
        // What a door would not have sent may be some other sender's all the same.
        let own = accounts::account_of(told.function);
        let accounts = self.settings.accounts.clone().of(own);
        let admit = |resource: &str| accounts::admit(&accounts, resource);
        match (Kind::of(&raw, admit), refused) {
            (Err(error), _)
                if matches!(
                    error.kind(),
                    ErrorKind::PermissionDenied | ErrorKind::Unsupported
                ) =>
            {
                Err(error)
            }
            (Ok(Kind::Http) | Err(_), Some(refused)) => Err(refused),
            (kind, _) => {
                // A request tells its trace in its fields.
                let context = context(deadline).with_trace(super::trace::of_invocation(trace));
                event::wake(&self.app, kind?, raw, context)
                    .await
                    .map(|answer| Reply::Whole(String::from(Box::<str>::from(answer)).into()))
            }
        }
    }
}

impl<S> Layer<S> for Invocations {
    type Service = Self;

    fn layer(&self, _: S) -> Self {
        self.clone()
    }
}

impl Service<LambdaInvocation> for Invocations {
    type Response = ();
    type Error = lambda_runtime::Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), lambda_runtime::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), lambda_runtime::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        Box::pin(self.clone().answer(invocation))
    }
}
