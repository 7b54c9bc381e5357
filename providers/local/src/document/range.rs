//! The part of a partition that a query reads, as bytes from and up to.

use isobar::document::{Direction, SortKey, SortRange, SortType};
use isobar::driver::document::PageRequest;

use super::address::{sort_bytes, tag};
use crate::byte_order::{after_prefix, next};

/// Sort keys as bytes: from `start`, up to but not `end`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ByteSpan {
    pub(crate) start: Vec<u8>,
    pub(crate) end: Vec<u8>,
}

impl ByteSpan {
    /// What is left of the request's range; `sort_type` is that of the collection.
    pub(crate) fn of(request: &PageRequest, sort_type: Option<SortType>) -> Self {
        let mut span = Self::of_range(&request.range, tag(sort_type));
        if let Some(after) = &request.after {
            let after = sort_bytes(Some(after));
            match request.direction {
                Direction::Ascending => span.start = span.start.max(next(after)),
                Direction::Descending => span.end = span.end.min(after),
            }
        }
        span
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    fn of_range(range: &SortRange, tag: u8) -> Self {
        let bytes = |key: &SortKey| sort_bytes(Some(key));
        let (first, last) = (vec![tag], vec![tag + 1]);
        let (start, end) = match range {
            SortRange::Equal(key) => (bytes(key), next(bytes(key))),
            SortRange::Less(key) => (first, bytes(key)),
            SortRange::LessOrEqual(key) => (first, next(bytes(key))),
            SortRange::Greater(key) => (next(bytes(key)), last),
            SortRange::GreaterOrEqual(key) => (bytes(key), last),
            SortRange::Between(from, to) => (bytes(from), next(bytes(to))),
            SortRange::Prefix(key) => (bytes(key), after_prefix(bytes(key))),
            _ => (first, last),
        };
        Self { start, end }
    }
}
