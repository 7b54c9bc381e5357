//! A request through a front door: from the application's response to the door's answer.

use bytes::Bytes;
use http::Method;
use isobar::Result;
use isobar::driver::sealed_response;
use isobar::function::{AppService, Context, Origin, Trace};
use isobar::http::{RemoteAddress, Request, Response};

use super::invocation::Reply;
use super::refusal;
use super::stream::Streamed;
use crate::gateway::FrontDoor;

/// One request on its way.
pub(super) struct Visit {
    pub(super) door: FrontDoor,
    /// Whether the door passes content on while it is produced.
    pub(super) streams: bool,
    pub(super) context: Context,
    /// The trace, where the client tells none.
    pub(super) trace: Option<Trace>,
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
            .with_trace(self.trace.clone())
            .with_deadline(self.context.deadline())
            .with_remote_address(remote.map(|address| address.0))
    }

    async fn whole(&self, response: Response, is_head: bool) -> Result<Bytes> {
        let most = self.door.limits().answer;
        let seal = |whole| self.door.answer(whole);
        sealed_response((response, is_head), most, &self.context, seal).await
    }
}
