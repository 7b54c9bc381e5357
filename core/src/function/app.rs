//! The declaration of an application.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::description::{Declarations, Description, ScheduleDescription};
use super::service::{AppService, Trigger};
use super::{Event, Outcome, SecretSpec, SettingSpec};
use crate::blob::BucketSpec;
use crate::capability::Capability;
use crate::document::CollectionSpec;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::http::Routes;

type EventFuture = Pin<Box<dyn Future<Output = Result<Outcome>> + Send>>;
type EventHandler<S> = Arc<dyn Fn(S, Event) -> EventFuture + Send + Sync>;
type StateBuilder<S> = Box<dyn FnOnce(&Environment) -> Result<S> + Send>;

/// Routes, triggers and resources, declared as data and bound to a platform later.
///
/// `S` is the state that every handler gets; it is built once, when a platform starts the
/// application, and never by [`App::describe`].
///
/// ```
/// use axum::Json;
/// use axum::extract::{Path, State};
/// use isobar::document::{Collection, CollectionSpec, SortType};
/// use isobar::http::Routes;
/// use isobar::{App, Environment, Result};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Note { owner: String, id: String, text: String }
///
/// const NOTES: CollectionSpec<Note> =
///     CollectionSpec::new("notes").partition("owner").sort("id", SortType::Str);
///
/// async fn get_note(
///     State(notes): State<Collection<Note>>,
///     Path((owner, id)): Path<(String, String)>,
/// ) -> Result<Json<Note>> {
///     Ok(Json(notes.fetch((owner, id)).await?.value))
/// }
///
/// fn app() -> App<Collection<Note>> {
///     App::new("notes", |env: &Environment| env.collection(&NOTES))
///         .collection(&NOTES)
///         .routes(Routes::new().get("/notes/{owner}/{id}", get_note))
/// }
///
/// assert_eq!(app().describe().routes[0].path, "/notes/{owner}/{id}");
/// ```
pub struct App<S> {
    name: &'static str,
    state: StateBuilder<S>,
    declarations: Declarations,
    routes: Routes<S>,
    schedules: Vec<(ScheduleDescription, EventHandler<S>)>,
    required: Vec<Capability>,
}

impl<S> fmt::Debug for App<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<S: Clone + Send + Sync + 'static> App<S> {
    /// An application whose handlers get what `state` builds from the environment.
    pub fn new(
        name: &'static str,
        state: impl FnOnce(&Environment) -> Result<S> + Send + 'static,
    ) -> Self {
        Self {
            name,
            state: Box::new(state),
            declarations: Declarations::default(),
            routes: Routes::new(),
            schedules: Vec::new(),
            required: Vec::new(),
        }
    }

    /// Declares a collection.
    #[must_use]
    pub fn collection<T>(mut self, spec: &CollectionSpec<T>) -> Self {
        self.declarations.collections.push(spec.schema(""));
        self
    }

    /// Declares a bucket.
    #[must_use]
    pub fn bucket(mut self, spec: &BucketSpec) -> Self {
        self.declarations.buckets.push(*spec);
        self
    }

    /// Declares a setting.
    #[must_use]
    pub fn setting(mut self, spec: &SettingSpec) -> Self {
        self.declarations.settings.push(*spec);
        self
    }

    /// Declares a secret.
    #[must_use]
    pub fn secret(mut self, spec: &SecretSpec) -> Self {
        self.declarations.secrets.push(*spec);
        self
    }

    /// Adds HTTP routes.
    #[must_use]
    pub fn routes(mut self, routes: Routes<S>) -> Self {
        self.routes = self.routes.merge(routes);
        self
    }

    /// Wakes `handler` on a schedule: five fields of cron, in UTC.
    #[must_use]
    pub fn schedule<H, F>(mut self, name: &'static str, cron: &'static str, handler: H) -> Self
    where
        H: Fn(S, Event) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Outcome>> + Send + 'static,
    {
        let handler: EventHandler<S> =
            Arc::new(move |state, event| Box::pin(handler(state, event)));
        self.schedules
            .push((ScheduleDescription { name, cron }, handler));
        self
    }

    /// Refuses to start where a part of the environment lacks one of these.
    #[must_use]
    pub fn require(mut self, capabilities: &[Capability]) -> Self {
        self.required.extend(capabilities);
        self
    }

    /// What the application declares.
    pub fn describe(&self) -> Description {
        Description {
            name: self.name,
            declarations: self.declarations.clone(),
            routes: self.routes.table().to_vec(),
            schedules: self
                .schedules
                .iter()
                .map(|(schedule, _)| schedule.clone())
                .collect(),
        }
    }

    /// Builds the state and binds the handlers to it; for platforms.
    ///
    /// Fails where a setting, a secret or a required capability is missing, naming all of them.
    pub fn build(self, environment: &Environment) -> Result<AppService> {
        if !self.schedules.is_empty() {
            environment
                .platform()
                .capabilities
                .require(&[Capability::Schedules])?;
        }
        environment.capabilities().require(&self.required)?;
        let environment = environment.scoped(self.declarations)?;
        let state = (self.state)(&environment).map_err(|error| {
            Error::new(
                error.kind(),
                format!("the state of {:?} cannot be built", self.name),
            )
            .with_source(error)
        })?;
        let triggers = self.schedules.into_iter().map(|(schedule, handler)| {
            let state = state.clone();
            let run = Arc::new(move |event| handler(state.clone(), event));
            Trigger { schedule, run }
        });
        let triggers = triggers.collect();
        let router = self.routes.with_state(state).into_router();
        Ok(AppService::new(
            self.name,
            router,
            triggers,
            environment.clock(),
        ))
    }
}
