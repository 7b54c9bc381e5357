//! A ported application around its router.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use isobar::document::Collection;
use isobar::function::SettingSpec;
use isobar::{Environment, Error, ErrorKind, Result};
use tokio::sync::Mutex;

use super::codec::StoredVariable;
use super::replay::Replay;
use super::variables::Variables;
use crate::express::Express;
use crate::router::Router;
use crate::service::ExpressService;
use crate::unanswered::NotMine;
use crate::value::{JsValue, Thrown};

/// What the handlers of an application share; generated code implements it.
pub trait ForRequest: Clone + Send + Sync + 'static {
    /// The state for one request, with the variables of that request.
    #[must_use]
    fn for_request(&self, variables: Variables) -> Self;
}

/// A ported application: its router, its state and the store of its variables. Cheap to clone.
pub struct Ported<S>(Arc<Application<S>>);

struct Application<S> {
    service: ExpressService<S>,
    state: S,
    variables: Option<Store>,
}

struct Store {
    collection: Collection<StoredVariable>,
    application: Arc<str>,
    /// Requests that were overtaken wait for one another, so that they are not overtaken again.
    overtaken: Mutex<()>,
}

impl<S: ForRequest> Ported<S> {
    /// An application without variables.
    ///
    /// # Errors
    /// A path or a setting that Express refuses, or that is not supported.
    pub fn new(express: Express, router: Router<S>, state: S) -> Result<Self> {
        Self::build(express, router, state, None)
    }

    /// An application whose variables are kept in `collection`, in the partition `application`.
    ///
    /// # Errors
    /// As [`Ported::new`].
    pub fn with_variables(
        express: Express,
        router: Router<S>,
        state: S,
        (application, collection): (&str, Collection<StoredVariable>),
    ) -> Result<Self> {
        let application = application.into();
        let store = Store {
            collection,
            application,
            overtaken: Mutex::new(()),
        };
        Self::build(express, router, state, Some(store))
    }

    fn build(
        express: Express,
        router: Router<S>,
        state: S,
        variables: Option<Store>,
    ) -> Result<Self> {
        let service = express.service(router, state.clone()).map_err(|error| {
            let message = "the router of the ported application cannot be built";
            Error::new(ErrorKind::InvalidArgument, message).with_source(error)
        })?;
        Ok(Self(Arc::new(Application {
            service,
            state,
            variables,
        })))
    }

    /// Answers one request: a handler for the fallback of [`isobar::http::Routes`].
    pub async fn answer(State(ported): State<Self>, request: isobar::http::Request) -> Response {
        let application = &ported.0;
        match &application.variables {
            None => {
                let state = application.state.for_request(Variables::default());
                application.service.finish(request, state).await
            }
            Some(store) => match application.transact(store, Replay::new(request)).await {
                Ok(response) => response,
                Err(error) => error.into_response(),
            },
        }
    }
}

impl<S: ForRequest> Application<S> {
    /// Handles the request until what it changed is stored.
    async fn transact(&self, store: &Store, request: Replay) -> Result<Response> {
        let first = self.attempts(store, &request, 1).await;
        match first {
            Err(error) if error.kind() == ErrorKind::Contention => {
                let _turn = store.overtaken.lock().await;
                self.attempts(store, &request, u32::MAX).await
            }
            done => done,
        }
    }

    async fn attempts(&self, store: &Store, request: &Replay, most: u32) -> Result<Response> {
        let attempts = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let work = |transaction| {
            let attempt = attempts.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let variables = Variables::of(transaction, Arc::clone(&store.application));
            let request = request.request();
            async move {
                // Not a conflict of its own: the attempts are over, and the caller decides.
                let over = || Error::new(ErrorKind::Cancelled, "overtaken by another request");
                (attempt < most).then_some(()).ok_or_else(over)?;
                self.attempt(variables, request).await
            }
        };
        let done = store.collection.transact(&store.application, work).await;
        done.map_err(|error| match error.kind() {
            ErrorKind::Cancelled => Error::new(ErrorKind::Contention, "overtaken"),
            _ => error,
        })
    }

    /// Handles the request once, and says what it changed.
    async fn attempt(
        &self,
        variables: Variables,
        request: isobar::http::Request,
    ) -> Result<Response> {
        let state = self.state.for_request(variables.clone());
        let response = self.service.finish(request, state).await;
        if let Some(error) = variables.failure() {
            return Err(error);
        }
        if response.extensions().get::<NotMine>().is_none() {
            variables.store()?;
        }
        Ok(response)
    }
}

impl<S> Clone for Ported<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for Ported<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ported").finish_non_exhaustive()
    }
}

/// The environment variables that an application reads, as it found them when it started.
#[derive(Debug, Clone, Default)]
pub struct Settings(Arc<BTreeMap<&'static str, String>>);

impl Settings {
    /// Reads the declared settings.
    ///
    /// # Errors
    /// A setting that the application does not declare.
    pub fn read(environment: &Environment, settings: &[SettingSpec]) -> Result<Self> {
        let mut values = BTreeMap::new();
        for setting in settings {
            if let Some(value) = environment.optional_setting(setting)? {
                values.insert(setting.name(), value);
            }
        }
        Ok(Self(Arc::new(values)))
    }

    /// `process.env.NAME`: `undefined` where it is not set.
    pub fn get(&self, name: &str) -> JsValue {
        self.0
            .get(name)
            .map_or(JsValue::Undefined, |value| JsValue::text(value))
    }
}

/// What a constant of the application threw while it started.
impl From<Thrown> for Error {
    fn from(thrown: Thrown) -> Self {
        Self::new(
            ErrorKind::InvalidArgument,
            "a constant of the application cannot be worked out",
        )
        .with_source(thrown)
    }
}
