//! The one writer: takes what many callers want to write and commits it in groups.
//!
//! A commit costs one flush of the disk however much it holds, so whatever arrives during one
//! commit goes into the next together. A caller hears back when its group is on the disk, never
//! before; a group that fails is answered with its failure, never repeated.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;

use isobar::document::Timestamp;
use isobar::{Error, ErrorKind};
use redb::{ReadableTable as _, WriteTransaction};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::document::declared::Declared;
use crate::document::expiry::sweep;
use crate::engine::tables::Tables;
use crate::engine::{Engine, Lost, Wrote};
use crate::error::{Fault, Stop};

/// Bytes of work that may wait; callers beyond it wait before their work is taken.
const WAITING_BYTES: usize = 64 << 20;
/// What one piece of work counts for at least, and the unit in which it is counted.
const UNIT: usize = 1 << 10;
/// Work that one commit takes at most, so that the first of a crowd is not kept waiting.
const GROUP_JOBS: usize = 1024;

/// A thread that commits.
#[derive(Debug)]
pub(crate) struct Committer {
    queue: Option<UnboundedSender<Box<dyn Job>>>,
    room: Arc<Semaphore>,
    thread: Option<JoinHandle<()>>,
    place: Arc<str>,
}

impl Committer {
    /// Starts the thread; it closes the engine when this is dropped.
    pub(crate) fn start(engine: Arc<Engine>, place: Arc<str>) -> Result<Self, Fault> {
        let (queue, jobs) = unbounded_channel();
        let thread = std::thread::Builder::new()
            .name("isobar-local-commit".to_owned())
            .spawn({
                let place = Arc::clone(&place);
                move || run(&engine, jobs, &place)
            })?;
        Ok(Self {
            queue: Some(queue),
            room: Arc::new(Semaphore::new(WAITING_BYTES / UNIT)),
            thread: Some(thread),
            place,
        })
    }

    /// Has `work` done inside the next transaction, and returns its answer when that is on the disk.
    ///
    /// `work` must refuse before it has written anything; a fault ends the whole group. `bytes` is
    /// about what it holds in memory. When the future is dropped the work is done entirely or not
    /// at all.
    pub(crate) async fn submit<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut Group<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> isobar::Result<T> {
        let units = (bytes / UNIT + 1).min(WAITING_BYTES / UNIT);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(units).await;
        let (reply, answer) = oneshot::channel();
        let task = Task {
            work: Some(work),
            answer: None,
            reply,
            _room: room.map_err(|_| self.stopped())?,
        };
        let queue = self.queue.as_ref().ok_or_else(|| self.stopped())?;
        queue.send(Box::new(task)).map_err(|_| self.stopped())?;
        answer
            .await
            .map_err(|_| self.stopped().with_outcome_unknown())?
    }

    fn stopped(&self) -> Error {
        Fault::closed().error(&self.place)
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the committer of the local store panicked");
        }
    }
}

/// One transaction in the making.
pub(crate) struct Group<'t> {
    pub(crate) tables: Tables<'t>,
    /// Whether there is anything to commit; work that was refused costs no flush of the disk.
    pub(crate) wrote: Wrote,
    /// How many documents with an expiry were stored.
    pub(crate) expiring: usize,
    /// The earliest instant at which a caller judged expiry.
    pub(crate) now: Option<Timestamp>,
    pub(crate) known: &'t mut Known,
    afterwards: &'t mut Vec<Afterwards>,
}

/// What the committer remembers of the store between commits, as the only one who changes it.
///
/// It is forgotten when a commit fails.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The number of the change that comes next.
    next_change: Option<u64>,
    /// No document expires before this second; `i64::MAX` where none does.
    pub(crate) first_expiry: Option<i64>,
    /// What is declared of the collections that were written.
    declared: HashMap<String, Arc<Declared>>,
}

/// What is to be done once it is known what became of a transaction.
type Afterwards = Box<dyn FnOnce(Settled)>;

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    Committed,
    NotWritten,
    Unknown,
}

impl<'t> Group<'t> {
    fn begin(
        transaction: &'t WriteTransaction,
        known: &'t mut Known,
        afterwards: &'t mut Vec<Afterwards>,
    ) -> Self {
        Self {
            tables: Tables::of(transaction),
            wrote: Wrote::Nothing,
            expiring: 0,
            now: None,
            known,
            afterwards,
        }
    }

    /// Notes at which instant a caller judges expiry.
    pub(crate) fn judged_at(&mut self, now: Timestamp) {
        self.now = Some(self.now.map_or(now, |earliest| earliest.min(now)));
    }

    /// The number of the next change, which is then taken.
    pub(crate) fn next_change(&mut self) -> Result<u64, Fault> {
        let next = if let Some(next) = self.known.next_change {
            next
        } else {
            let last = self.tables.changes.open()?.last()?;
            last.map_or(0, |(number, _)| number.value().saturating_add(1))
        };
        self.known.next_change = Some(next.saturating_add(1));
        Ok(next)
    }

    /// Notes that a document is to expire.
    pub(crate) fn expires_at(&mut self, second: i64) {
        self.expiring += 1;
        if let Some(first) = &mut self.known.first_expiry {
            *first = second.min(*first);
        }
    }

    /// The second before which no document expires; `i64::MAX` where none does.
    pub(crate) fn first_expiry(&mut self) -> Result<i64, Fault> {
        if let Some(first) = self.known.first_expiry {
            return Ok(first);
        }
        let first = self.tables.expiry.open()?.first()?;
        let first = first.map_or(i64::MAX, |(key, _)| key.value().0);
        self.known.first_expiry = Some(first);
        Ok(first)
    }

    /// What the store keeps beside the documents of a collection.
    pub(crate) fn declared(&mut self, collection: &str) -> Result<Arc<Declared>, Fault> {
        if let Some(known) = self.known.declared.get(collection) {
            return Ok(Arc::clone(known));
        }
        let declared = Arc::new(Declared::read(self, collection)?);
        let known = &mut self.known.declared;
        known.insert(collection.to_owned(), Arc::clone(&declared));
        Ok(declared)
    }

    /// Has the declarations of a collection looked up again.
    pub(crate) fn forget(&mut self, collection: &str) {
        self.known.declared.remove(collection);
    }

    /// Has `work` done, by the committer, once the transaction is settled.
    pub(crate) fn afterwards(&mut self, work: impl FnOnce(Settled) + 'static) {
        self.afterwards.push(Box::new(work));
    }
}

/// A piece of work and the caller who waits for it.
trait Job: Send {
    fn is_wanted(&self) -> bool;
    fn perform(&mut self, group: &mut Group<'_>) -> Result<(), Fault>;
    fn answer(self: Box<Self>, lost: Option<&Lost>, place: &str);
}

struct Task<T, W> {
    work: Option<W>,
    answer: Option<isobar::Result<T>>,
    reply: oneshot::Sender<isobar::Result<T>>,
    _room: OwnedSemaphorePermit,
}

impl<T, W> Job for Task<T, W>
where
    T: Send,
    W: FnOnce(&mut Group<'_>) -> Result<T, Stop> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn perform(&mut self, group: &mut Group<'_>) -> Result<(), Fault> {
        if let Some(work) = self.work.take() {
            self.answer = Some(match work(group) {
                Ok(answer) => Ok(answer),
                Err(Stop::Refused(error)) => Err(error),
                Err(Stop::Fault(fault)) => return Err(fault),
            });
        }
        Ok(())
    }

    fn answer(self: Box<Self>, lost: Option<&Lost>, place: &str) {
        let answer = match (lost, self.answer) {
            (None, Some(answer)) => answer,
            // Work that was refused wrote nothing, whatever became of its group.
            (Some(lost), Some(Ok(_))) if lost.outcome_unknown => {
                Err(lost.fault.error(&place).with_outcome_unknown())
            }
            (Some(lost), _) => Err(lost.fault.error(&place)),
            (None, None) => Err(Error::new(ErrorKind::Internal, "the work was not done")),
        };
        // A caller who went away does not want to know.
        let _ = self.reply.send(answer);
    }
}

fn run(engine: &Engine, mut queue: UnboundedReceiver<Box<dyn Job>>, place: &str) {
    let mut known = Known::default();
    while let Some(first) = queue.blocking_recv() {
        let mut jobs = vec![first];
        while jobs.len() < GROUP_JOBS
            && let Ok(job) = queue.try_recv()
        {
            jobs.push(job);
        }
        jobs.retain(|job| job.is_wanted());
        let mut afterwards = Vec::new();
        let lost = commit(engine, &mut jobs, (&mut known, &mut afterwards)).err();
        if lost.is_some() {
            known = Known::default();
        }
        let settled = match &lost {
            None => Settled::Committed,
            Some(lost) if lost.outcome_unknown => Settled::Unknown,
            Some(_) => Settled::NotWritten,
        };
        for job in jobs {
            job.answer(lost.as_ref(), place);
        }
        for work in afterwards {
            work(settled);
        }
    }
    engine.close();
}

fn commit(
    engine: &Engine,
    jobs: &mut [Box<dyn Job>],
    (known, afterwards): (&mut Known, &mut Vec<Afterwards>),
) -> Result<(), Lost> {
    engine.write(|transaction| {
        let mut group = Group::begin(transaction, known, afterwards);
        for job in jobs {
            job.perform(&mut group)?;
        }
        sweep(&mut group)?;
        Ok(group.wrote)
    })
}
