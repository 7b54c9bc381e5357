//! A position in the source of the scanned application.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A file, relative to the scanned directory with `/` between names, and a line counted from 1.
///
/// A file outside the scanned directory (a dependency of a parent folder) begins with `../`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Path relative to the scanned directory.
    pub file: String,
    /// Line, from 1; 0 where only the file is known.
    pub line: u32,
}

impl Place {
    /// A place in `file` at `line`.
    pub fn new(file: impl Into<String>, line: u32) -> Self {
        Self {
            file: file.into(),
            line,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(&self.file);
        }
        write!(f, "{}:{}", self.file, self.line)
    }
}
