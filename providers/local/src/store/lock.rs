//! The lock by which a directory is open in one process at a time.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::blob::objects::create_directory;
use crate::error::Fault;

/// The file whose lock says that the directory is open.
const NAME: &str = "lock";
/// How long a program waits for one that only looks in.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two attempts; also how long one that looks in may take to say so.
const PAUSE: Duration = Duration::from_millis(20);

/// A directory that belongs to this process, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    visits: bool,
}

impl Lock {
    /// Creates the directory where it is missing, for good, and takes it for this process.
    ///
    /// Where somebody only looks in, whose lock has a byte in it, it waits for a while.
    pub(crate) fn take(directory: &Path) -> Result<Self, Fault> {
        create_directory(directory)?;
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(directory.join(NAME))?;
        let begin = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(error.into()),
                Err(TryLockError::WouldBlock) => {}
            }
            let is_visited = file.metadata()?.len() > 0;
            let patience = if is_visited { PATIENCE } else { PAUSE };
            if begin.elapsed() >= patience {
                return Err(Fault::in_use());
            }
            std::thread::sleep(PAUSE);
        }
        // One that looked in and was killed has left its byte.
        if file.metadata()?.len() > 0 {
            file.set_len(0)?;
        }
        let visits = false;
        Ok(Self { file, visits })
    }

    /// Says that it is held for a moment.
    pub(super) fn visiting(mut self) -> Result<Self, Fault> {
        self.file.set_len(1)?;
        self.visits = true;
        Ok(self)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.visits {
            // Where it fails, whoever takes the lock next does so.
            let _ = self.file.set_len(0);
        }
    }
}
