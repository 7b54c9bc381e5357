//! The way of one request through one router: what is stripped from its URL and given back, which layer is next.

use isobar_express_path::Params;

use super::compile::{Layer, Target};
use super::dispatch::Exit;
use crate::flow::Flow;
use crate::profile::Profile;
use crate::request::Request;
use crate::request::params::{merged, params_object};
use crate::request::url::{path_of, scheme_and_host};
use crate::response::{Response, automatic_options};
use crate::value::{JsValue, Thrown};

/// The variables of `Router.handle`.
pub(super) struct Walk {
    req: Request,
    profile: Profile,
    merge_params: bool,
    index: usize,
    scheme_and_host: usize,
    /// What is stripped from the URL for the layer that runs.
    removed: String,
    slash_added: bool,
    /// The part of the path that the layer matched, and the path.
    matched: (String, String),
    parent_params: JsValue,
    parent_base: String,
    /// Methods for an automatic `OPTIONS` answer.
    allowed: Vec<String>,
    error: Option<Thrown>,
}

/// The layer to run next.
pub(super) struct Step {
    pub(super) layer: usize,
    pub(super) pending: Option<Thrown>,
    params: Params,
}

impl Step {
    /// The parameters whose hooks are called: Express 4 asks for all of the pattern, Express 5 for those that matched.
    pub(super) fn names<S>(&self, layer: &Layer<S>) -> Vec<String> {
        match layer.matcher.grammar() {
            isobar_express_path::Grammar::V4 => layer.matcher.keys().to_vec(),
            isobar_express_path::Grammar::V5 => {
                let names = self.params.iter().map(|(name, _)| name.to_owned());
                names.collect()
            }
        }
    }
}

impl Walk {
    pub(super) fn enter(req: Request, merge_params: bool) -> Self {
        Self {
            profile: req.settings().profile(),
            merge_params,
            index: 0,
            scheme_and_host: req
                .read(|state| scheme_and_host(&state.url))
                .unwrap_or_default(),
            removed: String::new(),
            slash_added: false,
            matched: Default::default(),
            parent_params: req.params(),
            parent_base: req.raw_base_url(),
            allowed: Vec::new(),
            error: None,
            req,
        }
    }

    /// Gives back what was stripped, and finds the next layer; `None` when the router is done.
    pub(super) fn next<S>(&mut self, layers: &[Layer<S>], flow: Flow) -> Option<Step> {
        self.restore_url();
        self.error = None;
        match flow {
            Flow::NextRouter => return None,
            Flow::Error(error) => self.error = Some(error),
            Flow::Done | Flow::Next | Flow::NextRoute => {}
        }
        if self.index >= layers.len() {
            return None;
        }
        let path = self.req.read(|state| path_of(&state.url))?;
        let method = self.req.method();
        let method = method.to_text();
        while let Some(layer) = layers.get(self.index) {
            self.index += 1;
            let found = match layer.matcher.find(&path) {
                Ok(Some(found)) => found,
                Ok(None) => continue,
                Err(error) => {
                    self.error
                        .get_or_insert_with(|| crate::http_error::unmatched(&error));
                    continue;
                }
            };
            if !self.takes(layer, &method) {
                continue;
            }
            self.matched = (found.path().to_owned(), path);
            return Some(self.step(found.into_params()));
        }
        None
    }

    /// Whether a layer whose path matches is run.
    fn takes<S>(&mut self, layer: &Layer<S>, method: &str) -> bool {
        let Target::Route(route) = &layer.target else {
            return true;
        };
        if self.error.is_some() {
            return false;
        }
        if route.handles(method) {
            return true;
        }
        if method == "OPTIONS" {
            let new: Vec<String> = route.allowed();
            let new = new.into_iter().filter(|one| !self.allowed.contains(one));
            let new: Vec<String> = new.collect();
            self.allowed.extend(new);
        }
        // Express dispatches a HEAD request to a route that has no handler for it.
        method == "HEAD"
    }

    fn step(&mut self, params: Params) -> Step {
        let mut object = params_object(&params);
        if self.merge_params {
            object = merged(&object, &self.parent_params);
        }
        self.req.set_params(object);
        Step {
            layer: self.index - 1,
            pending: self.error.take(),
            params,
        }
    }

    /// Strips the matched prefix from the URL; false when the match does not end where a segment ends.
    pub(super) fn trim_prefix(&mut self) -> bool {
        let (matched, path) = &self.matched;
        if matched.is_empty() {
            return true;
        }
        let Some(rest) = path.strip_prefix(matched.as_str()) else {
            return false;
        };
        let ends = match rest.chars().next() {
            None | Some('/') => true,
            Some('.') => self.profile == Profile::V4,
            Some(_) => false,
        };
        if !ends {
            return false;
        }
        let mut url = self.req.raw_url();
        let end = (self.scheme_and_host + matched.len()).min(url.len());
        url.replace_range(self.scheme_and_host..end, "");
        if self.scheme_and_host == 0 && !url.starts_with('/') {
            url.insert(0, '/');
            self.slash_added = true;
        }
        self.req.set_raw_url(url);
        let base = matched.strip_suffix('/').unwrap_or(matched);
        self.req
            .set_raw_base_url(format!("{}{base}", self.parent_base));
        self.removed.clone_from(matched);
        true
    }

    fn restore_url(&mut self) {
        if self.removed.is_empty() {
            return;
        }
        let mut url = self.req.raw_url();
        if std::mem::take(&mut self.slash_added) && self.drops_slash(&url) {
            url.remove(0);
        }
        self.req.set_raw_base_url(self.parent_base.clone());
        let place = self.scheme_and_host.min(url.len());
        url.insert_str(place, &self.removed);
        self.req.set_raw_url(url);
        self.removed.clear();
    }

    /// Express 4 always takes the added slash away again; Express 5 only where the layer left it there.
    fn drops_slash(&self, url: &str) -> bool {
        let root = url == "/" || url.starts_with("/?");
        let again = self.removed.ends_with('/') && url.starts_with('/');
        url.starts_with(|_| true) && (self.profile == Profile::V4 || root || again)
    }

    /// Gives the request back to the router above.
    pub(super) fn leave(mut self, res: &Response) -> Exit {
        self.req
            .set_raw_base_url(std::mem::take(&mut self.parent_base));
        self.req.set_params(std::mem::take(&mut self.parent_params));
        if self.error.is_some() || self.allowed.is_empty() {
            return Exit::Out(self.error);
        }
        match automatic_options(self.profile, res, self.allowed) {
            Ok(()) => Exit::Finished,
            Err(error) => Exit::Out(Some(error)),
        }
    }
}
