//! What the caller decides about a scan.

use indexmap::IndexMap;

/// How an application is to be read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ScanOptions {
    /// The environment that the application is assumed to start in. A variable that is not named
    /// here is absent. `NODE_ENV` is `development` unless set.
    pub environment: IndexMap<String, String>,
}

impl Default for ScanOptions {
    fn default() -> Self {
        let environment = [("NODE_ENV".to_owned(), "development".to_owned())].into();
        Self { environment }
    }
}

impl ScanOptions {
    /// The options with one environment variable set.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }
}

/// What a scan tells while it runs.
pub trait Progress {
    /// A file was read; `files` counts them.
    fn file(&self, path: &str, files: usize);

    /// Whether the scan should end early; the result then says so.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn file(&self, _path: &str, _files: usize) {}
}
