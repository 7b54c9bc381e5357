//! The embedded engine, guarded: panics become errors, and a failed engine is opened again.

pub(crate) mod format;
mod overlay;
mod seam;
pub(crate) mod snapshot;
pub(crate) mod storage;
pub(crate) mod tables;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use isobar::driver::Revision;
use redb::{Database, ReadTransaction, ReadableDatabase as _, WriteTransaction};

use crate::error::{Fault, Stop};
use format::Found;
use seam::guarded;
use snapshot::{Shared, Snapshot};
use storage::{Opening, Purpose, Storage};

/// One open database that many threads read and one thread writes.
#[derive(Debug)]
pub(crate) struct Engine {
    storage: Box<dyn Storage>,
    cache_bytes: usize,
    handle: RwLock<Handle>,
    /// The last write found the disk full.
    full: AtomicBool,
    revision: Revision,
}

/// Up to this size, 64 MiB, a file is checked at every start, which takes about 2 ms a MiB.
const CHECKED_BYTES: u64 = 64 << 20;

/// Whether a transaction has anything to commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrote {
    Nothing,
    Something,
}

/// A write that did not succeed.
#[derive(Debug, Clone)]
pub(crate) struct Lost {
    pub(crate) fault: Fault,
    /// The failure came so late that the write may be there after all.
    pub(crate) outcome_unknown: bool,
}

struct Handle {
    /// Dropped before the engine that it is of.
    snapshot: Shared,
    state: Result<Database, Fault>,
    /// Counts how often the engine was opened, so that two who saw it fail open it once.
    generation: u64,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("open", &self.state.is_ok())
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Opens the store, creating it where it is missing.
    ///
    /// Pages are checked before the engine trusts them: on a damaged file it would go wrong in
    /// silence, or panic. That reads the whole file, so a large one that was closed cleanly is
    /// taken at its word.
    pub(crate) fn open(storage: impl Storage, cache_bytes: usize) -> Result<Self, Fault> {
        match storage.len()? {
            None => create(&storage, cache_bytes)?,
            // A new store gets its name when it is whole, so this one has lost what it held.
            Some(0) => return Err(Fault::damaged("the file is empty")),
            Some(len) => {
                let thorough = |found| found == Found::Unclean || len <= CHECKED_BYTES;
                inspect(&storage, cache_bytes, thorough, |_| Ok(()))?;
            }
        }
        let engine = Self {
            handle: RwLock::new(Handle {
                snapshot: Shared::default(),
                state: open_database(&storage, cache_bytes),
                generation: 0,
            }),
            storage: Box::new(storage),
            cache_bytes,
            full: AtomicBool::new(false),
            revision: Revision::default(),
        };
        engine.write(format::mark_open).map_err(|lost| lost.fault)?;
        Ok(engine)
    }

    /// Runs `work` on a snapshot of all that is committed; never waits for a writer.
    pub(crate) fn read<T>(&self, work: impl Fn(&Snapshot) -> Result<T, Stop>) -> Result<T, Stop> {
        let handle = self.usable()?;
        match self.read_once(&handle, &work) {
            // A page that could not be read, or a write that failed at the same time, ends the
            // use of this handle; what is committed can still be read through a new one.
            Err(Stop::Fault(fault)) if !fault.is_lasting() => {
                let broken = handle.generation;
                drop(handle);
                self.reopen(broken);
                self.read_once(&*self.usable()?, &work)
            }
            result => result,
        }
    }

    fn read_once<T>(
        &self,
        handle: &Handle,
        work: impl FnOnce(&Snapshot) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let database = handle.database()?;
        guarded(|| {
            // Asked before the snapshot is taken, which is then never older than it is called.
            let revision = self.revision.current();
            let begin = || Snapshot::begin(database);
            let snapshot = handle.snapshot.at(revision, begin)?;
            guarded(|| work(&snapshot))
        })
    }

    /// Runs `work` and commits what it wrote; when this returns `Ok` it is on the disk.
    pub(crate) fn write(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<Wrote, Fault>,
    ) -> Result<(), Lost> {
        // Each write that fails costs an opening of the engine, so while the disk is full that is
        // said without trying.
        if self.full.load(Ordering::Relaxed) && !self.storage.has_room() {
            return Err(Lost::before_commit(Fault::full()));
        }
        let handle = self.usable().map_err(Lost::before_commit)?;
        let database = handle.database().map_err(Lost::before_commit)?;
        let result = self.revision.during(|| {
            handle.snapshot.forget();
            write(database, work)
        });
        let full = result.as_ref().is_err_and(|lost| lost.fault.is_full());
        self.full.store(full, Ordering::Relaxed);
        if result.is_err() {
            let broken = handle.generation;
            drop(handle);
            self.reopen(broken);
        }
        result
    }

    /// What has changed since the engine was opened.
    pub(crate) fn revision(&self) -> &Revision {
        &self.revision
    }

    /// Finishes all writes and gives the storage back.
    pub(crate) fn close(&self) {
        if let Err(lost) = self.write(format::mark_clean) {
            tracing::warn!(fault = ?lost.fault, "the local store was not closed cleanly");
        }
        self.replace(Err(Fault::closed()));
    }

    /// The handle, opened again where that may help.
    fn usable(&self) -> Result<RwLockReadGuard<'_, Handle>, Fault> {
        let handle = self.handle.read().unwrap_or_else(PoisonError::into_inner);
        let (broken, fault) = match &handle.state {
            Ok(_) => return Ok(handle),
            Err(fault) => (handle.generation, fault.clone()),
        };
        drop(handle);
        if fault.is_lasting() {
            return Err(fault);
        }
        self.reopen(broken);
        let handle = self.handle.read().unwrap_or_else(PoisonError::into_inner);
        match &handle.state {
            Ok(_) => Ok(handle),
            Err(fault) => Err(fault.clone()),
        }
    }

    /// Opens the engine again, unless somebody did since `broken` was seen to fail.
    fn reopen(&self, broken: u64) {
        let mut handle = self.handle.write().unwrap_or_else(PoisonError::into_inner);
        if handle.generation != broken {
            return;
        }
        handle.replace(Err(Fault::closed()));
        let state = open_database(&*self.storage, self.cache_bytes);
        handle.replace(state);
        handle.generation += 1;
    }

    fn replace(&self, state: Result<Database, Fault>) {
        let mut handle = self.handle.write().unwrap_or_else(PoisonError::into_inner);
        handle.replace(state);
    }
}

impl Handle {
    fn database(&self) -> Result<&Database, Fault> {
        self.state.as_ref().map_err(Fault::clone)
    }

    fn replace(&mut self, state: Result<Database, Fault>) {
        let old = std::mem::replace(&mut self.state, state);
        // Closing writes to the file too, which may fail or, on a damaged one, panic.
        let closed = guarded(|| {
            self.snapshot.forget();
            drop(old);
            Ok::<(), Fault>(())
        });
        if let Err(fault) = closed {
            tracing::warn!(?fault, "the engine of the local store did not close");
        }
    }
}

impl Lost {
    fn before_commit(fault: Fault) -> Self {
        Self {
            fault,
            outcome_unknown: false,
        }
    }
}

/// Reads what the store says of itself and, where `thorough` asks for it, all its pages, then
/// does `work`; nothing is written, not even a repair.
pub(crate) fn inspect<T>(
    storage: &dyn Storage,
    cache_bytes: usize,
    thorough: impl FnOnce(Found) -> bool,
    work: impl FnOnce(&ReadTransaction) -> Result<T, Fault>,
) -> Result<T, Fault> {
    // Even letting go of a damaged database may panic, hence the guard around it all.
    guarded(|| {
        let mut database = storage.open(&Opening {
            cache_bytes,
            purpose: Purpose::Inspection,
        })?;
        let found = read(&database, format::inspect)?;
        if thorough(found) && !guarded(|| Ok::<_, Fault>(database.check_integrity()?))? {
            return Err(Fault::damaged("pages do not match their checksums"));
        }
        read(&database, work)
    })
}

fn create(storage: &dyn Storage, cache_bytes: usize) -> Result<(), Fault> {
    let opening = Opening {
        cache_bytes,
        purpose: Purpose::Use,
    };
    let fill = |database: &Database| write(database, format::mark_open).map_err(|lost| lost.fault);
    storage.create(&opening, &fill)
}

fn open_database(storage: &dyn Storage, cache_bytes: usize) -> Result<Database, Fault> {
    storage.open(&Opening {
        cache_bytes,
        purpose: Purpose::Use,
    })
}

fn read<T, E: From<Fault>>(
    database: &Database,
    work: impl FnOnce(&ReadTransaction) -> Result<T, E>,
) -> Result<T, E> {
    guarded(|| {
        let transaction = database.begin_read().map_err(Fault::from)?;
        guarded(|| work(&transaction))
    })
}

fn write(
    database: &Database,
    work: impl FnOnce(&WriteTransaction) -> Result<Wrote, Fault>,
) -> Result<(), Lost> {
    let transaction = guarded(|| Ok(database.begin_write()?)).map_err(Lost::before_commit)?;
    let done = guarded(|| work(&transaction));
    if let Ok(Wrote::Something) = done {
        return guarded(|| Ok(transaction.commit()?)).map_err(|fault| Lost {
            fault,
            outcome_unknown: true,
        });
    }
    let given_up = guarded(|| Ok(transaction.abort()?));
    // The failure of the work is the one to report, not that of giving it up.
    done.and(given_up).map_err(Lost::before_commit)
}
