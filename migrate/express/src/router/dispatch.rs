//! Takes a request through a stack, as `Router.handle` and `Route.dispatch` of Express do.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::compile::{Layer, Stack, Target};
use super::hooks::Hooks;
use super::route::Route;
use super::walk::Walk;
use crate::flow::Flow;
use crate::handler::{Callback, Handler};
use crate::profile::Profile;
use crate::request::Request;
use crate::response::Response;
use crate::settings::Settings;
use crate::unanswered::Unanswered;
use crate::value::{ErrorClass, Thrown};

/// How a request left a router.
#[derive(Debug)]
pub(crate) enum Exit {
    /// A function returned without calling `next`.
    Finished,
    /// Nothing was left to call; with the pending error.
    Out(Option<Thrown>),
}

/// What every function of one request is called with.
pub(crate) struct Call<S> {
    pub(crate) req: Request,
    pub(crate) res: Response,
    pub(crate) state: S,
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl<S: Clone + Send + Sync + 'static> Call<S> {
    /// Runs an application: its `X-Powered-By`, its query parser, its stack.
    pub(crate) async fn application(&self, settings: &Arc<Settings>, stack: &Stack<S>) -> Exit {
        self.req.enter_application(settings);
        // Express 4 creates the router, and the header with it, when the first route is registered.
        let lazy = settings.profile() == Profile::V4 && stack.layers.is_empty();
        if !lazy && settings.enabled("x-powered-by") {
            // The header can be refused only after the headers were sent, where Express ignores the error too.
            let _ = self.res.set("X-Powered-By", "Express");
        }
        self.stack(stack).await
    }

    fn stack<'a>(&'a self, stack: &'a Stack<S>) -> Boxed<'a, Exit> {
        Box::pin(self.run_stack(stack))
    }

    async fn run_stack(&self, stack: &Stack<S>) -> Exit {
        let mut walk = Walk::enter(self.req.clone(), stack.merge_params);
        let mut hooks = Hooks::new(&stack.hooks);
        let mut flow = Flow::Next;
        while let Some(step) = walk.next(&stack.layers, flow) {
            let layer = &stack.layers[step.layer];
            flow = match hooks.run(self, layer, &step).await {
                Some(Flow::Next) => self.layer(layer, &mut walk, step.pending).await,
                Some(Flow::Error(error)) => Flow::Error(step.pending.unwrap_or(error)),
                Some(other) => step.pending.map_or(other, Flow::Error),
                None => Flow::Done,
            };
            if matches!(flow, Flow::Done) {
                return Exit::Finished;
            }
        }
        walk.leave(&self.res)
    }

    /// Runs what one layer stands for.
    async fn layer(&self, layer: &Layer<S>, walk: &mut Walk, pending: Option<Thrown>) -> Flow {
        if let Target::Route(route) = &layer.target {
            return self.route(route).await;
        }
        if !walk.trim_prefix() {
            return pending.map_or(Flow::Next, Flow::Error);
        }
        match (&layer.target, pending) {
            (Target::Middleware(handler), pending) => self.handler(handler, pending).await,
            (Target::Router(_) | Target::Application(..), Some(error)) => Flow::Error(error),
            (Target::Router(stack), None) => out(self.stack(stack).await),
            (Target::Application(settings, stack), None) => {
                let outer = self.req.settings();
                let exit = Box::pin(self.application(settings, stack)).await;
                if matches!(exit, Exit::Out(_)) {
                    self.req.leave_application(outer);
                }
                out(exit)
            }
            (Target::Route(_), _) => Flow::Next,
        }
    }

    async fn route(&self, route: &Route<S>) -> Flow {
        let method = self.req.method();
        let method = method.to_text();
        let method = route.effective_method(&method);
        let mut pending = None;
        for step in &route.steps {
            if step.method.as_deref().is_some_and(|own| own != method) {
                continue;
            }
            match self.handler(&step.handler, pending).await {
                Flow::Next => pending = None,
                Flow::Error(error) => pending = Some(error),
                Flow::NextRoute => return Flow::Next,
                end @ (Flow::Done | Flow::NextRouter) => return end,
            }
        }
        pending.map_or(Flow::Next, Flow::Error)
    }

    /// Calls `handler`, or passes on what it does not take.
    async fn handler(&self, handler: &Handler<S>, pending: Option<Thrown>) -> Flow {
        let (req, res, state) = (self.req.clone(), self.res.clone(), self.state.clone());
        let outcome = match (&handler.callback, pending) {
            (Callback::Request(call), None) => call(req, res, state).await,
            (Callback::Error(call), Some(error)) => call(error.into_value(), req, res, state).await,
            (Callback::Request(_) | Callback::Refused(_), Some(error)) => {
                return Flow::Error(error);
            }
            (Callback::Error(_) | Callback::Refused(_), None) => return Flow::Next,
        };
        match (outcome, handler.promise) {
            (Ok(flow), _) => flow,
            (Err(thrown), false) => Flow::of(thrown.into_value()),
            (Err(thrown), true) => self.rejected(thrown),
        }
    }

    /// What becomes of a rejected promise.
    fn rejected(&self, reason: Thrown) -> Flow {
        if self.req.settings().profile() == Profile::V4 {
            tracing::error!(%reason, "a handler's promise was rejected, which Express 4 does not handle");
            self.res.give_up(Unanswered::Rejected);
            return Flow::Done;
        }
        if reason.value().truthy() {
            return Flow::of(reason.into_value());
        }
        Flow::Error(Thrown::error(ErrorClass::Error, "Rejected promise"))
    }
}

fn out(exit: Exit) -> Flow {
    match exit {
        Exit::Finished => Flow::Done,
        Exit::Out(None) => Flow::Next,
        Exit::Out(Some(error)) => Flow::of(error.into_value()),
    }
}
