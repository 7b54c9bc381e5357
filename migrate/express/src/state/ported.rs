//! A ported application around its router.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use isobar::document::Collection;
use isobar::driver::jitter;
use isobar::function::SettingSpec;
use isobar::{Environment, Error, ErrorKind, Result};

use super::memory::Memory;
use super::replay::Replay;
use super::stored::StoredVariable;
use super::variables::{Ending, IsAnswered, Variables};
use super::writer::Writer;
use crate::express::Express;
use crate::router::Router;
use crate::service::ExpressService;
use crate::unanswered::NotMine;
use crate::value::{JsValue, Thrown};

/// How often a request is handled before it is given up, because other processes are always faster.
const MOST_ATTEMPTS: u32 = 64;

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
    memory: Option<Arc<Memory>>,
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
        let memory = Memory::new(Writer::new(collection, application));
        Self::build(express, router, state, Some(Arc::new(memory)))
    }

    fn build(
        express: Express,
        router: Router<S>,
        state: S,
        memory: Option<Arc<Memory>>,
    ) -> Result<Self> {
        let service = express.service(router, state.clone()).map_err(|error| {
            let message = "the router of the ported application cannot be built";
            Error::new(ErrorKind::InvalidArgument, message).with_source(error)
        })?;
        Ok(Self(Arc::new(Application {
            service,
            state,
            memory,
        })))
    }

    /// Answers one request: a handler for the fallback of [`isobar::http::Routes`].
    pub async fn answer(State(ported): State<Self>, request: isobar::http::Request) -> Response {
        let application = &ported.0;
        match &application.memory {
            None => {
                let state = application.state.for_request(Variables::default());
                let (head, body) = request.into_parts();
                application.service.finish((&head, body), state).await
            }
            Some(memory) => match application.attempts(memory, &Replay::new(request)).await {
                Ok(response) => response,
                Err(error) => error.into_response(),
            },
        }
    }
}

impl<S: ForRequest> Application<S> {
    /// Handles the request until what it changed is stored.
    async fn attempts(&self, memory: &Arc<Memory>, request: &Replay) -> Result<Response> {
        for attempt in 1..=MOST_ATTEMPTS {
            let variables = Variables::of(memory, request.clone());
            let state = self.state.for_request(variables.clone());
            let response = self.service.finish(request.request(), state).await;
            let is_answered = match response.extensions().get::<NotMine>() {
                None => IsAnswered::Yes,
                Some(_) => IsAnswered::No,
            };
            match variables.end(is_answered).await {
                Ok(Ending::Stored) => return Ok(response),
                Err(error) if error.kind() != ErrorKind::Contention => return Err(error),
                Ok(Ending::Overtaken) | Err(_) => tokio::time::sleep(pause(attempt)).await,
            }
        }
        let message = "other processes changed the variables again and again";
        Err(Error::new(ErrorKind::Contention, message))
    }
}

/// Up to 2 ms after the first attempt, doubling to at most 64 ms, at random so that processes part.
fn pause(attempt: u32) -> Duration {
    jitter(Duration::from_millis(1 << attempt.min(6)))
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
