//! A request through a front door: from the application's response to the door's answer.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use isobar::authorization::CheckedClaims;
use isobar::driver::{Problem, sealed_response};
use isobar::function::{AppService, Context, Origin, Trace};
use isobar::http::{RemoteAddress, Request, Response};
use isobar::{ErrorKind, Result};
use isobar_serve::{client_scheme, response_not_passed_on, told_address, too_large};

use super::invocation::Reply;
use super::mode::InvokeMode;
use super::settings::Settings;
use super::stream::Streamed;
use crate::gateway::{Checked, FrontDoor};

/// One request on its way.
pub(super) struct Visit {
    pub(super) door: FrontDoor,
    pub(super) context: Context,
    /// The trace, where the client tells none.
    pub(super) trace: Option<Trace>,
    pub(super) settings: Arc<Settings>,
}

impl Visit {
    pub(super) async fn answer(self, app: &AppService, mut request: Request) -> Result<Reply> {
        let is_head = request.method() == Method::HEAD;
        self.note_claims(&mut request);
        let refused = too_large(&request, self.door.request_limits());
        let response = if let Some(problem) = refused {
            problem.into_response(self.context.id())
        } else {
            let origin = self.origin(&request);
            let answer = app.respond(request, origin).await;
            answer.unwrap_or_else(|never| match never {})
        };
        self.reply(response, is_head).await
    }

    /// What the client gets whose request cannot be one.
    pub(super) async fn refuse(self, problem: Problem) -> Result<Reply> {
        let response = problem.into_response(self.context.id());
        self.reply(response, false).await
    }

    /// The word of whoever checks callers for the application; that of others does not count.
    fn note_claims(&self, request: &mut Request) {
        let extensions = request.extensions_mut();
        if let Some(Checked { by, claims }) = extensions.remove()
            && self.settings.checker == Some(by)
        {
            extensions.insert(CheckedClaims(claims));
        }
    }

    fn origin(&self, request: &Request) -> Origin {
        let told = request.extensions().get::<RemoteAddress>();
        let told = told.map(|address| address.0);
        let hops = self.settings.trusted_hops;
        let hops = hops.filter(|_| self.door.appends_addresses());
        let headers = request.headers();
        let client = told_address(headers, hops, told);
        let scheme = hops.and_then(|hops| client_scheme(headers, hops));
        Origin::default()
            .with_id(self.context.id().clone())
            .with_trace(self.trace.clone())
            .with_deadline(self.context.deadline())
            .with_remote_address(client)
            .with_scheme(scheme.or_else(|| self.door.scheme(headers)))
    }

    async fn reply(self, response: Response, is_head: bool) -> Result<Reply> {
        // Other doors than a function's URL take an answer whole, however that is invoked.
        let streams =
            self.settings.mode == InvokeMode::ResponseStream && self.door == FrontDoor::FunctionUrl;
        if streams {
            let streamed = Streamed::new(response, is_head, self.context)?;
            return Ok(Reply::Stream(streamed));
        }
        self.whole(response, is_head).await.map(Reply::Whole)
    }

    async fn whole(&self, response: Response, is_head: bool) -> Result<Bytes> {
        let most = self.door.limits().answer;
        let seal = |whole| self.door.answer(whole);
        match sealed_response((response, is_head), most, &self.context, seal).await {
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                let id = self.context.id();
                tracing::error!(target: "isobar", id = id.as_str(), ?error, "a response cannot be passed on");
                self.door
                    .answer(response_not_passed_on(&error).into_response(id))
            }
            answer => answer,
        }
    }
}

#[cfg(test)]
mod tests;
