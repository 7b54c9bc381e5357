//! Waking an application by the messages of the store, by the events of its blobs, and by the changes of
//! its documents.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use isobar::Result;
use isobar::document::Timestamp;
use isobar::driver::Clock;
use isobar::function::{AppService, Context, Failures, Outcome, RequestId};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use super::control::Control;
use super::ended;
use super::feed::{CHANGES_WAIT, Feed, Found, Parcel};
use super::wakers::{Phase, Wakers, reached};
use crate::clock::clock;
use crate::document::events as changes;
use crate::events::record::{self, Ended};
use crate::store::LocalStore;
use crate::topic::queue::{self, Fate, Verdict};

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

impl Sources {
    /// The store that keeps the ticks of schedules.
    pub(super) fn of_ticks(&self) -> Option<&LocalStore> {
        self.all().next()
    }

    fn all(&self) -> impl Iterator<Item = &LocalStore> {
        [&self.messages, &self.documents, &self.blobs]
            .into_iter()
            .flatten()
    }

    /// The stores, each once.
    fn stores(&self) -> Vec<&LocalStore> {
        let mut stores: Vec<&LocalStore> = Vec::new();
        for store in self.all() {
            if !stores.iter().any(|known| known.is(store)) {
                stores.push(store);
            }
        }
        stores
    }
}

/// Starts to deliver what the application subscribes to, a task for each topic; dropping the set ends that at once.
pub(super) async fn start(
    app: &AppService,
    sources: &Sources,
    (clock, time): (&Arc<dyn Clock>, Duration),
) -> Result<Wakers> {
    let feeds = feeds(app, sources).await?;
    let (sender, phase) = watch::channel(Phase::Running);
    let mut tasks = JoinSet::new();
    for store in sources.stores() {
        let limits = store.event_limits();
        let begin = store.submit(0, move |group| Ok(record::begin(group, limits)?));
        if let Err(error) = begin.await {
            tracing::error!(target: "isobar", ?error, "the log of events is not within its limits");
        }
        let own = feeds.iter().filter(|(of, _)| of.is(store));
        let queues = own.map(|(_, feed)| feed.queue()).collect();
        if let Some(control) = Control::bind(store, queues) {
            tasks.spawn(control.run(phase.clone()));
        }
    }
    for (store, feed) in feeds {
        let (app, clock) = (app.clone(), Arc::clone(clock));
        let delivery = Delivery {
            app,
            store,
            feed,
            clock,
            time,
        };
        tasks.spawn(delivery.run(phase.clone()));
    }
    Ok(Wakers::new(tasks, sender))
}

/// What the application hears of, each with the store that it comes from.
async fn feeds(app: &AppService, sources: &Sources) -> Result<Vec<(LocalStore, Feed)>> {
    let collections = watch(app, sources.documents.as_ref()).await?;
    let mut feeds = Vec::new();
    if let Some(store) = &sources.messages {
        let topics = app.subscriptions().map(Feed::Topic);
        feeds.extend(topics.map(|feed| (store.clone(), feed)));
    }
    if let Some(store) = &sources.blobs {
        for bucket in app.watched_buckets() {
            store.watched_buckets().add(&bucket);
            feeds.push((store.clone(), Feed::Bucket(bucket)));
        }
    }
    if let Some(store) = &sources.documents {
        let collections = collections.into_iter().map(Feed::Collection);
        feeds.extend(collections.map(|feed| (store.clone(), feed)));
    }
    if let Some(store) = sources.of_ticks() {
        let schedules = app.schedules().map(|schedule| schedule.name.to_owned());
        let schedules = schedules.map(Feed::Schedule);
        feeds.extend(schedules.map(|feed| (store.clone(), feed)));
    }
    Ok(feeds)
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

struct Delivery {
    app: AppService,
    store: LocalStore,
    feed: Feed,
    /// By which schedules are woken.
    clock: Arc<dyn Clock>,
    /// How long a handler has.
    time: Duration,
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
        let request = RequestId::of(&HeaderMap::new(), &[]);
        let (feed, limits) = (self.feed.clone(), self.store.event_limits());
        let request_id = request.as_str().to_owned();
        let take = self
            .store
            .submit(0, move |group| feed.take(group, &request_id, limits));
        let found = take.await?;
        if found.put_aside {
            self.store.arrivals().announce();
        }
        if found.parcels.is_empty() {
            let longest = self.feed.longest_wait();
            let left = found
                .next
                .map(SystemTime::from)
                .map(|next| next.duration_since(SystemTime::now()).unwrap_or_default());
            return Ok(Some(left.unwrap_or(longest).min(longest)));
        }
        let failures = Failures::default();
        let (done, handled) = oneshot::channel();
        let handing_over = async {
            let told = tokio::select! {
                biased;
                told = self.hand_over(&found.parcels, request, &failures) => Some(told),
                () = reached(&mut phase, |phase| phase == Phase::Cut) => None,
            };
            drop(done);
            told
        };
        let (told, ()) = tokio::join!(handing_over, self.keep_taking(arrivals.clone(), handled));
        self.settle(found, told.as_ref(), &failures).await?;
        Ok(None)
    }

    /// Settles what was delivered and notes what became of it, in one transaction.
    async fn settle(
        &self,
        found: Found,
        told: Option<&Result<Outcome>>,
        failures: &Failures,
    ) -> Result<()> {
        let unbegun = failures.take_unbegun();
        let (failures, waits) = (failures.take(), failures.take_waits());
        let now: Timestamp = SystemTime::now().into();
        let mut settled = Vec::with_capacity(found.parcels.len());
        let mut ends = Vec::with_capacity(found.parcels.len());
        for Parcel { id, mut held, .. } in found.parcels {
            let wait = waits.iter().find(|(of, _)| *of == id);
            let wait = wait.map(|(_, wait)| *wait);
            let heard = told.filter(|_| !unbegun.contains(&id));
            let verdict = heard.map_or(Verdict::Back, |told| self.feed.verdict(told, &held, wait));
            let fate = Fate::of(verdict, held.row.attempts, now);
            held.note(verdict);
            let mut noted = failures.iter().filter(|(of, _)| *of == id);
            let failure = noted.next().map(|(_, error)| error);
            let end = Ended::of(&self.feed, told, (fate, failure));
            settled.push((held, fate));
            ends.push((id, fate, end));
        }
        let (own, queue) = (self.feed.queue(), found.queue);
        let settle = self.store.submit(0, move |group| {
            for (id, _, end) in &ends {
                record::settled(group, (&own, id), end, now)?;
            }
            let put_aside = queue::settle(group, &queue, settled)?;
            Ok((put_aside, ends))
        });
        let (put_aside, ends) = settle.await?;
        for (id, fate, end) in &ends {
            ended::log(id, (told, *fate), end);
        }
        if put_aside {
            self.store.arrivals().announce();
        }
        Ok(())
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

    async fn hand_over(
        &self,
        parcels: &[Parcel],
        request: RequestId,
        failures: &Failures,
    ) -> Result<Outcome> {
        let (request, clock): (_, Arc<dyn Clock>) = match (&self.feed, parcels.first()) {
            (Feed::Schedule(_), Some(tick)) => {
                let request = RequestId::from_platform(&tick.id);
                (request, Arc::clone(&self.clock))
            }
            _ => (request, Arc::new(clock())),
        };
        let context = Context::new(request, clock.now().checked_add(self.time), clock);
        let context = context.with_failures(failures.clone());
        self.app.handle(self.feed.event(parcels, context)?).await
    }
}
