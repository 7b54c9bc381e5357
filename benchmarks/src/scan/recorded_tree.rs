//! The files of this machine as a source tree that keeps which of them were read.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use isobar_migrate_analyze::{DirectoryEntry, EntryKind, Metadata, SourceTree};

#[derive(Debug, Default)]
pub(super) struct RecordedTree {
    read: Mutex<BTreeSet<PathBuf>>,
}

impl RecordedTree {
    pub(super) fn read_files(&self) -> Vec<PathBuf> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.iter().cloned().collect()
    }
}

impl SourceTree for RecordedTree {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let bytes = fs::read(path)?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.insert(path.to_owned());
        Ok(bytes)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>> {
        let names = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.file_name()));
        let described = names.map(|name| {
            let name = name?;
            let found = self.metadata(&path.join(&name));
            Ok(DirectoryEntry {
                name: name.to_string_lossy().into_owned(),
                kind: found.map_or(EntryKind::Other, |metadata| metadata.kind),
            })
        });
        described.collect()
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let found = fs::metadata(path)?;
        let kind = match (found.is_file(), found.is_dir()) {
            (true, _) => EntryKind::File,
            (_, true) => EntryKind::Directory,
            _ => EntryKind::Other,
        };
        Ok(Metadata {
            kind,
            len: found.len(),
        })
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }
}
