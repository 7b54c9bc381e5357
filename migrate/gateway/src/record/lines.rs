//! A file of JSON lines that only this user can read.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};

/// An open file; each line is written in one piece.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    file: Mutex<File>,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path);
        let file = file.map_err(|error| Error::file("open", path, error))?;
        Ok(Self {
            path: path.to_owned(),
            file: Mutex::new(file),
        })
    }

    pub(super) fn append(&self, record: &impl Serialize) -> Result<()> {
        self.write(record).map(drop)
    }

    /// As [`Self::append`], and the line is on the disk when this returns.
    pub(super) fn append_durably(&self, record: &impl Serialize) -> Result<()> {
        let file = self.write(record)?;
        file.sync_data()
            .map_err(|error| Error::file("write", &self.path, error))
    }

    fn write(&self, record: &impl Serialize) -> Result<std::sync::MutexGuard<'_, File>> {
        let mut line = serde_json::to_vec(record).map_err(|error| {
            let message = format!("cannot write a record to {}", self.path.display());
            Error::new(ErrorKind::Io, message).with_source(error)
        })?;
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line)
            .map_err(|error| Error::file("write", &self.path, error))?;
        Ok(file)
    }
}
