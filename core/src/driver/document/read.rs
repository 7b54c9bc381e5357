//! What a driver is asked to read, and what it answers.

use bytes::Bytes;

use super::Record;
use crate::document::{
    CollectionSchema, Consistency, Direction, Filter, IndexSchema, Key, Projection, SortKey,
    SortRange,
};

/// How documents are read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fetch {
    /// What is needed of each document. It saves bytes and decides nothing: a driver may return
    /// more, it must return at least these fields, where they are there, and the key fields.
    pub projection: Projection,
    /// How fresh they must be; a driver may always read more strictly.
    pub consistency: Consistency,
}

/// Where a query looks.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// One partition, by the sort key.
    Partition(String),
    /// An index, by its sort field.
    Index {
        /// The declared index.
        index: IndexSchema,
        /// The value of its partition field; `None` exactly where it has no such field.
        partition: Option<String>,
    },
    /// The whole collection, in no order.
    Everything,
}

/// Which documents are asked for, and in which order.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// Where they are looked for.
    pub source: Source,
    /// The part of the source, by its sort field; [`SortRange::All`] of everything.
    pub range: SortRange,
    /// The order; documents of an index that are equal in it are in the order of their keys where
    /// [`OrderedIndexTies`](crate::Capability::OrderedIndexTies) is declared.
    pub direction: Direction,
    /// What must hold of each document. A driver is given only what its [`Planner`] called
    /// native, and must test it exactly as [`Filter::matches`] does; where the planner named a part
    /// as left too, it need only leave out documents of which the part does not hold.
    pub filter: Option<Filter>,
}

/// A place in a selection, after which to go on.
///
/// It may be that of any document of the selection, also one that is gone meanwhile; core makes
/// one from a document as it does from what a driver returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// A sort key in a partition.
    Sort(SortKey),
    /// An entry of an index: the value of its sort field, where it has one, and the document's key.
    Entry {
        /// The value by which the index is ordered.
        value: Option<SortKey>,
        /// The key of the document.
        key: Key,
    },
    /// A document, in a scan.
    Key(Key),
    /// The vendor's own token, in scans of stores that can go on by nothing else. It comes back
    /// from clients: the driver must check it, and must not trust it with more than a place.
    Token(Bytes),
}

/// One page, asked of the store.
#[derive(Debug, Clone, PartialEq)]
pub struct PageRequest {
    /// Which documents.
    pub selection: Selection,
    /// How.
    pub fetch: Fetch,
    /// At most this many records.
    pub limit: u32,
    /// Only records after this place, in the selection's order.
    pub after: Option<Position>,
}

/// One page, as the store gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordPage {
    /// Live records in the selection's order; may be few or none although there is more.
    pub records: Vec<Record>,
    /// The place after which to go on; `None` when the selection is exhausted.
    pub next: Option<Position>,
}

/// A part of a scan: `index` of `total` disjoint parts, which together are everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// From 0.
    pub index: u32,
    /// At least 1.
    pub total: u32,
}

impl Segment {
    /// All of it.
    pub const WHOLE: Self = Self { index: 0, total: 1 };
    /// The most parts of one scan.
    pub const MAX_TOTAL: u32 = 1_000;
}

/// A number of documents, asked of the store; the whole filter of the selection is native.
#[derive(Debug, Clone, PartialEq)]
pub struct CountRequest {
    /// Which documents.
    pub selection: Selection,
    /// How fresh the answer must be.
    pub consistency: Consistency,
    /// Only documents after this place.
    pub after: Option<Position>,
}

/// A number of documents, as the store gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Live documents of this step.
    pub count: u64,
    /// The place after which to go on counting; `None` when all were counted.
    pub next: Option<Position>,
}

/// How a driver will carry out a selection.
#[derive(Debug, Clone, PartialEq)]
pub struct DriverPlan {
    /// What it asks of the store, in the vendor's words, such as `Query on index by_author`.
    pub operations: Vec<String>,
    /// The part of the filter that the store tests.
    pub native: Option<Filter>,
    /// The part that is left to core.
    pub rest: Option<Filter>,
}

impl DriverPlan {
    /// A plan of one operation in which `native` says of each part of the filter, alone, whether
    /// the store tests it; see [`Filter::split`].
    pub fn split(
        operation: impl Into<String>,
        selection: &Selection,
        native: impl Fn(&Filter) -> bool,
    ) -> Self {
        let filter = selection.filter.as_ref();
        let (native, rest) = filter.map_or((None, None), |filter| filter.split(native));
        Self {
            operations: vec![operation.into()],
            native,
            rest,
        }
    }
}

/// Says how a driver will carry out a selection, without touching the network.
///
/// The filter must be the conjunction of what the plan calls native and what is left; see
/// [`Filter::split`]. A part may be named as both, where the store leaves out some of the documents
/// that do not match, but not all of them.
pub type Planner = fn(&CollectionSchema, &Selection) -> DriverPlan;
