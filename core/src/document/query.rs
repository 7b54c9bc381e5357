//! Reading a partition or an index in its order, or all documents in none.

use super::{
    CollectionSchema, Consistency, Cursor, FieldPath, Filter, Projection, SortKey, SortType,
};
use crate::document::Key;
use crate::document::key::check_text;
use crate::driver::document::{Fetch, Selection, Source};
use crate::error::{Error, Result};

/// The order of a query's results, by the sort field of what it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

/// The part of a partition or an index that a query reads, by its sort field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SortRange {
    /// The whole partition.
    #[default]
    All,
    /// What has this sort key.
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

/// What a query reads, which decides what it costs on every store (rule R10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QueryClass {
    /// A part of one partition, in the order of the sort key.
    Keyed,
    /// A part of a declared index, in its order.
    Indexed,
    /// The whole collection, in no order; it must be allowed.
    Scan,
}

#[derive(Debug, Clone, PartialEq)]
enum From {
    Partition(String),
    Index {
        name: String,
        partition: Option<String>,
    },
    Everything,
}

/// Which documents are asked for, in which order, and how many at a time.
///
/// A query is of one of three [classes](QueryClass): of a partition, of a declared index, or of
/// everything, which must be [allowed](Self::allow_scan). A filter narrows what is found; what the
/// store cannot test is tested by this library, and [`Collection::plan`](crate::Collection::plan)
/// says which.
///
/// ```
/// use isobar::document::{Filter, Query};
///
/// let newest = Query::partition("alice").prefix("2026-").descending().limit(20);
/// let drafts = Query::index("by_author", "alice").filter(Filter::eq("state", "draft"));
/// let urgent = Query::all().filter(Filter::contains("tags", "urgent")).allow_scan();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    from: From,
    range: SortRange,
    direction: Direction,
    ordered_by: Option<FieldPath>,
    filter: Option<Filter>,
    projection: Projection,
    consistency: Consistency,
    scan_allowed: bool,
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
        Self::from(From::Partition(partition.into()))
    }

    /// All documents of an index whose partition field has this value, smallest sort field first.
    pub fn index(name: impl Into<String>, partition: impl Into<String>) -> Self {
        Self::from(From::Index {
            name: name.into(),
            partition: Some(partition.into()),
        })
    }

    /// All documents of an index that holds the whole collection in one order.
    pub fn whole_index(name: impl Into<String>) -> Self {
        Self::from(From::Index {
            name: name.into(),
            partition: None,
        })
    }

    /// All documents of the collection, in no order; [`Self::allow_scan`] must say that this is
    /// meant, as it reads, and costs, the whole collection.
    pub fn all() -> Self {
        Self::from(From::Everything)
    }

    fn from(from: From) -> Self {
        Self {
            from,
            range: SortRange::All,
            direction: Direction::Ascending,
            ordered_by: None,
            filter: None,
            projection: Projection::Whole,
            consistency: Consistency::Strong,
            scan_allowed: false,
            limit: None,
            after: None,
        }
    }

    /// Only documents whose sort key, or sort field of the index, is in `range`.
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

    /// Only documents of which the filter holds; of several filters, all must hold.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(match self.filter {
            None => filter,
            Some(earlier) => earlier.and(filter),
        });
        self
    }

    /// Only these fields of each document, and those of its key.
    ///
    /// The type that is read must do without the others: see
    /// [`Collection::view`](crate::Collection::view).
    #[must_use]
    pub fn select<P: Into<FieldPath>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.projection = Projection::fields(paths);
        self
    }

    /// Largest sort key first.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.direction = Direction::Descending;
        self
    }

    /// States the field of the order, which is the sort field of what is read: for any other one
    /// the query is `InvalidArgument`, with the index to declare (rule R11).
    #[must_use]
    pub fn order_by(mut self, field: impl Into<FieldPath>, direction: Direction) -> Self {
        self.ordered_by = Some(field.into());
        self.direction = direction;
        self
    }

    /// Allows that the whole collection is read.
    #[must_use]
    pub fn allow_scan(mut self) -> Self {
        self.scan_allowed = true;
        self
    }

    /// How fresh the documents must be; indexed reads may always be a little old, except where
    /// [`ConsistentIndexes`](crate::Capability::ConsistentIndexes) is declared (rule R13).
    #[must_use]
    pub fn with_consistency(mut self, consistency: Consistency) -> Self {
        self.consistency = consistency;
        self
    }

    /// At most `limit` documents in a page, counted after the filter, from 1 to [`Self::MAX_LIMIT`].
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

    /// What it reads.
    pub fn class(&self) -> QueryClass {
        match self.from {
            From::Partition(_) => QueryClass::Keyed,
            From::Index { .. } => QueryClass::Indexed,
            From::Everything => QueryClass::Scan,
        }
    }

    pub(crate) fn cursor(&self) -> Option<&Cursor> {
        self.after.as_ref()
    }

    pub(crate) fn page_limit(&self) -> u32 {
        self.limit.unwrap_or(Self::DEFAULT_LIMIT)
    }

    pub(super) fn is_scan_forbidden(&self) -> bool {
        self.class() == QueryClass::Scan && !self.scan_allowed
    }

    /// How the documents are to be read.
    pub(super) fn fetch(&self) -> Result<Fetch> {
        Ok(Fetch {
            projection: self.projection.checked()?,
            consistency: self.consistency,
        })
    }

    /// The query as a driver knows it, or why it is not one.
    /// The error of this query, which names the partition that it reads.
    pub(super) fn named(&self, error: Error) -> Error {
        match &self.from {
            From::Partition(partition) => error.at_document(&Key::partition(partition)),
            _ => error,
        }
    }

    pub(super) fn selection(&self, schema: &CollectionSchema) -> Result<Selection> {
        self.check_limit()?;
        let (source, sort) = self.source(schema)?;
        self.check_order(sort.as_ref().map(|(name, _)| name.as_str()))?;
        self.check_range(sort.as_ref())?;
        let filter = self.filter.as_ref();
        Ok(Selection {
            source,
            range: self.range.clone(),
            direction: self.direction,
            filter: filter.map(|filter| filter.checked(schema)).transpose()?,
        })
    }

    /// Where it looks, and the field that orders what is there.
    fn source(&self, schema: &CollectionSchema) -> Result<(Source, Option<(String, SortType)>)> {
        match &self.from {
            From::Partition(partition) => {
                check_text(partition, &schema.partition)?;
                Ok((Source::Partition(partition.clone()), schema.sort.clone()))
            }
            From::Index { name, partition } => {
                schema.check_indexes()?;
                let index = schema.index(name)?;
                match (partition, &index.partition) {
                    (Some(value), Some(field)) => check_text(value, field)?,
                    (None, None) => {}
                    (Some(_), None) => {
                        let message = format!(
                            "the index {name:?} holds the whole collection: use Query::whole_index"
                        );
                        return Err(Error::invalid(message));
                    }
                    (None, Some(field)) => {
                        let message =
                            format!("the index {name:?} is queried by a value of {field:?}");
                        return Err(Error::invalid(message));
                    }
                }
                let source = Source::Index {
                    index: index.clone(),
                    partition: partition.clone(),
                };
                Ok((source, index.sort.clone()))
            }
            From::Everything => Ok((Source::Everything, None)),
        }
    }

    fn check_limit(&self) -> Result<()> {
        match self.limit {
            Some(limit) if limit == 0 || limit > Self::MAX_LIMIT => {
                let max = Self::MAX_LIMIT;
                Err(Error::invalid(format!(
                    "the limit is {limit}, it must be 1 to {max}"
                )))
            }
            _ => Ok(()),
        }
    }

    fn check_order(&self, sort: Option<&str>) -> Result<()> {
        if self.class() == QueryClass::Scan
            && (self.direction == Direction::Descending || self.ordered_by.is_some())
        {
            let field = self.ordered_by.as_ref();
            let field = field.map_or_else(|| "FIELD".to_owned(), |path| path.names().join("."));
            return Err(Error::invalid(format!(
                "all documents come in no order: declare the index \
                 IndexSpec::new(NAME).partition(FIELD).sort({field:?}, TYPE) and query that"
            )));
        }
        let Some(path) = &self.ordered_by else {
            return Ok(());
        };
        path.check()?;
        match (path.names(), sort) {
            ([name], Some(sort)) if name == sort => Ok(()),
            (_, sort) => Err(Error::invalid(format!(
                "the query is in the order of {}, not of {path}: declare the index \
                 IndexSpec::new(NAME).partition(FIELD).sort({path}, TYPE) and query that",
                sort.map_or_else(|| "no field".to_owned(), |sort| format!("{sort:?}"))
            ))),
        }
    }

    fn check_range(&self, sort: Option<&(String, SortType)>) -> Result<()> {
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
        let Some((name, expected)) = sort else {
            return Err(Error::invalid("there is no sort key to query by"));
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
