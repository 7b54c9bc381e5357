//! A request under way in an application.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use axum::response::IntoResponse;
use axum::routing::future::RouteFuture;
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use pin_project_lite::pin_project;

use super::recorder::Recording;
use super::{Context, IdField, REQUEST_ID, TRACE_RESPONSE, content};
use crate::driver::{caught_step, deadline, forbids_length};
use crate::error::{Error, ErrorKind};
use crate::http::{Response, connection};

pin_project! {
    /// The response of an application, once it is ready.
    ///
    /// It is written out, not composed of async blocks, because each of those moves the whole
    /// request once more, and this is on the path of every request.
    #[project = AnswerProjection]
    pub struct Answer {
        #[pin]
        handling: RouteFuture<Infallible>,
        context: Context,
        id_field: IdField,
        cut: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
        recording: Option<Box<Recording>>,
        ready: Option<Box<Response>>,
    }
}

impl Answer {
    pub(super) fn new(
        handling: RouteFuture<Infallible>,
        context: Context,
        (id_field, recording): (IdField, Option<Recording>),
    ) -> Self {
        Self {
            handling,
            context,
            id_field,
            cut: None,
            recording: recording.map(Box::new),
            ready: None,
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

impl Future for Answer {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(response) = this.ready.take() {
            return told(&mut this, *response, task);
        }
        let end = this.context.end_of_work();
        let context = &*this.context;
        let recording = this.recording.as_deref();
        let step = || {
            let _entered = context.enter();
            let _span = recording.map(Recording::enter);
            deadline::during(end, || this.handling.as_mut().poll(task))
        };
        let response = match caught_step(step) {
            Ok(Poll::Ready(Ok(response))) => response,
            Ok(Poll::Ready(Err(never))) => match never {},
            Ok(Poll::Pending) => {
                let Some(time) = this.context.remaining() else {
                    return Poll::Pending;
                };
                let clock = this.context.clock();
                let cut = this
                    .cut
                    .get_or_insert_with(|| Box::pin(async move { clock.sleep(time).await }));
                std::task::ready!(cut.as_mut().poll(task));
                let _entered = context.enter();
                let _span = recording.map(Recording::enter);
                let late = "the handler did not answer in time";
                Error::new(ErrorKind::DeadlineExceeded, late).into_response()
            }
            Err(message) => {
                let _entered = context.enter();
                let _span = recording.map(Recording::enter);
                let id = context.id().as_str();
                tracing::error!(target: "isobar", id, "a handler panicked: {message}");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        };
        let begun = content::begun(response, context, task);
        let mut response = begun.unwrap_or_else(IntoResponse::into_response);
        finish(&mut response, this.context, *this.id_field);
        told(&mut this, response, task)
    }
}

/// The response, once what was recorded is told where that comes first.
fn told(
    this: &mut AnswerProjection<'_>,
    response: Response,
    task: &mut TaskContext<'_>,
) -> Poll<Result<Response, Infallible>> {
    if let Some(recording) = this.recording
        && recording
            .poll_end(&response, this.context, task)
            .is_pending()
    {
        *this.ready = Some(Box::new(response));
        return Poll::Pending;
    }
    Poll::Ready(Ok(response))
}

/// What every response tells of its request, and no field that belongs to the connection alone.
fn finish(response: &mut Response, context: &Context, id_field: IdField) {
    let status = response.status();
    let headers = response.headers_mut();
    if forbids_length(status) {
        headers.remove(CONTENT_LENGTH);
    }
    if status != StatusCode::SWITCHING_PROTOCOLS {
        connection::drop_fields(headers);
    }
    if id_field == IdField::ByApplication {
        headers
            .entry(REQUEST_ID)
            .or_insert_with(|| context.id().header_value());
    }
    let trace = context.trace();
    if trace.parent_id().is_some() {
        headers
            .entry(TRACE_RESPONSE)
            .or_insert_with(|| trace.parent_of_calls());
    }
}
