//! A request through a front door: from the application's response to the door's answer.

use bytes::Bytes;
use http::Method;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use isobar::driver::within;
use isobar::function::{AppService, Context, Origin};
use isobar::http::{RemoteAddress, Request, Response};
use isobar::{Error, ErrorKind, Result};

use super::invocation::Reply;
use super::stream::Streamed;
use super::{clock, refusal};
use crate::gateway::FrontDoor;

/// One request on its way.
pub(super) struct Visit {
    pub(super) door: FrontDoor,
    /// Whether the door passes content on while it is produced.
    pub(super) streams: bool,
    pub(super) context: Context,
}

impl Visit {
    pub(super) async fn answer(self, app: &AppService, request: Request) -> Result<Reply> {
        let is_head = request.method() == Method::HEAD;
        let response = if let Some(refused) = refusal::of_request(self.door, &request) {
            refused.into_response(self.context.id())
        } else {
            let origin = self.origin(&request);
            let answer = app.respond(request, origin).await;
            answer.unwrap_or_else(|never| match never {})
        };
        if self.streams {
            let streamed = Streamed::new(response, is_head, self.context)?;
            return Ok(Reply::Stream(streamed));
        }
        self.whole(response, is_head).await.map(Reply::Whole)
    }

    fn origin(&self, request: &Request) -> Origin {
        let remote = request.extensions().get::<RemoteAddress>();
        Origin::default()
            .with_id(self.context.id().clone())
            .with_deadline(self.context.deadline())
            .with_remote_address(remote.map(|address| address.0))
    }

    async fn whole(&self, response: Response, is_head: bool) -> Result<Bytes> {
        let most = self.door.limits().answer;
        let mut whole = match self.collect(response, most).await {
            Ok(whole) => whole,
            Err(error) if error.kind() == ErrorKind::TooLarge => {
                refusal::of_response(most, &self.context)
            }
            Err(error) => refusal::of_failure(error, &self.context).await?,
        };
        if is_head {
            whole.body_mut().clear();
        }
        match self.door.answer(whole) {
            Err(error) if error.kind() == ErrorKind::TooLarge => {
                self.door.answer(refusal::of_response(most, &self.context))
            }
            answer => answer,
        }
    }

    /// The response with all its content, which this door takes in one piece.
    async fn collect(&self, response: Response, most: u64) -> Result<http::Response<Bytes>> {
        let (parts, body) = response.into_parts();
        let whole = async {
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            let collected = Limited::new(body, most).collect().await;
            collected.map_err(not_collected)
        };
        let collected = match self.context.remaining() {
            Some(time) => within(&clock(), time, whole).await?,
            None => whole.await?,
        };
        Ok(http::Response::from_parts(parts, collected.to_bytes()))
    }
}

fn not_collected(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    if error.is::<LengthLimitError>() {
        return Error::new(ErrorKind::TooLarge, "the response is too large");
    }
    Error::new(ErrorKind::Internal, "the response's body failed").with_source(error)
}
