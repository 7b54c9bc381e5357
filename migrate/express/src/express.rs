//! An application: a profile and settings, to which a router is given.

use std::sync::Arc;

use crate::error::Error;
use crate::profile::Profile;
use crate::router::{Router, Stack};
use crate::service::ExpressService;
use crate::settings::Settings;
use crate::value::JsValue;

/// The settings of an Express application, as `app.set` collects them.
///
/// ```
/// use isobar_express::{Express, Handled, Profile, Request, Response, Router};
///
/// async fn hello(_: Request, res: Response) -> Handled {
///     res.send("hello")
/// }
///
/// let service = Express::new(Profile::V4)
///     .disable("x-powered-by")
///     .set("json spaces", 2)
///     .service(Router::new().get("/", hello), ())?;
/// # Ok::<(), isobar_express::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Express {
    pub(crate) profile: Profile,
    pub(crate) values: Vec<(String, JsValue)>,
}

impl Express {
    /// `express()`: the default settings of that version. `env` is `development` unless it is set, as in Express
    /// without the variable `NODE_ENV`.
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            values: Vec::new(),
        }
    }

    /// `app.set(name, value)`.
    ///
    /// Functions as values of `etag`, `query parser`, `trust proxy` and `json replacer` are refused by
    /// [`Express::service`], as is `view engine`: views stay in the legacy application. Names that Express does not
    /// know are kept for [`Request::setting`](crate::Request::setting).
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<JsValue>) -> Self {
        self.values.push((name.to_owned(), value.into()));
        self
    }

    /// `app.enable(name)`.
    #[must_use]
    pub fn enable(self, name: &str) -> Self {
        self.set(name, true)
    }

    /// `app.disable(name)`.
    #[must_use]
    pub fn disable(self, name: &str) -> Self {
        self.set(name, false)
    }

    /// The application as a [`tower::Service`], to be mounted as a fallback of an axum router or of `isobar`'s routes.
    ///
    /// # Errors
    /// A path or a setting that Express refuses, or that is not supported.
    pub fn service<S>(self, router: Router<S>, state: S) -> Result<ExpressService<S>, Error>
    where
        S: Clone + Send + Sync + 'static,
    {
        let settings = Arc::new(self.into_settings(None)?);
        let stack = Stack::of_application(router, &settings)?;
        Ok(ExpressService::new(settings, stack, state))
    }

    pub(crate) fn into_settings(self, parent: Option<&Arc<Settings>>) -> Result<Settings, Error> {
        Settings::new(self.profile, self.values, parent)
    }
}
