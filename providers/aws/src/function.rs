//! Lambda: waits for invocations and hands them to the application.

mod event;
mod in_flight;
mod init;

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use axum::response::IntoResponse as _;
use bytes::Bytes;
use http::{Method, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use isobar::driver::function::{FunctionDescription, FunctionDriver};
use isobar::driver::gateway::GatewayDriver as _;
use isobar::driver::{SystemClock, within};
use isobar::function::{AppService, Context, Origin, REQUEST_ID, RequestId};
use isobar::http::{RemoteAddress, Response};
use isobar::{Capabilities, Capability, Error, ErrorKind, Result};
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde_json::value::RawValue;
use tokio::signal::unix::{SignalKind, signal};

use crate::gateway::HttpApi;
use event::Kind;
use in_flight::InFlight;

pub use init::report_init_error;

/// The Lambda platform of this process.
#[derive(Debug, Clone, Copy)]
pub struct LambdaPlatform(());

/// What an application may answer at most; Lambda takes 6 MB, which one of these may encode to.
const CONTENT_BYTES: usize = 6 * 1_024 * 1_024;

/// The clock of the platform's runtime.
pub fn clock() -> SystemClock {
    SystemClock(|span| Box::pin(tokio::time::sleep(span)))
}

impl LambdaPlatform {
    /// What Lambda can do.
    pub const CAPABILITIES: Capabilities = Capabilities::of(&[
        Capability::Schedules,
        Capability::Messages,
        Capability::BlobEvents,
    ]);

    /// The platform that the environment describes; `InvalidArgument` where it describes none.
    pub fn from_environment() -> Result<Self> {
        init::check().map(|()| Self(()))
    }
}

#[async_trait]
impl FunctionDriver for LambdaPlatform {
    fn describe(&self) -> FunctionDescription {
        FunctionDescription {
            provider: "lambda",
            capabilities: Self::CAPABILITIES,
        }
    }

    /// Ends with SIGTERM or SIGINT, when the invocation under way has been answered.
    async fn serve(&self, app: AppService) -> Result<()> {
        let failed = |error| {
            Error::new(ErrorKind::Internal, "signals cannot be received").with_source(error)
        };
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let told_to_end = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        let in_flight = InFlight::default();
        tokio::select! {
            ended = answer_invocations(app, in_flight.clone()) => ended.map_err(|error| {
                let message = "the Lambda runtime API failed";
                Error::new(ErrorKind::Unavailable, message).with_source(error)
            }),
            () = in_flight.drained_after(told_to_end) => Ok(()),
        }
    }
}

type Loop = Pin<Box<dyn Future<Output = Result<(), lambda_runtime::Error>> + Send>>;

/// The runtime's loop, boxed because the compiler does not find its type to be `Send` in place.
fn answer_invocations(app: AppService, in_flight: InFlight) -> Loop {
    let handler = service_fn(move |event| invoke(app.clone(), event));
    Box::pin(Runtime::new(handler).layer(in_flight).run())
}

/// Answers one invocation; an error is reported as the failure of this invocation alone.
async fn invoke(
    app: AppService,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Box<RawValue>, Diagnostic> {
    let (raw, invocation) = event.into_parts();
    let raw = Bytes::from(String::from(Box::<str>::from(raw)));
    let deadline = Duration::from_millis(invocation.deadline);
    let context = Context::new(
        RequestId::from_platform(&invocation.request_id),
        SystemTime::UNIX_EPOCH.checked_add(deadline),
        Arc::new(clock()),
    );
    let answer = match Kind::of(&raw) {
        Ok(Kind::Http) => respond(&app, &raw, &context).await,
        Ok(kind) => event::wake(&app, kind, raw, context).await,
        Err(error) => Err(error),
    };
    answer.map_err(|error| {
        tracing::error!(target: "isobar", ?error, "an invocation failed");
        Diagnostic {
            error_type: format!("Isobar.{:?}", error.kind()),
            error_message: error.message().to_owned(),
        }
    })
}

async fn respond(app: &AppService, event: &[u8], context: &Context) -> Result<Box<RawValue>> {
    let request = HttpApi.decode(event)?;
    let is_head = request.method() == Method::HEAD;
    let remote = request.extensions().get::<RemoteAddress>();
    let origin = Origin::default()
        .with_id(context.id().clone())
        .with_deadline(context.deadline())
        .with_remote_address(remote.map(|address| address.0));
    let answer = app.respond(request, origin).await;
    let response = answer.unwrap_or_else(|never| match never {});
    let mut whole = match collect(response, context).await {
        Ok(whole) => whole,
        Err(error) => refusal(error, context).await?,
    };
    if is_head {
        whole.body_mut().clear();
    }
    match HttpApi::answer(whole) {
        Err(error) if error.kind() == ErrorKind::TooLarge => {
            HttpApi::answer(refusal(error, context).await?)
        }
        answer => answer,
    }
}

/// The response with all its content, which Lambda takes in one piece.
async fn collect(response: Response, context: &Context) -> Result<http::Response<Bytes>> {
    let (parts, body) = response.into_parts();
    let whole = async {
        let collected = Limited::new(body, CONTENT_BYTES).collect().await;
        collected.map_err(|error| {
            if error.is::<LengthLimitError>() {
                let message = format!("the response is larger than {CONTENT_BYTES} bytes");
                return Error::new(ErrorKind::TooLarge, message);
            }
            Error::new(ErrorKind::Internal, "the response's body failed").with_source(error)
        })
    };
    let collected = match context.remaining() {
        Some(time) => within(&clock(), time, whole).await?,
        None => whole.await?,
    };
    Ok(http::Response::from_parts(parts, collected.to_bytes()))
}

/// What the client is told instead of a response that cannot be passed on.
async fn refusal(error: Error, context: &Context) -> Result<http::Response<Bytes>> {
    let too_large = error.kind() == ErrorKind::TooLarge;
    let mut response = error.into_response();
    if too_large {
        // It is our response that is too large, not the client's request.
        *response.status_mut() = StatusCode::BAD_GATEWAY;
    }
    let (mut parts, body) = response.into_parts();
    parts
        .headers
        .insert(REQUEST_ID, context.id().header_value());
    parts.headers.remove(header::CONTENT_LENGTH);
    let whole = body.collect().await.map_err(|error| {
        Error::new(ErrorKind::Internal, "the refusal's body failed").with_source(error)
    })?;
    Ok(http::Response::from_parts(parts, whole.to_bytes()))
}
