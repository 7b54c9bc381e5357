//! The declaration of an application.

use std::fmt;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde::de::DeserializeOwned;

use super::delivery::one_by_one;
use super::description::{Declarations, Description, ScheduleDescription};
use super::service::AppService;
use super::trigger::{self, EventFuture, EventHandler, Source, Trigger, guarded};
use super::{Event, EventData, Message, Outcome, Schedule, SecretSpec, SettingSpec, TopicSpec};
use crate::authorization::{Authority, AuthorizerSpec};
use crate::blob::{BlobEvent, BucketSpec};
use crate::capability::{Capabilities, Capability};
use crate::document::{ChangeEvent, CollectionSpec, change_event};
use crate::driver::caught_step;
use crate::environment::Environment;
use crate::error::{Error, ErrorKind, Result};
use crate::http::Routes;

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
    triggers: Vec<(Source, EventHandler<S>)>,
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
            triggers: Vec::new(),
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

    /// Declares a topic to which the application sends.
    #[must_use]
    pub fn topic(mut self, spec: &TopicSpec) -> Self {
        self.declarations.topics.push(*spec);
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

    /// Declares an issuer whose tokens let callers in where a route
    /// [requires](crate::http::MethodRoutes::requires) them, with the settings that it is told by.
    #[must_use]
    pub fn authorizer(mut self, spec: &AuthorizerSpec) -> Self {
        let settings = &mut self.declarations.settings;
        for setting in spec.settings() {
            if !settings.contains(&setting) {
                settings.push(setting);
            }
        }
        self.declarations.authorizers.push(*spec);
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
    pub fn schedule<H, F>(self, name: &'static str, cron: &'static str, handler: H) -> Self
    where
        H: Fn(S, Event<Schedule>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Outcome>> + Send + 'static,
    {
        let source = Source::Schedule(ScheduleDescription { name, cron });
        self.woken_by(source, handler, |data| match data {
            EventData::Schedule(tick) => Ok(tick),
            _ => Err(another_kind()),
        })
    }

    /// Hands each message of a topic to `handler`, one after another.
    ///
    /// A message whose handler fails is delivered again, those of its group that came after it
    /// too; the others of the same delivery are not.
    #[must_use]
    pub fn subscribe<H, F>(self, topic: &TopicSpec, handler: H) -> Self
    where
        H: Fn(S, Event<Message>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Outcome>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.subscribed(topic, move |state, batch| {
            let handler = Arc::clone(&handler);
            Box::pin(one_by_one(batch, move |message| {
                handler(state.clone(), message)
            }))
        })
    }

    /// Hands the messages of a topic to `handler` as the platform delivers them: one or more at a
    /// time. [`Outcome::Partial`] names those that should be delivered again.
    #[must_use]
    pub fn subscribe_in_batches<H, F>(self, topic: &TopicSpec, handler: H) -> Self
    where
        H: Fn(S, Event<Vec<Message>>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Outcome>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        self.subscribed(topic, move |state, batch| {
            let (handler, context) = (Arc::clone(&handler), batch.context.clone());
            Box::pin(async move { guarded(&context, || handler(state, batch)).await })
        })
    }

    /// Wakes `handler` when something happens to a blob of a bucket.
    #[must_use]
    pub fn on_blob<H, F>(self, bucket: &BucketSpec, handler: H) -> Self
    where
        H: Fn(S, Event<BlobEvent>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Outcome>> + Send + 'static,
    {
        self.woken_by(Source::Bucket(bucket.name()), handler, |data| match data {
            EventData::Blob(event) => Ok(event),
            _ => Err(another_kind()),
        })
    }

    /// Wakes `handler` when something happens to a document of a collection, which must declare its
    /// [`change_feed`](CollectionSpec::change_feed).
    ///
    /// Each change comes at least once, a repeated one with the same id, and those of one document
    /// in their order where the platform has [`Capability::OrderedChangeEvents`]; removals come where it
    /// has [`Capability::DeleteChangeEvents`], which a handler that needs them
    /// [requires](Self::require). A handler hears of its own writes too: one that writes to the collection it watches must know when to stop.
    #[must_use]
    pub fn on_change<T, H, F>(self, collection: &CollectionSpec<T>, handler: H) -> Self
    where
        T: DeserializeOwned + Send + 'static,
        H: Fn(S, Event<ChangeEvent<T>>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Outcome>> + Send + 'static,
    {
        let source = Source::Collection(Box::new(collection.schema("")));
        self.woken_by(source, handler, |data| match data {
            EventData::Change(event) => change_event(event.change),
            _ => Err(another_kind()),
        })
    }

    fn subscribed(
        mut self,
        topic: &TopicSpec,
        run: impl Fn(S, Event<Vec<Message>>) -> EventFuture + Send + Sync + 'static,
    ) -> Self {
        let take = |data| match data {
            EventData::Messages(batch) => Ok(batch.messages),
            _ => Err(another_kind()),
        };
        let run = move |state, event: Event| match event.carrying(take) {
            Ok(batch) => run(state, batch),
            Err(error) => Box::pin(ready(Err(error))),
        };
        let source = Source::Topic(*topic);
        self.triggers.push((source, Arc::new(run)));
        self
    }

    fn woken_by<T, H, F>(
        mut self,
        source: Source,
        handler: H,
        take: fn(EventData) -> Result<T>,
    ) -> Self
    where
        T: Send + 'static,
        H: Fn(S, Event<T>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Outcome>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let run: EventHandler<S> = Arc::new(move |state, event| {
            let (handler, context) = (Arc::clone(&handler), event.context.clone());
            Box::pin(async move {
                let event = event.carrying(take)?;
                guarded(&context, || handler(state, event)).await
            })
        });
        self.triggers.push((source, run));
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
        let sources = || self.triggers.iter().map(|(source, _)| source);
        let topics = || sources().filter_map(Source::topic);
        Description {
            name: self.name,
            declarations: self.declarations.clone(),
            routes: self.routes.table().to_vec(),
            schedules: sources().filter_map(Source::schedule).cloned().collect(),
            subscriptions: topics().map(TopicSpec::name).collect(),
            ordered_topics: (self.declarations.topics.iter().chain(topics()))
                .filter(|topic| topic.is_ordered())
                .map(TopicSpec::name)
                .collect(),
            blob_triggers: sources().filter_map(Source::bucket).collect(),
            change_triggers: sources()
                .filter_map(Source::collection)
                .map(|schema| schema.name)
                .collect(),
        }
    }

    /// Fails where a platform with these capabilities could not wake the application by what it asks for.
    pub fn check_platform(&self, capabilities: Capabilities) -> Result<()> {
        let sources = self.triggers.iter().map(|(source, _)| source);
        let needed: Vec<_> = sources.map(Source::needs).collect();
        capabilities.require(&needed)
    }

    /// Builds the state and binds the handlers to it; for platforms.
    ///
    /// Fails where a setting, a secret or a required capability is missing, naming all of them.
    pub fn build(self, environment: &Environment) -> Result<AppService> {
        self.check_platform(environment.platform().capabilities)?;
        trigger::check(self.triggers.iter().map(|(source, _)| source))?;
        environment.capabilities().require(&self.required)?;
        let authorizers = self.declarations.authorizers.clone();
        let environment = environment.scoped(self.declarations)?;
        let authority = Authority::bind(&authorizers, self.routes.table(), &environment)?;
        let built = caught_step(|| (self.state)(&environment)).unwrap_or_else(|message| {
            let message = format!("it panicked: {message}");
            Err(Error::new(ErrorKind::Internal, message))
        });
        let state = built.map_err(|error| {
            Error::new(
                error.kind(),
                format!("the state of {:?} cannot be built", self.name),
            )
            .with_source(error)
        })?;
        let platform = environment.platform().capabilities;
        let triggers = self.triggers.into_iter().map(|(source, handler)| {
            let state = state.clone();
            let prefix = source.prefix(&environment).to_owned();
            let run = Arc::new(move |event| handler(state.clone(), event));
            Trigger {
                source,
                prefix,
                run,
                platform,
                has_told: AtomicBool::new(false),
            }
        });
        let triggers = triggers.collect();
        let router = self.routes.with_state(state).into_router();
        Ok(AppService::new(
            self.name,
            router,
            triggers,
            environment.clock(),
            authority,
        ))
    }
}

/// Triggers are found by the kind of their data, so no event gets here.
fn another_kind() -> Error {
    Error::new(
        ErrorKind::Internal,
        "the event is of another kind than its trigger",
    )
}

#[cfg(test)]
mod tests;
