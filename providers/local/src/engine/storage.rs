//! Where the bytes of the engine lie: in a file, or in memory.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{BackendError, StorageBackend};

use crate::error::Fault;

/// Opens the same bytes again and again: the engine must be reopened after a failed write.
pub(crate) trait Storage: fmt::Debug + Send + Sync + 'static {
    fn open(&self) -> Result<Backend, Fault>;
}

/// A file of the engine.
#[derive(Debug)]
pub(crate) struct FileStorage(PathBuf);

impl FileStorage {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl Storage for FileStorage {
    fn open(&self) -> Result<Backend, Fault> {
        let file = open_or_create(&self.0)?;
        Ok(Backend {
            reserve: Some(file.try_clone()?),
            bytes: Arc::new(FileBackend::new(file)?),
        })
    }
}

/// Opens the file; a new one is in its directory for good before it is used.
fn open_or_create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let file = options.create(true).truncate(false).open(path)?;
            if let Some(directory) = path.parent() {
                File::open(directory)?.sync_all()?;
            }
            Ok(file)
        }
        opened => opened,
    }
}

/// Bytes in memory, which are there as long as this is.
#[derive(Debug, Default)]
pub(crate) struct MemoryStorage(Arc<InMemoryBackend>);

impl Storage for MemoryStorage {
    fn open(&self) -> Result<Backend, Fault> {
        Ok(Backend {
            bytes: Arc::clone(&self.0) as Arc<dyn StorageBackend>,
            reserve: None,
        })
    }
}

/// The bytes of the engine, opened.
///
/// A file reserves the room it grows into, so that a full disk is met when the file should grow
/// and never when a page is written: opening the engine again then needs no room.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) bytes: Arc<dyn StorageBackend>,
    pub(crate) reserve: Option<File>,
}

#[cfg(target_os = "linux")]
fn reserve(file: &File, from: u64, to: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;

    match fallocate(file, FallocateFlags::empty(), from, to - from) {
        // A file system that cannot reserve grows as it always did.
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn reserve(_file: &File, _from: u64, _to: u64) -> io::Result<()> {
    Ok(())
}

impl StorageBackend for Backend {
    fn set_len(&self, len: u64) -> io::Result<()> {
        let present = self.bytes.len()?;
        if let Some(file) = &self.reserve
            && len > present
        {
            reserve(file, present, len)?;
        }
        self.bytes.set_len(len)
    }

    fn len(&self) -> io::Result<u64> {
        self.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.bytes.read(offset, out)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.bytes.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.bytes.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.bytes.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.bytes.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.bytes.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.bytes.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.bytes.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.bytes.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.bytes.query_lock_range(start, end)
    }
}
