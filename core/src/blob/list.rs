//! Listing the keys of a bucket.

use crate::driver::blob::Entry;
use crate::error::{Error, Result};

/// What to list: everything, until told otherwise.
///
/// ```
/// use isobar::blob::List;
///
/// let folder = List::new().prefix("photos/").delimiter("/");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    pub(crate) prefix: String,
    pub(crate) delimiter: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) limit: Option<u32>,
}

impl List {
    /// The most entries of a page, and their number when no limit is given.
    pub const MAX_LIMIT: u32 = 1_000;

    /// All keys, in byte order.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only keys that start with `prefix`, byte by byte; it need not end at a delimiter.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Folds keys that contain `delimiter` after the prefix into one [`Entry::Prefix`] each.
    #[must_use]
    pub fn delimiter(mut self, delimiter: impl Into<String>) -> Self {
        self.delimiter = Some(delimiter.into());
        self
    }

    /// Only entries after this key or common prefix.
    #[must_use]
    pub fn after(mut self, key: impl Into<String>) -> Self {
        self.after = Some(key.into());
        self
    }

    /// At most this many entries in a page, from 1 to 1,000.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    pub(crate) fn check(&self) -> Result<u32> {
        let limit = self.limit.unwrap_or(Self::MAX_LIMIT);
        if limit == 0 || limit > Self::MAX_LIMIT {
            let max = Self::MAX_LIMIT;
            return Err(Error::invalid(format!(
                "the limit is {limit}, it must be 1 to {max}"
            )));
        }
        if self.delimiter.as_deref() == Some("") {
            return Err(Error::invalid("the delimiter is empty"));
        }
        Ok(limit)
    }
}

/// Some entries of a listing, and where to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct ListPage {
    /// Blobs and common prefixes, in byte order.
    pub entries: Vec<Entry>,
    /// What to give to [`List::after`] for the next page; `None` after the last one.
    pub next: Option<String>,
}

impl ListPage {
    /// The keys of the blobs on this page, without the common prefixes.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Blob(meta) => Some(meta.key.as_str()),
            Entry::Prefix(_) => None,
        })
    }
}
