//! The only way in which the analyzer sees files: three questions to a source tree.
//!
//! Paths are absolute. The command line answers from the disk, tests from memory.

use std::io;
use std::path::{Path, PathBuf};

mod memory;

pub use memory::MemoryTree;

/// A tree of source files.
///
/// An implementation must answer within a bounded time also for links that lead in a circle.
pub trait SourceTree: Send + Sync {
    /// The bytes of the file at `path`, following links.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The names in the directory at `path`, in any order.
    fn list(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>>;

    /// What is at `path`, following links. A circle of links is an error.
    fn metadata(&self, path: &Path) -> io::Result<Metadata>;

    /// The path with every link resolved. A circle of links is an error.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// File or directory.
    pub kind: EntryKind,
    /// Size in bytes; 0 for a directory.
    pub len: u64,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A socket, a device, a broken link.
    Other,
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The bare name.
    pub name: String,
    /// What it stands for, following links.
    pub kind: EntryKind,
}
