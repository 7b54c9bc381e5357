//! Compiles the paths of a router, and of all routers below it, in the grammar of one Express version.

use std::sync::Arc;

use isobar_express_path::{Extent, Matcher, Options, PathError, Pattern};

use super::param::ParamHook;
use super::route::Route;
use super::{Item, Router, RouterOptions};
use crate::error::Error;
use crate::handler::{Callback, Handler};
use crate::profile::Profile;
use crate::settings::Settings;

/// A router whose paths are compiled.
pub(crate) struct Stack<S> {
    pub(super) layers: Vec<Layer<S>>,
    pub(super) hooks: Vec<(String, ParamHook<S>)>,
    pub(super) merge_params: bool,
}

/// One registration: what it matches and what it runs.
pub(super) struct Layer<S> {
    pub(super) matcher: Matcher,
    pub(super) target: Target<S>,
}

pub(super) enum Target<S> {
    Middleware(Handler<S>),
    Route(Route<S>),
    Router(Stack<S>),
    Application(Arc<Settings>, Stack<S>),
}

impl<S> Stack<S> {
    /// Compiles the outermost router of an application.
    pub(crate) fn of_application(
        router: Router<S>,
        settings: &Arc<Settings>,
    ) -> Result<Self, Error> {
        let options = RouterOptions {
            case_sensitive: settings.enabled("case sensitive routing"),
            strict: settings.enabled("strict routing"),
            merge_params: false,
        };
        Self::compile(router, settings, options)
    }

    fn compile(
        router: Router<S>,
        settings: &Arc<Settings>,
        options: RouterOptions,
    ) -> Result<Self, Error> {
        let paths = Paths {
            profile: settings.profile(),
            options,
        };
        let mut layers = Vec::new();
        for item in router.items {
            layers.push(layer(item, &paths, settings)?);
        }
        Ok(Self {
            layers,
            hooks: router.hooks,
            merge_params: options.merge_params,
        })
    }
}

fn layer<S>(item: Item<S>, paths: &Paths, settings: &Arc<Settings>) -> Result<Layer<S>, Error> {
    Ok(match item {
        Item::Middleware(path, handler) => {
            accept(&handler)?;
            Layer {
                matcher: paths.prefix(&path)?,
                target: Target::Middleware(handler),
            }
        }
        Item::Route(path, route) => {
            route
                .steps
                .iter()
                .try_for_each(|step| accept(&step.handler))?;
            Layer {
                matcher: paths.whole(&path)?,
                target: Target::Route(route),
            }
        }
        Item::Router(path, router) => {
            let options = router.options;
            let stack = Stack::compile(router, settings, options)?;
            Layer {
                matcher: paths.prefix(&path)?,
                target: Target::Router(stack),
            }
        }
        Item::Application(path, application, router) => {
            let own = Arc::new(application.into_settings(Some(settings))?);
            let stack = Stack::of_application(router, &own)?;
            Layer {
                matcher: paths.prefix(&path)?,
                target: Target::Application(own, stack),
            }
        }
    })
}

fn accept<S>(handler: &Handler<S>) -> Result<(), Error> {
    match &handler.callback {
        Callback::Refused(reason) => Err(Error::middleware(reason)),
        Callback::Request(_) | Callback::Error(_) => Ok(()),
    }
}

struct Paths {
    profile: Profile,
    options: RouterOptions,
}

impl Paths {
    fn prefix(&self, path: &Pattern) -> Result<Matcher, PathError> {
        let case_sensitive = self.options.case_sensitive;
        let options = Options {
            extent: Extent::Prefix,
            case_sensitive,
            strict: false,
        };
        Matcher::new(self.profile.grammar(), path, options)
    }

    fn whole(&self, path: &Pattern) -> Result<Matcher, PathError> {
        let RouterOptions {
            case_sensitive,
            strict,
            ..
        } = self.options;
        let options = Options {
            extent: Extent::Whole,
            case_sensitive,
            strict,
        };
        Matcher::new(self.profile.grammar(), path, options)
    }
}
