//! A local store: one directory, its engine, and the thread that writes.

mod lock;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use isobar::Result;
use isobar::document::Timestamp;
use isobar::driver::Revision;

use crate::blob;
use crate::blob::objects::Objects;
use crate::committer::{Committer, Group};
use crate::config::LocalConfig;
use crate::engine::Engine;
use crate::engine::snapshot::Snapshot;
use crate::engine::storage::{FileStorage, MemoryStorage, Storage};
use crate::error::{Fault, Stop};
use crate::events::{EventLimits, EventLog};
use crate::topic::queue::Arrivals;
use crate::topic::watched::Watched;
pub(crate) use lock::Lock;

/// The file of the engine.
pub(crate) const FILE: &str = "store.redb";

/// Documents and blobs in one directory, or in memory for tests.
///
/// Cheap to clone; all clones and drivers are the same store, which is closed when the last of
/// them is dropped. A directory is open in one process at a time, once.
#[derive(Debug, Clone)]
pub struct LocalStore {
    open: Arc<Open>,
}

#[derive(Debug)]
struct Open {
    // Dropped in this order: the committer finishes and closes the engine before the directory is
    // given to others.
    committer: Committer,
    engine: Arc<Engine>,
    objects: Arc<Objects>,
    place: Arc<str>,
    uploads: blob::upload::Uploads,
    keepers: blob::versions::Keepers,
    signer: Option<blob::sign::Signer>,
    watched_buckets: Watched,
    watched_collections: Watched,
    arrivals: Arrivals,
    event_limits: EventLimits,
    /// When this process opened it.
    opened: Timestamp,
    directory: Option<PathBuf>,
    _lock: Option<Lock>,
}

impl LocalStore {
    /// Opens the store in `directory`, creating it where it is missing.
    ///
    /// `Unavailable` where another process has it open, `Corrupt` where it is damaged, and
    /// `Unsupported` where a newer version wrote it.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self> {
        LocalConfig::new(directory.as_ref()).open()
    }

    /// A store in memory, which is gone when it is dropped.
    pub fn in_memory() -> Result<Self> {
        LocalConfig::in_memory().open()
    }

    /// The driver of the documents.
    #[cfg(feature = "document")]
    pub fn documents(&self) -> Arc<dyn isobar::driver::document::DocumentDriver> {
        Arc::new(crate::document::Documents::new(self.clone()))
    }

    /// The driver of the blobs.
    #[cfg(feature = "blob")]
    pub fn blobs(&self) -> Arc<dyn isobar::driver::blob::BlobDriver> {
        Arc::new(crate::blob::Blobs::new(self.clone()))
    }

    /// What answers the requests that this store has signed.
    #[cfg(feature = "blob")]
    pub fn signed_blobs(&self) -> crate::SignedBlobs {
        crate::SignedBlobs::new(self.clone())
    }

    /// The driver of the messages.
    pub fn topics(&self) -> Arc<dyn isobar::driver::topic::TopicDriver> {
        Arc::new(crate::topic::Topics::new(self.clone()))
    }

    /// The events that were handed to an application from this store.
    pub fn event_log(&self) -> EventLog {
        EventLog::new(self.clone())
    }

    /// Opens it for a moment, for which a program that starts waits.
    pub(crate) fn visit(directory: &Path) -> Result<Self, Fault> {
        let lock = Lock::take(directory)?.visiting()?;
        let storage = FileStorage::new(directory.join(FILE));
        let objects = Objects::in_directory(directory)?;
        Self::start(storage, objects, &LocalConfig::new(directory), Some(lock))
    }

    pub(crate) fn open_with(config: &LocalConfig) -> Result<Self> {
        let opened = match config.directory() {
            Some(directory) => Lock::take(directory).and_then(|lock| {
                let storage = FileStorage::new(directory.join(FILE));
                let objects = Objects::in_directory(directory)?;
                Self::start(storage, objects, config, Some(lock))
            }),
            None => Self::start(MemoryStorage::default(), Objects::temporary(), config, None),
        };
        opened.map_err(|fault| fault.error(&config.place()))
    }

    pub(crate) fn start(
        storage: impl Storage,
        objects: Arc<Objects>,
        config: &LocalConfig,
        lock: Option<Lock>,
    ) -> Result<Self, Fault> {
        let place: Arc<str> = config.place().into();
        if storage.len()?.is_none() && !objects.is_empty()? {
            return Err(Fault::damaged(
                "there are blobs, but the file that lists them is gone",
            ));
        }
        let engine = Arc::new(Engine::open(storage, config.cache_bytes())?);
        // A program that starts waits for one that looks in.
        if !lock.as_ref().is_some_and(Lock::visits) {
            blob::change::sweep(&engine, &objects)?;
        }
        let keepers = blob::versions::Keepers::read(&engine)?;
        let signer = blob::sign::Signer::of(config)?;
        let committer = Committer::start(Arc::clone(&engine), Arc::clone(&place))?;
        Ok(Self {
            open: Arc::new(Open {
                committer,
                engine,
                objects,
                place,
                uploads: blob::upload::Uploads::default(),
                keepers,
                signer,
                watched_buckets: Watched::default(),
                watched_collections: Watched::default(),
                arrivals: Arrivals::default(),
                event_limits: config.event_limits(),
                opened: SystemTime::now().into(),
                directory: config.directory().map(Path::to_owned),
                _lock: lock,
            }),
        })
    }

    pub(crate) fn read<T>(&self, work: impl Fn(&Snapshot) -> Result<T, Stop>) -> Result<T> {
        self.open
            .engine
            .read(work)
            .map_err(|stop| stop.into_error(&self.open.place))
    }

    pub(crate) fn revision(&self) -> &Revision {
        self.open.engine.revision()
    }

    pub(crate) fn uploads(&self) -> &blob::upload::Uploads {
        &self.open.uploads
    }

    pub(crate) fn keepers(&self) -> &blob::versions::Keepers {
        &self.open.keepers
    }

    pub(crate) fn signer(&self) -> Option<&blob::sign::Signer> {
        self.open.signer.as_ref()
    }

    pub(crate) fn watched_buckets(&self) -> &Watched {
        &self.open.watched_buckets
    }

    pub(crate) fn watched_collections(&self) -> &Watched {
        &self.open.watched_collections
    }

    pub(crate) fn arrivals(&self) -> &Arrivals {
        &self.open.arrivals
    }

    pub(crate) fn event_limits(&self) -> EventLimits {
        self.open.event_limits
    }

    pub(crate) fn opened(&self) -> Timestamp {
        self.open.opened
    }

    /// Where it lies; nothing in memory.
    #[cfg(feature = "function")]
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.open.directory.as_deref()
    }

    /// Whether both are the same store.
    #[cfg(feature = "function")]
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.open, &other.open)
    }

    pub(crate) fn objects(&self) -> &Arc<Objects> {
        &self.open.objects
    }

    pub(crate) async fn submit<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut Group<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T> {
        self.open.committer.submit(bytes, work).await
    }
}

#[cfg(test)]
#[cfg(feature = "document")]
mod tests;
