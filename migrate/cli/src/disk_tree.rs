//! The files of this machine as a source tree.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use isobar_migrate_analyze::{DirectoryEntry, EntryKind, Metadata, SourceTree};

/// Files as they lie on disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskTree;

impl SourceTree for DiskTree {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        // A pipe may never answer, and a device never end.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a regular file",
            ));
        }
        fs::read(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let file_type = entry.file_type()?;
            let kind = match file_type {
                // Only a link needs another look at the disk.
                link if link.is_symlink() => fs::metadata(entry.path())
                    .map_or(EntryKind::Other, |metadata| kind(metadata.file_type())),
                plain => kind(plain),
            };
            entries.push(DirectoryEntry {
                name: entry.file_name().to_string_lossy().into_owned(),
                kind,
            });
        }
        Ok(entries)
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let metadata = fs::metadata(path)?;
        Ok(Metadata {
            kind: kind(metadata.file_type()),
            len: metadata.len(),
        })
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }
}

fn kind(file_type: fs::FileType) -> EntryKind {
    if file_type.is_file() {
        EntryKind::File
    } else if file_type.is_dir() {
        EntryKind::Directory
    } else {
        EntryKind::Other
    }
}
