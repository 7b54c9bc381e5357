//! One invocation: from its event to what the runtime API is told.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use isobar::driver::caught;
use isobar::function::{AppService, Context, RequestId};
use isobar::{Error, ErrorKind, Result};
use lambda_runtime::LambdaInvocation;
use tower::{Layer, Service};

use super::accounts::Accounts;
use super::event::{self, Kind};
use super::in_flight::InFlight;
use super::mode::InvokeMode;
use super::runtime_api::{RuntimeApi, Subject};
use super::stream::Streamed;
use super::{clock, request};
use crate::gateway::FrontDoor;

/// Takes the place of the runtime's own handling.
#[derive(Debug, Clone)]
pub(super) struct Invocations {
    app: AppService,
    mode: InvokeMode,
    accounts: Arc<Accounts>,
    api: Arc<RuntimeApi>,
    in_flight: InFlight,
}

/// What the runtime API is told.
pub(super) enum Reply {
    Whole(Bytes),
    Stream(Streamed),
}

impl Invocations {
    pub(super) fn new(
        app: AppService,
        (mode, accounts): (InvokeMode, Accounts),
        in_flight: InFlight,
    ) -> Self {
        Self {
            app,
            mode,
            accounts: Arc::new(accounts),
            api: Arc::new(RuntimeApi::new()),
            in_flight,
        }
    }

    /// Whatever becomes of one event, the next one is asked for.
    async fn answer(self, invocation: LambdaInvocation) -> Result<(), lambda_runtime::Error> {
        let _held = self.in_flight.begin().await;
        let subject = Subject::of(&invocation);
        let deadline = deadline_of(&invocation);
        let reply = caught(self.reply(invocation)).await;
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
        self.app.flush(deadline).await;
        // Whether the API is there at all shows when the next event is asked for; of several that ask, one that ended here
        // would be missing from then on.
        if let Err(error) = told {
            tracing::error!(target: "isobar", ?error, "an answer has not reached Lambda");
        }
        Ok(())
    }

    /// An error is the failure of this invocation alone.
    async fn reply(&self, invocation: LambdaInvocation) -> Result<Reply> {
        let deadline = deadline_of(&invocation);
        let told = invocation.context;
        let context = Context::new(
            RequestId::from_platform(&told.request_id),
            deadline,
            Arc::new(clock()),
        );
        let trace = told.xray_trace_id.as_deref();
        let raw = invocation.body;
        let refused = match FrontDoor::read(&raw) {
            Ok(Some((door, mut request))) => {
                let trace = super::trace::complete(request.headers_mut(), trace);
                let visit = request::Visit {
                    door,
                    streams: self.mode == InvokeMode::ResponseStream
                        && door == FrontDoor::FunctionUrl,
                    context,
                    trace,
                };
                return visit.answer(&self.app, request).await;
            }
            Ok(None) => None,
            Err(error) => Some(error),
        };
        // What a door would not have sent may be some other sender's all the same.
        let function = told.invoked_function_arn.as_str();
        let admit = |resource: &str| self.accounts.admit(function, resource);
        match (Kind::of(&raw, admit), refused) {
            (Err(error), _) if error.kind() == ErrorKind::PermissionDenied => Err(error),
            (Ok(Kind::Http) | Err(_), Some(refused)) => Err(refused),
            (kind, _) => {
                // A request tells its trace in its fields.
                let context = context.with_trace(super::trace::of_invocation(trace));
                event::wake(&self.app, kind?, raw, context)
                    .await
                    .map(|answer| Reply::Whole(String::from(Box::<str>::from(answer)).into()))
            }
        }
    }
}

fn deadline_of(invocation: &LambdaInvocation) -> Option<SystemTime> {
    let deadline = Duration::from_millis(invocation.context.deadline);
    SystemTime::UNIX_EPOCH.checked_add(deadline)
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
