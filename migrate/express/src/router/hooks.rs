//! Calls the param hooks of a layer, once for each value in one pass through a router.

use super::compile::Layer;
use super::dispatch::Call;
use super::param::ParamHook;
use super::walk::Step;
use crate::flow::Flow;
use crate::request::Request;
use crate::value::JsValue;

/// The hooks of one router and what they were called with during one request.
pub(super) struct Hooks<'s, S> {
    hooks: &'s [(String, ParamHook<S>)],
    called: Vec<Called>,
}

/// `paramCalled` of the original.
struct Called {
    name: String,
    matched: JsValue,
    value: JsValue,
    /// What a hook called `next` with, when it was not nothing.
    stopped: Option<Flow>,
}

impl<'s, S: Clone + Send + Sync + 'static> Hooks<'s, S> {
    pub(super) fn new(hooks: &'s [(String, ParamHook<S>)]) -> Self {
        Self {
            hooks,
            called: Vec::new(),
        }
    }

    /// Runs the hooks for the parameters that `step` matched; `None` when one of them did not call `next`.
    pub(super) async fn run(
        &mut self,
        call: &Call<S>,
        layer: &Layer<S>,
        step: &Step,
    ) -> Option<Flow> {
        if self.hooks.is_empty() {
            return Some(Flow::Next);
        }
        for name in step.names(layer) {
            match self.run_for(call, &name).await {
                Some(Flow::Next) => {}
                end => return end,
            }
        }
        Some(Flow::Next)
    }

    async fn run_for(&mut self, call: &Call<S>, name: &str) -> Option<Flow> {
        let value = param(&call.req, name);
        let hooks: Vec<_> = self.hooks.iter().filter(|(own, _)| own == name).collect();
        if value.is_undefined() || hooks.is_empty() {
            return Some(Flow::Next);
        }
        if let Some(called) = self.called.iter().find(|called| called.name == name)
            && called.settles(&value)
        {
            set_param(&call.req, name, called.value.clone());
            return Some(called.stopped.clone().unwrap_or(Flow::Next));
        }
        let place = self.place(name, &value);
        for (_, hook) in hooks {
            let (req, res, state) = (call.req.clone(), call.res.clone(), call.state.clone());
            let flow = match (hook.0)(req, res, value.clone(), state).await {
                Ok(Flow::Done) => return None,
                Ok(flow) => flow,
                Err(thrown) => Flow::of(thrown.into_value()),
            };
            self.called[place].value = param(&call.req, name);
            if !matches!(flow, Flow::Next) {
                self.called[place].stopped = Some(flow.clone());
                return Some(flow);
            }
        }
        Some(Flow::Next)
    }

    /// Notes that the hooks of `name` are called with `value`.
    fn place(&mut self, name: &str, value: &JsValue) -> usize {
        let called = Called {
            name: name.to_owned(),
            matched: value.clone(),
            value: value.clone(),
            stopped: None,
        };
        let known = self.called.iter().position(|called| called.name == name);
        let Some(place) = known else {
            self.called.push(called);
            return self.called.len() - 1;
        };
        self.called[place] = called;
        place
    }
}

impl Called {
    /// Whether the hooks need not be called again for `value`.
    fn settles(&self, value: &JsValue) -> bool {
        let failed = self
            .stopped
            .as_ref()
            .is_some_and(|flow| !matches!(flow, Flow::NextRoute));
        self.matched == *value || failed
    }
}

fn param(req: &Request, name: &str) -> JsValue {
    req.params().get(name).unwrap_or_default()
}

fn set_param(req: &Request, name: &str, value: JsValue) {
    if let JsValue::Object(params) = req.params() {
        params.define(name.to_owned(), value);
    }
}
