//! Waking an application by the messages of the store, by the events of its blobs, and by the changes of
//! its documents.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use isobar::document::Timestamp;
use isobar::function::{AppService, Context, Event, Messages, Outcome, RequestId};
use isobar::{Error, ErrorKind, Result};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use super::wakers::{Phase, Wakers, reached};

use crate::blob::events;
use crate::clock::clock;
use crate::document::events as changes;
use crate::store::LocalStore;
use crate::topic::queue::{self, Held, Taken, Verdict};

/// Messages that are delivered together at most, as SQS does by default.
const BATCH: usize = 10;
/// The longest wait for a message, so that a clock that was set is noticed.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// The longest wait for a change: nobody announces the removal of what has expired.
const CHANGES_WAIT: Duration = Duration::from_secs(1);
/// How long changes gather while a handler runs, before they are taken together.
const GATHERING: Duration = Duration::from_millis(10);
/// How long the store is left alone after it has failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Where an application's events come from.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources {
    /// The store whose messages it subscribes to.
    pub(super) messages: Option<LocalStore>,
    /// The store whose blobs it watches.
    pub(super) blobs: Option<LocalStore>,
    /// The store whose documents it watches.
    pub(super) documents: Option<LocalStore>,
}

/// Starts to deliver what the application subscribes to, a task for each topic; dropping the set ends that at once.
pub(super) async fn start(app: &AppService, sources: &Sources) -> Result<Wakers> {
    let collections = watch(app, sources.documents.as_ref()).await?;
    let (sender, phase) = watch::channel(Phase::Running);
    let mut tasks = JoinSet::new();
    let mut deliver = |store: &LocalStore, feed| {
        let delivery = Delivery {
            app: app.clone(),
            store: store.clone(),
            feed,
        };
        tasks.spawn(delivery.run(phase.clone()));
    };
    if let Some(store) = &sources.messages {
        for topic in app.subscriptions() {
            deliver(store, Feed::Topic(topic));
        }
    }
    if let Some(store) = &sources.blobs {
        for bucket in app.watched_buckets() {
            store.watched_buckets().add(&bucket);
            deliver(store, Feed::Bucket(bucket));
        }
    }
    if let Some(store) = &sources.documents {
        for collection in collections {
            deliver(store, Feed::Collection(collection));
        }
    }
    Ok(Wakers::new(tasks, sender))
}

/// Has the changes kept that the application wants to hear of, before it makes any itself; returns
/// the collections by their tables.
async fn watch(app: &AppService, store: Option<&LocalStore>) -> Result<HashSet<String>> {
    let mut tables = HashSet::new();
    let Some(store) = store else {
        return Ok(tables);
    };
    for schema in app.watched_collections() {
        let table = schema.table.clone();
        let watch = store.submit(0, move |group| changes::watch(group, &schema));
        watch.await?;
        store.watched_collections().add(&table);
        tables.insert(table);
    }
    Ok(tables)
}

/// What is delivered.
enum Feed {
    /// The messages of a topic, some together.
    Topic(String),
    /// The events of a bucket, one after another.
    Bucket(String),
    /// The changes of a collection, one after another.
    Collection(String),
}

impl Feed {
    /// The name under which they wait.
    fn queue(&self) -> String {
        match self {
            Self::Topic(topic) => topic.clone(),
            Self::Bucket(bucket) => queue::of_bucket(bucket),
            Self::Collection(collection) => queue::of_collection(collection),
        }
    }

    fn batch(&self) -> usize {
        match self {
            Self::Topic(_) => BATCH,
            Self::Bucket(_) | Self::Collection(_) => 1,
        }
    }

    fn longest_wait(&self) -> Duration {
        match self {
            Self::Topic(_) | Self::Bucket(_) => LONGEST_WAIT,
            Self::Collection(_) => CHANGES_WAIT,
        }
    }

    fn event(&self, store: &LocalStore, held: &[Held], context: Context) -> Result<Event> {
        let only = || {
            let none = || Error::new(ErrorKind::Internal, "there is no event");
            held.first().map(|held| &held.row).ok_or_else(none)
        };
        match self {
            Self::Topic(topic) => {
                let messages = held.iter().map(|held| held.row.clone().message());
                let batch = Messages::new(topic, messages.collect());
                Ok(Event::new(batch, context))
            }
            Self::Bucket(_) => {
                let row = only()?;
                let event = Event::new(events::event(&row.body)?, context);
                Ok(event.with_id(row.id.to_string()).with_raw(row.body.clone()))
            }
            Self::Collection(_) => {
                let row = only()?;
                let change = changes::event(store, &row.body)?;
                let id = change.change.id.clone();
                let event = Event::new(change, context);
                Ok(event.with_id(id).with_raw(row.body.clone()))
            }
        }
    }

    /// What becomes of a message of which the application has said this.
    fn verdict(&self, told: &Result<Outcome>, held: &Held) -> Verdict {
        match told {
            Ok(Outcome::Ack | Outcome::Discard) => Verdict::Done,
            Ok(Outcome::Partial(ids)) if self.batch() > 1 => {
                if ids.contains(&held.row.id.to_string()) {
                    Verdict::Again(None)
                } else {
                    Verdict::Done
                }
            }
            Ok(Outcome::Retry(after)) => Verdict::Again(*after),
            _ => Verdict::Again(None),
        }
    }
}

struct Delivery {
    app: AppService,
    store: LocalStore,
    feed: Feed,
}

impl Delivery {
    async fn run(self, mut phase: watch::Receiver<Phase>) {
        let mut arrivals = self.store.arrivals().subscribe();
        while *phase.borrow_and_update() == Phase::Running {
            arrivals.mark_unchanged();
            let wait = match self.deliver_next(&arrivals, phase.clone()).await {
                Ok(None) => continue,
                Ok(Some(wait)) => wait,
                Err(error) => {
                    tracing::error!(target: "isobar", ?error, "messages cannot be delivered");
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                _ = phase.changed() => {}
                _ = arrivals.changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Delivers the next batch; where there is none, how long to wait for one.
    async fn deliver_next(
        &self,
        arrivals: &watch::Receiver<()>,
        mut phase: watch::Receiver<Phase>,
    ) -> Result<Option<Duration>> {
        let (queue, batch) = (self.feed.queue(), self.feed.batch());
        let collection = match &self.feed {
            Feed::Collection(collection) => Some(collection.clone()),
            Feed::Topic(_) | Feed::Bucket(_) => None,
        };
        let take = self.store.submit(0, move |group| {
            if let Some(collection) = collection {
                changes::take_from_log(group, &collection)?;
            }
            queue::take(group, &queue, batch, SystemTime::now().into())
        });
        let Taken { held, next } = take.await?;
        if held.is_empty() {
            let longest = self.feed.longest_wait();
            let left = next
                .map(SystemTime::from)
                .map(|next| next.duration_since(SystemTime::now()).unwrap_or_default());
            return Ok(Some(left.unwrap_or(longest).min(longest)));
        }
        let (done, handled) = oneshot::channel();
        let handing_over = async {
            let told = tokio::select! {
                biased;
                told = self.hand_over(&held) => Some(told),
                () = reached(&mut phase, |phase| phase == Phase::Cut) => None,
            };
            drop(done);
            told
        };
        let (told, ()) = tokio::join!(handing_over, self.keep_taking(arrivals.clone(), handled));
        let verdict = |held: &Held| match &told {
            Some(told) => self.feed.verdict(told, held),
            None => Verdict::Back,
        };
        let settled = held.into_iter().map(|held| {
            let verdict = verdict(&held);
            (held, verdict)
        });
        let settled = settled.collect();
        let queue = self.feed.queue();
        let settle = self.store.submit(0, move |group| {
            let now: Timestamp = SystemTime::now().into();
            Ok(queue::settle(group, &queue, settled, now)?)
        });
        if settle.await? {
            self.store.arrivals().announce();
        }
        Ok(None)
    }

    /// Takes changes from the log while a handler runs, until it has ended: what the log lets go
    /// meanwhile would never be told.
    async fn keep_taking(
        &self,
        mut arrivals: watch::Receiver<()>,
        mut handled: oneshot::Receiver<()>,
    ) {
        let Feed::Collection(collection) = &self.feed else {
            return;
        };
        loop {
            let changed = async {
                let _ = tokio::time::timeout(CHANGES_WAIT, arrivals.changed()).await;
                tokio::time::sleep(GATHERING).await;
            };
            tokio::select! {
                biased;
                _ = &mut handled => return,
                () = changed => {}
            }
            let (store, collection) = (&self.store, collection.clone());
            let take = store.submit(0, move |group| changes::take_from_log(group, &collection));
            if let Err(error) = take.await {
                tracing::error!(target: "isobar", ?error, "changes cannot be taken from the log");
            }
        }
    }

    async fn hand_over(&self, held: &[Held]) -> Result<Outcome> {
        let context = Context::new(
            RequestId::of(&HeaderMap::new(), &[]),
            None,
            Arc::new(clock()),
        );
        let told = match self.feed.event(&self.store, held, context) {
            Ok(event) => self.app.handle(event).await,
            Err(error) => Err(error),
        };
        match &told {
            Ok(outcome) => tracing::debug!(target: "isobar", ?outcome, "an event was handled"),
            Err(error) => tracing::error!(target: "isobar", ?error, "an event will come again"),
        }
        told
    }
}
