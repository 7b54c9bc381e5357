//! Where a local store lies and how much memory it may use, as a program says it or as a URL.

use std::path::{Path, PathBuf};

use isobar::{Error, Result};

use crate::events::EventLimits;
use crate::store::LocalStore;

/// How to open a [`LocalStore`].
///
/// ```
/// use isobar_local::LocalConfig;
///
/// let config = LocalConfig::from_url("local:./data")?;
/// assert_eq!(config.directory(), Some(std::path::Path::new("./data")));
/// # Ok::<(), isobar::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalConfig {
    directory: Option<PathBuf>,
    cache_bytes: usize,
    blob_url: Option<String>,
    event_limits: EventLimits,
}

impl LocalConfig {
    /// Memory for pages of the file unless told otherwise: 64 MiB.
    pub const DEFAULT_CACHE_BYTES: usize = 64 << 20;

    /// A store in this directory.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: Some(directory.into()),
            cache_bytes: Self::DEFAULT_CACHE_BYTES,
            blob_url: None,
            event_limits: EventLimits::default(),
        }
    }

    /// A store in memory, which is gone when it is dropped.
    pub fn in_memory() -> Self {
        Self {
            directory: None,
            cache_bytes: Self::DEFAULT_CACHE_BYTES,
            blob_url: None,
            event_limits: EventLimits::default(),
        }
    }

    /// Reads `local:DIR`, `file:DIR`, `file:///DIR` or `memory:`.
    ///
    /// The directory is taken as it stands, without percent-decoding; a relative one is relative
    /// to the working directory of the process.
    pub fn from_url(url: &str) -> Result<Self> {
        let Some((scheme, rest)) = url.split_once(':') else {
            return Err(unknown(url));
        };
        let directory = match scheme {
            "memory" if rest.is_empty() => return Ok(Self::in_memory()),
            "local" | "file" => rest.strip_prefix("//").unwrap_or(rest),
            _ => return Err(unknown(url)),
        };
        if directory.is_empty() {
            return Err(Error::invalid(format!(
                "{url:?} names no directory: write {scheme}:DIR"
            )));
        }
        Ok(Self::new(directory))
    }

    /// Memory for pages of the file; what is used most stays there.
    #[must_use]
    pub fn with_cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Where the store's signed requests are sent: the URL, without a path, of a server that answers
    /// them, such as a `LocalPlatform` that was given the store. Without it none are signed.
    #[must_use]
    pub fn with_blob_url(mut self, url: impl Into<String>) -> Self {
        self.blob_url = Some(url.into().trim_end_matches('/').to_owned());
        self
    }

    /// How many of the events that wake an application are kept, so that they can be delivered again.
    #[must_use]
    pub fn with_event_limits(mut self, limits: EventLimits) -> Self {
        self.event_limits = limits;
        self
    }

    /// The directory; `None` for a store in memory.
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// Opens the store.
    pub fn open(&self) -> Result<LocalStore> {
        LocalStore::open_with(self)
    }

    pub(crate) fn cache_bytes(&self) -> usize {
        self.cache_bytes
    }

    pub(crate) fn event_limits(&self) -> EventLimits {
        self.event_limits
    }

    pub(crate) fn blob_url(&self) -> Option<&str> {
        self.blob_url.as_deref()
    }

    /// How messages name the store.
    pub(crate) fn place(&self) -> String {
        match &self.directory {
            Some(directory) => directory.display().to_string(),
            None => "memory".to_owned(),
        }
    }
}

fn unknown(url: &str) -> Error {
    Error::invalid(format!(
        "{url:?} is not the URL of a local store: write local:DIR, or memory: for tests"
    ))
}
