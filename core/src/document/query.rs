//! Reading one partition in the order of its sort key.

use super::{CollectionSchema, Cursor, SortKey, SortType};
use crate::document::key::check_text;
use crate::error::{Error, Result};

/// The order of a query's results, by sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

/// The part of a partition that a query reads.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SortRange {
    /// The whole partition.
    #[default]
    All,
    /// The one document with this sort key.
    Equal(SortKey),
    /// Below the key.
    Less(SortKey),
    /// Up to the key.
    LessOrEqual(SortKey),
    /// Above the key.
    Greater(SortKey),
    /// From the key on.
    GreaterOrEqual(SortKey),
    /// From the first to the second, both included.
    Between(SortKey, SortKey),
    /// Text or bytes that start with the key.
    Prefix(SortKey),
}

/// A query of one partition; it is one request per page on every store.
///
/// ```
/// use isobar::document::Query;
///
/// let newest = Query::partition("alice").prefix("2026-").descending().limit(20);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    partition: String,
    range: SortRange,
    direction: Direction,
    limit: Option<u32>,
    after: Option<Cursor>,
}

impl Query {
    /// The most documents of one page when no limit is given.
    pub const DEFAULT_LIMIT: u32 = 100;
    /// The most documents of one page.
    pub const MAX_LIMIT: u32 = 10_000;

    /// All documents of a partition, smallest sort key first.
    pub fn partition(partition: impl Into<String>) -> Self {
        Self {
            partition: partition.into(),
            range: SortRange::All,
            direction: Direction::Ascending,
            limit: None,
            after: None,
        }
    }

    /// Only documents whose sort key is in `range`.
    #[must_use]
    pub fn range(mut self, range: SortRange) -> Self {
        self.range = range;
        self
    }

    /// Only documents whose sort key starts with `prefix`.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<SortKey>) -> Self {
        self.range(SortRange::Prefix(prefix.into()))
    }

    /// Only documents whose sort key is between `first` and `last`, both included.
    #[must_use]
    pub fn between(self, first: impl Into<SortKey>, last: impl Into<SortKey>) -> Self {
        self.range(SortRange::Between(first.into(), last.into()))
    }

    /// Largest sort key first.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.direction = Direction::Descending;
        self
    }

    /// At most `limit` documents in a page, from 1 to [`Self::MAX_LIMIT`].
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Goes on after the page that gave this cursor.
    #[must_use]
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    pub(crate) fn cursor(&self) -> Option<&Cursor> {
        self.after.as_ref()
    }

    pub(crate) fn partition_name(&self) -> &str {
        &self.partition
    }

    pub(crate) fn sort_range(&self) -> &SortRange {
        &self.range
    }

    pub(crate) fn direction(&self) -> Direction {
        self.direction
    }

    pub(crate) fn page_limit(&self) -> u32 {
        self.limit.unwrap_or(Self::DEFAULT_LIMIT)
    }

    pub(crate) fn check(&self, schema: &CollectionSchema) -> Result<()> {
        check_text(&self.partition, &schema.partition)?;
        if let Some(limit) = self.limit
            && (limit == 0 || limit > Self::MAX_LIMIT)
        {
            let max = Self::MAX_LIMIT;
            return Err(Error::invalid(format!(
                "the limit is {limit}, it must be 1 to {max}"
            )));
        }
        let bounds: &[&SortKey] = match &self.range {
            SortRange::All => return Ok(()),
            SortRange::Between(first, last) => &[first, last],
            SortRange::Equal(key)
            | SortRange::Less(key)
            | SortRange::LessOrEqual(key)
            | SortRange::Greater(key)
            | SortRange::GreaterOrEqual(key)
            | SortRange::Prefix(key) => &[key],
        };
        let Some((name, expected)) = &schema.sort else {
            return Err(Error::invalid("the collection has no sort key to query by"));
        };
        if matches!(self.range, SortRange::Prefix(_)) && *expected == SortType::I64 {
            return Err(Error::invalid(format!(
                "the sort key {name:?} is a number, not a text"
            )));
        }
        bounds
            .iter()
            .try_for_each(|bound| bound.check(*expected, name))
    }
}

/// Some results of a query, and where to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The results, in the query's order.
    pub items: Vec<T>,
    /// Where the next page starts; `None` after the last one.
    pub cursor: Option<Cursor>,
}
