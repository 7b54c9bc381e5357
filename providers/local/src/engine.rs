//! The embedded engine, guarded: panics become errors, and a failed engine is opened again.

pub(crate) mod format;
mod seam;
pub(crate) mod storage;
pub(crate) mod tables;

use std::fmt;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use redb::{Database, ReadTransaction, ReadableDatabase as _, WriteTransaction};

use crate::error::{Fault, Stop};
use format::Found;
use seam::guarded;
use storage::Storage;

/// One open database that many threads read and one thread writes.
#[derive(Debug)]
pub(crate) struct Engine {
    storage: Box<dyn Storage>,
    cache_bytes: usize,
    handle: RwLock<Handle>,
}

/// A write that did not succeed.
#[derive(Debug, Clone)]
pub(crate) struct Lost {
    pub(crate) fault: Fault,
    /// The failure came so late that the write may be there after all.
    pub(crate) outcome_unknown: bool,
}

struct Handle {
    state: Result<Database, Fault>,
    /// Counts how often the engine was opened, so that two who saw it fail open it once.
    generation: u64,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("open", &self.state.is_ok())
            .field("generation", &self.generation)
            .finish()
    }
}

impl Engine {
    /// Opens the store, creating it where it is missing.
    pub(crate) fn open(storage: impl Storage, cache_bytes: usize) -> Result<Self, Fault> {
        let database = open_database(&storage, cache_bytes)?;
        let engine = Self {
            storage: Box::new(storage),
            cache_bytes,
            handle: RwLock::new(Handle {
                state: Ok(database),
                generation: 0,
            }),
        };
        let handle = engine.usable()?;
        let found = read(&handle, &format::inspect)?;
        drop(handle);
        if found == Found::Unclean {
            engine.verify()?;
        }
        engine.write(format::mark_open).map_err(|lost| lost.fault)?;
        Ok(engine)
    }

    /// Runs `work` on a snapshot of all that is committed; never waits for a writer.
    pub(crate) fn read<T>(
        &self,
        work: impl Fn(&ReadTransaction) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let handle = self.usable()?;
        match read(&handle, &work) {
            // A page that could not be read, or a write that failed at the same time, ends the
            // use of this handle; what is committed can still be read through a new one.
            Err(Stop::Fault(fault)) if !fault.is_lasting() => {
                let broken = handle.generation;
                drop(handle);
                self.reopen(broken);
                read(&*self.usable()?, &work)
            }
            result => result,
        }
    }

    /// Runs `work` and commits what it wrote; when this returns `Ok` it is on the disk.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&WriteTransaction) -> Result<T, Fault>,
    ) -> Result<T, Lost> {
        let handle = self.usable().map_err(Lost::before_commit)?;
        let result = write(&handle, work);
        if result.is_err() {
            let broken = handle.generation;
            drop(handle);
            self.reopen(broken);
        }
        result
    }

    /// Finishes all writes and gives the storage back.
    pub(crate) fn close(&self) {
        if let Err(lost) = self.write(format::mark_clean) {
            tracing::warn!(fault = ?lost.fault, "the local store was not closed cleanly");
        }
        self.replace(Err(Fault::closed()));
    }

    fn verify(&self) -> Result<(), Fault> {
        let mut handle = self.handle.write().unwrap_or_else(PoisonError::into_inner);
        let database = handle.state.as_mut().map_err(|fault| fault.clone())?;
        if guarded(|| database.check_integrity().map_err(Fault::from))? {
            Ok(())
        } else {
            Err(Fault::damaged("pages do not match their checksums"))
        }
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
    fn replace(&mut self, state: Result<Database, Fault>) {
        let old = std::mem::replace(&mut self.state, state);
        // Closing writes to the file too, which may fail or, on a damaged one, panic.
        let closed = guarded(|| {
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

fn open_database(storage: &dyn Storage, cache_bytes: usize) -> Result<Database, Fault> {
    let backend = storage.open()?;
    guarded(|| {
        let mut builder = Database::builder();
        builder.set_cache_size(cache_bytes);
        Ok(builder.create_with_backend(backend)?)
    })
}

fn read<T, E: From<Fault>>(
    handle: &Handle,
    work: &impl Fn(&ReadTransaction) -> Result<T, E>,
) -> Result<T, E> {
    let database = handle.state.as_ref().map_err(Fault::clone)?;
    let transaction = guarded(|| Ok(database.begin_read()?))?;
    guarded(|| work(&transaction))
}

fn write<T>(
    handle: &Handle,
    work: impl FnOnce(&WriteTransaction) -> Result<T, Fault>,
) -> Result<T, Lost> {
    let database = handle.state.as_ref().map_err(Fault::clone);
    let database = database.map_err(Lost::before_commit)?;
    let transaction = guarded(|| Ok(database.begin_write()?)).map_err(Lost::before_commit)?;
    match guarded(|| work(&transaction)) {
        Ok(value) => guarded(|| Ok(transaction.commit()?))
            .map(|()| value)
            .map_err(|fault| Lost {
                fault,
                outcome_unknown: true,
            }),
        Err(fault) => {
            // The failure of the work is the one to report, not that of giving it up.
            let _ = guarded(|| Ok::<(), Fault>(transaction.abort()?));
            Err(Lost::before_commit(fault))
        }
    }
}
