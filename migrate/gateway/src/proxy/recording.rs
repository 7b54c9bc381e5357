//! The fifth phase for whole requests: written down with their answers once both have passed.

use std::sync::Arc;

use http::Response;
use http::request::Parts;
use tokio::sync::oneshot;

use super::body::{Copied, Copy, GatewayBody, passed_on};
use crate::record::{RecordedRequest, Recorder};

/// A request on its way that will be written down.
pub(super) struct Recording {
    recorder: Arc<Recorder>,
    request: RecordedRequest,
    body: oneshot::Receiver<Copy>,
    limit: usize,
}

impl Recording {
    /// Begins with a request; the body to pass on comes back.
    pub(super) fn begin(
        recorder: Arc<Recorder>,
        head: &Parts,
        body: GatewayBody,
        limit: usize,
    ) -> (Self, GatewayBody) {
        let request = RecordedRequest::of(recorder.number(), head);
        let (body, copy) = Copied::new(body, limit);
        (
            Self {
                recorder,
                request,
                body: copy,
                limit,
            },
            passed_on(body),
        )
    }

    /// Goes on with the answer, which comes back to be passed on.
    pub(super) fn answered(self, response: Response<GatewayBody>) -> Response<GatewayBody> {
        let (head, body) = response.into_parts();
        let (body, answer) = Copied::new(body, self.limit);
        tokio::spawn(self.write(Some(answer)));
        Response::from_parts(head, passed_on(body))
    }

    /// There is no answer of an application.
    pub(super) fn unanswered(self) {
        tokio::spawn(self.write(None));
    }

    /// A request that its client broke off has no body to write down, and no line.
    async fn write(mut self, answer: Option<oneshot::Receiver<Copy>>) {
        match self.body.await {
            Ok(Copy::Whole(body)) => self.request.set_body(&body),
            Ok(Copy::TooLarge) => {}
            Err(_) => return,
        }
        if let Some(answer) = answer
            && let Ok(Copy::Whole(body)) = answer.await
        {
            self.request.set_answer(&body);
        }
        self.recorder.record(&self.request);
    }
}
