//! Routes and middleware in order of registration, as `express.Router()` and `app` collect them.

mod compile;
mod dispatch;
mod hooks;
mod param;
mod route;
mod walk;

use std::fmt;

use isobar_express_path::Pattern;

pub(crate) use compile::Stack;
pub(crate) use dispatch::{Call, Exit};
pub use param::{IntoParamHook, ParamHook};
pub use route::Route;

use crate::express::Express;
use crate::handler::{Handler, IntoHandlers};

/// An ordered stack of middleware and routes. It is data until [`Express::service`] compiles it.
///
/// ```
/// use isobar_express::{Handled, Request, Response, Router};
///
/// async fn show(req: Request, res: Response) -> Handled {
///     res.json(req.params())
/// }
///
/// let notes: Router = Router::new().get("/:id", show);
/// let app = Router::new().mount("/notes", notes);
/// ```
pub struct Router<S = ()> {
    pub(crate) items: Vec<Item<S>>,
    pub(crate) hooks: Vec<(String, ParamHook<S>)>,
    pub(crate) options: RouterOptions,
}

/// The options of `express.Router({…})`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RouterOptions {
    /// `mergeParams`: handlers also see the parameters of the path that this router is mounted at.
    pub merge_params: bool,
    /// `caseSensitive`. For the outermost router the setting `case sensitive routing` decides instead.
    pub case_sensitive: bool,
    /// `strict`: a trailing slash makes a difference. For the outermost router `strict routing` decides.
    pub strict: bool,
}

/// One registration.
pub(crate) enum Item<S> {
    Middleware(Pattern, Handler<S>),
    Route(Pattern, Route<S>),
    Router(Pattern, Router<S>),
    Application(Pattern, Box<Express>, Router<S>),
}

impl<S> Router<S> {
    /// An empty router.
    pub fn new() -> Self {
        Self {
            items: Vec::new(),
            hooks: Vec::new(),
            options: RouterOptions::default(),
        }
    }

    /// Sets the options of `express.Router({…})`.
    #[must_use]
    pub fn with(mut self, options: RouterOptions) -> Self {
        self.options = options;
        self
    }

    /// `use(a, b, …)`: middleware for every path. A function of four arguments handles errors.
    #[must_use]
    pub fn middleware<M>(self, handlers: impl IntoHandlers<S, M>) -> Self {
        self.middleware_at("/", handlers)
    }

    /// `use(path, a, b, …)`: middleware for every path below `path`, which they see stripped from
    /// `req.url`.
    #[must_use]
    pub fn middleware_at<M>(
        mut self,
        path: impl Into<Pattern>,
        handlers: impl IntoHandlers<S, M>,
    ) -> Self {
        let path = path.into();
        let handlers = handlers.into_handlers();
        self.items.extend(
            handlers
                .into_iter()
                .map(|one| Item::Middleware(path.clone(), one)),
        );
        self
    }

    /// `use(path, router)`: a router below `path`; `"/"` where Express is given none.
    #[must_use]
    pub fn mount(mut self, path: impl Into<Pattern>, router: Self) -> Self {
        self.items.push(Item::Router(path.into(), router));
        self
    }

    /// `use(path, app)`: an application with settings of its own. Settings that it does not set are those of the
    /// application above it.
    #[must_use]
    pub fn mount_application(
        mut self,
        path: impl Into<Pattern>,
        application: Express,
        router: Self,
    ) -> Self {
        self.items.push(Item::Application(
            path.into(),
            Box::new(application),
            router,
        ));
        self
    }

    /// `route(path)` with its handlers; `route(path).get(a).post(b)` is
    /// `.route(path, Route::new().get(a).post(b))`.
    #[must_use]
    pub fn route(mut self, path: impl Into<Pattern>, route: Route<S>) -> Self {
        self.items.push(Item::Route(path.into(), route));
        self
    }

    /// `all(path, …)`: every method.
    #[must_use]
    pub fn all<M>(self, path: impl Into<Pattern>, handlers: impl IntoHandlers<S, M>) -> Self {
        self.route(path, Route::new().all(handlers))
    }

    /// A route for any method that Node's HTTP parser knows, in upper or lower case: `"PURGE"`.
    #[must_use]
    pub fn on<M>(
        self,
        method: &str,
        path: impl Into<Pattern>,
        handlers: impl IntoHandlers<S, M>,
    ) -> Self {
        self.route(path, Route::new().on(method, handlers))
    }

    /// `param(name, hook)`: called once for each value of the parameter `name` before the handlers that have it.
    #[must_use]
    pub fn param<M>(mut self, name: &str, hook: impl IntoParamHook<S, M>) -> Self {
        // Express 4 still takes the old spelling `:name`.
        let name = name.strip_prefix(':').unwrap_or(name);
        self.hooks.push((name.to_owned(), hook.into_param_hook()));
        self
    }
}

macro_rules! methods {
    ($($name:ident $method:literal),+) => {
        impl<S> Router<S> {
            $(
                #[doc = concat!("A route for `", $method, "` at `path`.")]
                #[must_use]
                pub fn $name<M>(
                    self,
                    path: impl Into<Pattern>,
                    handlers: impl IntoHandlers<S, M>,
                ) -> Self {
                    self.on($method, path, handlers)
                }
            )+
        }

        impl<S> Route<S> {
            $(
                #[doc = concat!("Handlers for `", $method, "`.")]
                #[must_use]
                pub fn $name<M>(self, handlers: impl IntoHandlers<S, M>) -> Self {
                    self.on($method, handlers)
                }
            )+
        }
    };
}

methods!(
    get "GET", post "POST", put "PUT", patch "PATCH", delete "DELETE", head "HEAD", options "OPTIONS"
);

impl<S> Default for Router<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Router<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for item in &self.items {
            match item {
                Item::Middleware(path, _) => list.entry(&format_args!("use {path}")),
                Item::Route(path, route) => list.entry(&format_args!("{route:?} {path}")),
                Item::Router(path, router) => list.entry(&format_args!("{path} {router:?}")),
                Item::Application(path, _, router) => {
                    list.entry(&format_args!("application {path} {router:?}"))
                }
            };
        }
        list.finish()
    }
}
