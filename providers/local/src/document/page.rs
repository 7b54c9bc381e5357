//! One page of a query, read from a snapshot.

use isobar::document::{Direction, Timestamp};
use isobar::driver::document::{Call, PageRequest, Record, RecordPage};
use redb::ReadTransaction;

use super::address::{RowKey, sort_key};
use super::range::ByteSpan;
use super::record::Row;
use crate::engine::tables::DOCUMENTS;
use crate::error::Stop;

/// Bytes of rows after which a page ends early, so that no call reads for long.
const PAGE_BYTES: usize = 4 << 20;
/// Expired rows that one page passes over at most.
const PAGE_EXPIRED: usize = 20_000;

/// Reads one page.
pub(crate) fn read(
    transaction: &ReadTransaction,
    call: &Call<'_>,
    request: &PageRequest,
) -> Result<RecordPage, Stop> {
    let mut page = Page::new(call.now, request.limit);
    let sort_type = call.schema.sort.as_ref().map(|(_, sort_type)| *sort_type);
    let span = ByteSpan::of(request, sort_type);
    if span.is_empty() {
        return Ok(page.done());
    }
    let documents = transaction.open_table(DOCUMENTS)?;
    let (table, partition) = (call.schema.table.as_str(), request.partition.as_str());
    let from = (table, partition, span.start.as_slice());
    let to = (table, partition, span.end.as_slice());
    let mut rows = documents.range(from..to)?;
    while let Some(row) = match request.direction {
        Direction::Ascending => rows.next(),
        Direction::Descending => rows.next_back(),
    } {
        let (key, value) = row?;
        if !page.take(key.value(), value.value())? {
            return Ok(page.cut());
        }
    }
    Ok(page.done())
}

struct Page {
    now: Timestamp,
    limit: usize,
    records: Vec<Record>,
    bytes: usize,
    expired: usize,
    /// The sort key of the row that was looked at last.
    last: Vec<u8>,
}

impl Page {
    fn new(now: Timestamp, limit: u32) -> Self {
        Self {
            now,
            limit: limit as usize,
            records: Vec::new(),
            bytes: 0,
            expired: 0,
            last: Vec::new(),
        }
    }

    /// Takes the row unless the page is full.
    fn take(&mut self, key: RowKey<'_>, value: &[u8]) -> isobar::Result<bool> {
        if self.expired >= PAGE_EXPIRED || self.bytes >= PAGE_BYTES {
            return Ok(false);
        }
        let row = Row::read(key, value)?;
        if row.is_live(self.now) {
            if self.records.len() >= self.limit {
                return Ok(false);
            }
            self.records.push(row.record()?);
            self.bytes += value.len();
        } else {
            self.expired += 1;
        }
        self.last = key.2.to_vec();
        Ok(true)
    }

    fn cut(self) -> RecordPage {
        RecordPage {
            next: sort_key(&self.last),
            records: self.records,
        }
    }

    fn done(self) -> RecordPage {
        RecordPage {
            next: None,
            records: self.records,
        }
    }
}
