//! One page of a query or a scan, read from a snapshot.

use isobar::document::{Direction, Filter, Key, Timestamp};
use isobar::driver::document::{
    Call, CountRequest, Counted, PageRequest, Position, Record, RecordPage, Segment, Selection,
    Source,
};
use isobar::{Capability, Error};
use redb::ReadTransaction;

use super::address::{Address, RowKey, sort_bytes, sort_key};
use super::range::ByteSpan;
use super::record::Row;
use crate::byte_order::next;
use crate::engine::tables::DOCUMENTS;
use crate::error::Stop;

/// Bytes of rows after which a page ends early, so that no call reads for long.
const PAGE_BYTES: usize = 4 << 20;
/// Rows that one page passes over at most.
const PAGE_PASSED: usize = 20_000;

/// Reads one page.
pub(crate) fn read(
    transaction: &ReadTransaction,
    call: &Call<'_>,
    (segment, request): (Segment, &PageRequest),
) -> Result<RecordPage, Stop> {
    let asked = Asked {
        call,
        selection: &request.selection,
        after: request.after.as_ref(),
        segment,
    };
    let mut page = Page::new(&asked, Take::Records(request.limit as usize));
    let next = page.fill(transaction, &asked)?;
    Ok(RecordPage {
        records: page.records,
        next,
    })
}

/// Counts as far as one page reads.
pub(crate) fn count(
    transaction: &ReadTransaction,
    call: &Call<'_>,
    request: &CountRequest,
) -> Result<Counted, Stop> {
    let asked = Asked {
        call,
        selection: &request.selection,
        after: request.after.as_ref(),
        segment: Segment::WHOLE,
    };
    let mut page = Page::new(&asked, Take::Count);
    let next = page.fill(transaction, &asked)?;
    Ok(Counted {
        count: page.count,
        next,
    })
}

struct Asked<'a> {
    call: &'a Call<'a>,
    selection: &'a Selection,
    after: Option<&'a Position>,
    segment: Segment,
}

#[derive(Clone, Copy)]
enum Take {
    Records(usize),
    Count,
}

struct Page<'a> {
    now: Timestamp,
    filter: Option<&'a Filter>,
    take: Take,
    records: Vec<Record>,
    count: u64,
    bytes: usize,
    passed: usize,
}

impl<'a> Page<'a> {
    fn new(asked: &Asked<'a>, take: Take) -> Self {
        Self {
            now: asked.call.now,
            filter: asked.selection.filter.as_ref(),
            take,
            records: Vec::new(),
            count: 0,
            bytes: 0,
            passed: 0,
        }
    }

    /// Takes rows until the page is full; the place to go on after, where there may be more.
    fn fill(
        &mut self,
        transaction: &ReadTransaction,
        asked: &Asked<'_>,
    ) -> Result<Option<Position>, Stop> {
        match &asked.selection.source {
            Source::Partition(partition) => self.fill_from_partition(transaction, asked, partition),
            Source::Everything => self.fill_from_all(transaction, asked),
            Source::Index { .. } => Err(Stop::Refused(Error::unsupported(
                Capability::IndexedQueries,
            ))),
        }
    }

    fn fill_from_partition(
        &mut self,
        transaction: &ReadTransaction,
        asked: &Asked<'_>,
        partition: &str,
    ) -> Result<Option<Position>, Stop> {
        let Selection {
            range, direction, ..
        } = asked.selection;
        let schema = asked.call.schema;
        let sort_type = schema.sort.as_ref().map(|(_, sort_type)| *sort_type);
        let mut span = ByteSpan::of(range, sort_type);
        if let Some(Position::Sort(after)) = asked.after {
            span = span.after(*direction, sort_bytes(Some(after)));
        }
        if span.is_empty() {
            return Ok(None);
        }
        let documents = transaction.open_table(DOCUMENTS)?;
        let from = (schema.table.as_str(), partition, span.start.as_slice());
        let to = (schema.table.as_str(), partition, span.end.as_slice());
        let mut rows = documents.range(from..to)?;
        let mut last = Vec::new();
        while let Some(row) = match direction {
            Direction::Ascending => rows.next(),
            Direction::Descending => rows.next_back(),
        } {
            let (key, value) = row?;
            if !self.take(key.value(), value.value())? {
                return Ok(sort_key(&last).map(Position::Sort));
            }
            last = key.value().2.to_vec();
        }
        Ok(None)
    }

    fn fill_from_all(
        &mut self,
        transaction: &ReadTransaction,
        asked: &Asked<'_>,
    ) -> Result<Option<Position>, Stop> {
        let table = asked.call.schema.table.as_str();
        let from = match asked.after {
            Some(Position::Key(key)) => {
                let Address {
                    partition, sort, ..
                } = Address::of(asked.call.schema, key);
                (partition, next(sort))
            }
            _ => (String::new(), Vec::new()),
        };
        let end = format!("{table}\0");
        let documents = transaction.open_table(DOCUMENTS)?;
        let from = (table, from.0.as_str(), from.1.as_slice());
        let mut last: Option<Key> = None;
        for row in documents.range(from..(end.as_str(), "", &[][..]))? {
            let (key, value) = row?;
            let (_, partition, sort) = key.value();
            let taken = if is_of(asked.segment, partition, sort) {
                self.take(key.value(), value.value())?
            } else {
                self.pass()
            };
            if !taken {
                return Ok(last.map(Position::Key));
            }
            last = Some(Key {
                partition: partition.to_owned(),
                sort: sort_key(sort),
            });
        }
        Ok(None)
    }

    /// Passes over a row, unless enough were passed over.
    fn pass(&mut self) -> bool {
        self.passed += 1;
        self.passed <= PAGE_PASSED
    }

    /// Takes or passes over the row, unless the page is full.
    fn take(&mut self, key: RowKey<'_>, value: &[u8]) -> Result<bool, Stop> {
        if self.passed >= PAGE_PASSED || self.bytes >= PAGE_BYTES {
            return Ok(false);
        }
        let row = Row::read(key, value)?;
        self.bytes += value.len();
        if !row.is_live(self.now) {
            self.passed += 1;
            return Ok(true);
        }
        let limit = match self.take {
            Take::Records(limit) => limit,
            Take::Count if self.filter.is_none() => {
                self.count += 1;
                self.passed += 1;
                return Ok(true);
            }
            Take::Count => usize::MAX,
        };
        if self.records.len() >= limit && self.filter.is_none() {
            return Ok(false);
        }
        let record = row.record()?;
        if self
            .filter
            .is_some_and(|filter| !filter.matches(&record.fields))
        {
            self.passed += 1;
            return Ok(true);
        }
        if self.records.len() >= limit {
            return Ok(false);
        }
        match self.take {
            Take::Records(_) => self.records.push(record),
            Take::Count => {
                self.count += 1;
                self.passed += 1;
            }
        }
        Ok(true)
    }
}

/// Whether a document belongs to the part of a scan.
fn is_of(segment: Segment, partition: &str, sort: &[u8]) -> bool {
    let hash = crc32c::crc32c_append(crc32c::crc32c(partition.as_bytes()), sort);
    segment.total <= 1 || hash % segment.total == segment.index
}
