//! A source tree in memory, for tests and for callers that have their files elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{DirectoryEntry, EntryKind, Metadata, SourceTree};

/// Files by absolute path. Directories exist where a file is below them.
///
/// ```
/// use std::path::Path;
/// use isobar_migrate_analyze::{MemoryTree, SourceTree};
///
/// let tree = MemoryTree::new().with_file("/app/index.js", "require('express')()");
/// assert_eq!(tree.list(Path::new("/app")).unwrap()[0].name, "index.js");
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryTree {
    files: BTreeMap<PathBuf, Vec<u8>>,
    links: BTreeMap<PathBuf, PathBuf>,
    unreadable: BTreeSet<PathBuf>,
}

impl MemoryTree {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tree with one more file.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), content.into());
        self
    }

    /// The tree with a symbolic link at `path` that leads to the absolute path `target`.
    #[must_use]
    pub fn with_link(mut self, path: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Self {
        self.links.insert(path.into(), target.into());
        self
    }

    /// The tree in which reading or listing `path` is refused.
    #[must_use]
    pub fn with_unreadable(mut self, path: impl Into<PathBuf>) -> Self {
        self.unreadable.insert(path.into());
        self
    }

    fn readable(&self, path: &Path) -> io::Result<PathBuf> {
        let path = self.canonical(path)?;
        if self.unreadable.contains(&path) {
            return Err(io::Error::from(io::ErrorKind::PermissionDenied));
        }
        Ok(path)
    }

    fn is_directory(&self, path: &Path) -> bool {
        let below = |candidate: &PathBuf| candidate != path && candidate.starts_with(path);
        self.files
            .keys()
            .chain(self.links.keys())
            .chain(&self.unreadable)
            .any(below)
    }
}

impl SourceTree for MemoryTree {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let path = self.readable(path)?;
        self.files
            .get(&path)
            .cloned()
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>> {
        let path = self.readable(path)?;
        if !self.is_directory(&path) {
            return Err(io::Error::from(io::ErrorKind::NotFound));
        }
        let names: BTreeSet<String> = (self.files.keys().chain(self.links.keys()))
            .chain(&self.unreadable)
            .filter_map(|file| file.strip_prefix(&path).ok())
            .filter_map(|rest| rest.components().next())
            .map(|name| name.as_os_str().to_string_lossy().into_owned())
            .collect();
        let kind = |name: &str| {
            self.metadata(&path.join(name))
                .map_or(EntryKind::Other, |metadata| metadata.kind)
        };
        Ok(names
            .into_iter()
            .map(|name| DirectoryEntry {
                kind: kind(&name),
                name,
            })
            .collect())
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let path = self.canonical(path)?;
        if let Some(content) = self.files.get(&path) {
            return Ok(Metadata {
                kind: EntryKind::File,
                len: content.len() as u64,
            });
        }
        if self.unreadable.contains(&path) || self.is_directory(&path) {
            return Ok(Metadata {
                kind: EntryKind::Directory,
                len: 0,
            });
        }
        Err(io::Error::from(io::ErrorKind::NotFound))
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        let mut resolved = PathBuf::new();
        let mut pending: Vec<PathBuf> = path
            .components()
            .rev()
            .map(|part| PathBuf::from(part.as_os_str()))
            .collect();
        let mut links_left = 40;
        while let Some(part) = pending.pop() {
            match part.components().next() {
                Some(Component::ParentDir) => {
                    resolved.pop();
                }
                Some(Component::CurDir) | None => {}
                Some(_) => resolved.push(&part),
            }
            if let Some(target) = self.links.get(&resolved) {
                let too_many = || io::Error::other("too many levels of symbolic links");
                links_left = u32::checked_sub(links_left, 1).ok_or_else(too_many)?;
                pending.extend(
                    target
                        .components()
                        .rev()
                        .map(|p| PathBuf::from(p.as_os_str())),
                );
                resolved = PathBuf::new();
            }
        }
        Ok(resolved)
    }
}
