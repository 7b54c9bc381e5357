//! The part of a partition that a query reads, as bytes from and up to.

use isobar::document::{Direction, SortKey, SortRange, SortType};

use super::address::{sort_bytes, tag};
use crate::byte_order::{after_prefix, next};

/// Sort keys as bytes: from `start`, up to but not `end`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ByteSpan {
    pub(crate) start: Vec<u8>,
    pub(crate) end: Vec<u8>,
}

impl ByteSpan {
    /// The range; `sort_type` is that of the field that orders what is read.
    pub(crate) fn of(range: &SortRange, sort_type: Option<SortType>) -> Self {
        Self::of_range(range, tag(sort_type))
    }

    /// What is left of it after a place.
    pub(crate) fn after(mut self, direction: Direction, after: Vec<u8>) -> Self {
        match direction {
            Direction::Ascending => self.start = self.start.max(next(after)),
            Direction::Descending => self.end = self.end.min(after),
        }
        self
    }

    pub(crate) fn holds(&self, sort: &[u8]) -> bool {
        (self.start.as_slice()..self.end.as_slice()).contains(&sort)
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
