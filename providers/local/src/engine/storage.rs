//! Where the bytes of the engine lie: in a file, or in memory.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{Database, StorageBackend};

use super::overlay::Overlay;
use super::seam::guarded;
use crate::error::Fault;

/// Bytes that can be opened again and again, as they must be after a write that failed.
pub(crate) trait Storage: fmt::Debug + Send + Sync + 'static {
    /// Creates the bytes as `fill` leaves them, all at once: a power loss on the way leaves none.
    fn create(&self, opening: &Opening, fill: &Fill) -> Result<(), Fault>;

    /// Opens a database on the bytes: passes a backend to [`Opening::database`].
    fn open(&self, opening: &Opening) -> Result<Database, Fault>;

    /// How many bytes there are; `None` before they are created.
    fn len(&self) -> io::Result<Option<u64>>;

    /// Whether a write that found the disk full is worth trying again.
    fn has_room(&self) -> bool;
}

/// Writes what a new database starts with.
pub(crate) type Fill = dyn Fn(&Database) -> Result<(), Fault>;

/// How a database is opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening {
    pub(crate) cache_bytes: usize,
    pub(crate) purpose: Purpose,
}

/// What a database is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Use,
    /// To look at it: what the engine writes, be it a repair, goes to memory and is forgotten.
    Inspection,
}

impl Opening {
    pub(crate) fn database(&self, backend: impl StorageBackend) -> Result<Database, Fault> {
        guarded(|| {
            let mut builder = Database::builder();
            builder.set_cache_size(self.cache_bytes);
            Ok(match self.purpose {
                Purpose::Use => builder.create_with_backend(backend)?,
                Purpose::Inspection => builder.create_with_backend(Overlay::new(backend)?)?,
            })
        })
    }
}

/// A file of the engine.
#[derive(Debug)]
pub(crate) struct FileStorage(PathBuf);

/// Free bytes below which a full disk is still full.
const ROOM: u64 = 1 << 20;

impl FileStorage {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl Storage for FileStorage {
    fn create(&self, opening: &Opening, fill: &Fill) -> Result<(), Fault> {
        let unfinished = self.0.with_extension("new");
        let new = options().create(true).truncate(true).open(&unfinished)?;
        let database = opening.database(FileBackend::new(new.try_clone()?)?)?;
        fill(&database)?;
        drop(database);
        new.sync_all()?;
        fs::rename(&unfinished, &self.0)?;
        match self.0.parent() {
            Some(directory) => Ok(File::open(directory)?.sync_all()?),
            None => Ok(()),
        }
    }

    fn open(&self, opening: &Opening) -> Result<Database, Fault> {
        let file = options().open(&self.0)?;
        opening.database(FileBackend::new(file)?)
    }

    fn len(&self) -> io::Result<Option<u64>> {
        match fs::metadata(&self.0) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    #[cfg(unix)]
    fn has_room(&self) -> bool {
        rustix::fs::statvfs(&self.0).is_ok_and(|disk| disk.f_bavail * disk.f_frsize >= ROOM)
    }

    #[cfg(not(unix))]
    fn has_room(&self) -> bool {
        true
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    options
}

/// Bytes in memory, which are there as long as this is.
#[derive(Debug, Default)]
pub(crate) struct MemoryStorage(Arc<InMemoryBackend>);

impl Storage for MemoryStorage {
    fn create(&self, opening: &Opening, fill: &Fill) -> Result<(), Fault> {
        fill(&self.open(opening)?)
    }

    fn open(&self, opening: &Opening) -> Result<Database, Fault> {
        opening.database(SharedMemory(Arc::clone(&self.0)))
    }

    fn len(&self) -> io::Result<Option<u64>> {
        Ok(Some(self.0.len()?).filter(|len| *len > 0))
    }

    fn has_room(&self) -> bool {
        true
    }
}

#[derive(Debug)]
struct SharedMemory(Arc<InMemoryBackend>);

impl StorageBackend for SharedMemory {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}
