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
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(20);
/// How long one that looks in may take to say so, once it has the lock.
const UNSAID: Duration = Duration::from_millis(60);

/// A directory that belongs to this process, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    visits: bool,
}

impl Lock {
    /// Creates the directory where it is missing, for good, and takes it for this process.
    ///
    /// Where somebody only looks in, whose lock has a byte in it, it waits for a while, and where one after another does so
    /// as well.
    pub(crate) fn take(directory: &Path) -> Result<Self, Fault> {
        create_directory(directory)?;
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(directory.join(NAME))?;
        let begin = Instant::now();
        let mut visited = begin;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(error.into()),
                Err(TryLockError::WouldBlock) => {}
            }
            if file.metadata()?.len() > 0 {
                visited = Instant::now();
            }
            if begin.elapsed() >= PATIENCE || visited.elapsed() >= UNSAID {
                return Err(Fault::in_use());
            }
            std::thread::sleep(PAUSE);
        }
        // Whoever looked in has left its byte: taken back before the lock is, it would have the next one refused.
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

    pub(super) fn visits(&self) -> bool {
        self.visits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_starts_waits_for_one_visitor_after_another() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path();
        let first = Lock::take(place).unwrap().visiting().unwrap();
        let starts = std::thread::spawn({
            let place = place.to_owned();
            move || Lock::take(&place).map(|_| ())
        });
        // Longer than one that does not say that it only looks in is waited for.
        std::thread::sleep(UNSAID * 3);
        drop(first);
        // The next one has the lock and has not yet said so, as the system shares it.
        let file = File::options().write(true).open(place.join(NAME)).unwrap();
        if file.try_lock().is_ok() {
            file.set_len(0).unwrap();
            std::thread::sleep(PAUSE);
            file.set_len(1).unwrap();
            std::thread::sleep(UNSAID * 3);
            drop(file);
        }
        starts.join().unwrap().unwrap();
    }

    #[test]
    fn a_program_that_stays_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let stays = Lock::take(directory.path()).unwrap();
        let begin = Instant::now();
        let fault = Lock::take(directory.path()).unwrap_err();
        assert!(fault.is_in_use() && begin.elapsed() < PATIENCE);
        drop(stays);
        Lock::take(directory.path()).unwrap();
    }
}
