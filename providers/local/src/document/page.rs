//! One page of a query or a scan, read from a snapshot.

use isobar::document::{Direction, Filter, IndexSchema, Key, Timestamp};
use isobar::driver::crc32c;
use isobar::driver::document::{
    Call, CountRequest, Counted, FoundPage, FoundRecords, PageRequest, Position, Segment,
    Selection, Source,
};
use isobar::driver::packed::PackedRecords;

use super::address::{Address, RowKey, context, sort_bytes, sort_key};
use super::index;
use super::range::ByteSpan;
use super::record::Row;
use crate::byte_order::next;
use crate::engine::snapshot::Snapshot;
use crate::engine::tables::{INDEX, INDEXES, IndexKey};
use crate::error::{Fault, Stop};
use crate::wire::Context;

/// Bytes of rows after which a page ends early, so that no call reads for long.
const PAGE_BYTES: usize = 4 << 20;
/// Rows that one page passes over at most.
const PAGE_PASSED: usize = 20_000;

/// Reads one page.
pub(crate) fn read(
    snapshot: &Snapshot,
    call: &Call<'_>,
    (segment, request): (Segment, &PageRequest),
) -> Result<FoundPage, Stop> {
    let asked = Asked {
        call,
        selection: &request.selection,
        after: request.after.as_ref(),
        segment,
    };
    let mut page = Page::new(&asked, Take::Records(request.limit as usize));
    let next = page.fill(snapshot, &asked)?;
    Ok(FoundPage {
        records: FoundRecords::Packed(page.records),
        next,
    })
}

/// Counts as far as one page reads.
pub(crate) fn count(
    snapshot: &Snapshot,
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
    let next = page.fill(snapshot, &asked)?;
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
    records: PackedRecords,
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
            records: PackedRecords::default(),
            count: 0,
            bytes: 0,
            passed: 0,
        }
    }

    /// Takes rows until the page is full; the place to go on after, where there may be more.
    fn fill(&mut self, snapshot: &Snapshot, asked: &Asked<'_>) -> Result<Option<Position>, Stop> {
        match &asked.selection.source {
            Source::Partition(partition) => self.fill_from_partition(snapshot, asked, partition),
            Source::Everything => self.fill_from_all(snapshot, asked),
            Source::Index { index, partition } => {
                let walk = Walk::of(asked, index, partition.as_deref());
                self.fill_from_index(snapshot, asked, &walk)
            }
        }
    }

    fn fill_from_partition(
        &mut self,
        snapshot: &Snapshot,
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
        let documents = snapshot.documents()?;
        let table = schema.table.as_str();
        // The engine is told of one end only: each row is looked at here anyway, and to compare it
        // with the other end costs the engine as much as to find it.
        let mut rows = match direction {
            Direction::Ascending => documents.range((table, partition, &*span.start)..)?,
            Direction::Descending => documents.range(..(table, partition, &*span.end))?,
        };
        let common = Context::default().with(&[table.as_bytes(), partition.as_bytes()]);
        let mut last = Vec::new();
        while let Some(row) = match direction {
            Direction::Ascending => rows.next(),
            Direction::Descending => rows.next_back(),
        } {
            let (key, value) = row?;
            let (of_table, of_partition, sort) = key.value();
            if (of_table, of_partition) != (table, partition) || !span.holds(sort) {
                return Ok(None);
            }
            if !self.take(common.with(&[sort]), value.value())? {
                return Ok(sort_key(&last).map(Position::Sort));
            }
            last.clear();
            last.extend_from_slice(sort);
        }
        Ok(None)
    }

    fn fill_from_index(
        &mut self,
        snapshot: &Snapshot,
        asked: &Asked<'_>,
        walk: &Walk<'_>,
    ) -> Result<Option<Position>, Stop> {
        if walk.is_empty() {
            return Ok(None);
        }
        let table = asked.call.schema.table.as_str();
        let known = snapshot.open_table(INDEXES)?;
        if known.get((table, walk.index))?.is_none() {
            return Err(index::missing(walk.index).into());
        }
        let documents = snapshot.documents()?;
        let entries = snapshot.open_table(INDEX)?;
        let mut entries = entries.range(walk.from(table)..walk.to(table))?;
        let mut last = None;
        while let Some(entry) = match asked.selection.direction {
            Direction::Ascending => entries.next(),
            Direction::Descending => entries.next_back(),
        } {
            let (entry, _) = entry?;
            let (_, _, _, value, partition, sort) = entry.value();
            let key = (table, partition, sort);
            let row = documents.get(key)?.ok_or_else(|| {
                Fault::damaged(format!("the index {:?} has an entry too many", walk.index))
            })?;
            if !self.take(all_of(key), row.value())? {
                return Ok(last);
            }
            last = Some(Position::Entry {
                value: sort_key(value),
                key: Key {
                    partition: partition.to_owned(),
                    sort: sort_key(sort),
                },
            });
        }
        Ok(None)
    }

    fn fill_from_all(
        &mut self,
        snapshot: &Snapshot,
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
        let documents = snapshot.documents()?;
        let from = (table, from.0.as_str(), from.1.as_slice());
        let mut last: Option<Key> = None;
        for row in documents.range(from..(end.as_str(), "", &[][..]))? {
            let (key, value) = row?;
            let (_, partition, sort) = key.value();
            let taken = if is_of(asked.segment, partition, sort) {
                self.take(all_of(key.value()), value.value())?
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
    fn take(&mut self, key: Context, value: &[u8]) -> Result<bool, Stop> {
        if self.passed >= PAGE_PASSED || self.bytes >= PAGE_BYTES {
            return Ok(false);
        }
        let row = Row::read_in(key, value)?;
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
        if let Some(filter) = self.filter
            && !filter.matches(&row.fields()?)
        {
            self.passed += 1;
            return Ok(true);
        }
        if self.records.len() >= limit {
            return Ok(false);
        }
        match self.take {
            Take::Records(_) => {
                let more = limit - self.records.len() - 1;
                self.records
                    .push(row.version(), row.expires_at(), (row.packed(), more));
            }
            Take::Count => {
                self.count += 1;
                self.passed += 1;
            }
        }
        Ok(true)
    }
}

/// The part of an index that is walked through: from the first place, up to but not the second.
struct Walk<'a> {
    index: &'a str,
    partition: &'a str,
    start: (Vec<u8>, String, Vec<u8>),
    end: (Vec<u8>, String, Vec<u8>),
}

impl<'a> Walk<'a> {
    fn of(asked: &Asked<'_>, index: &'a IndexSchema, partition: Option<&'a str>) -> Self {
        let Selection {
            range, direction, ..
        } = asked.selection;
        let sort_type = index.sort.as_ref().map(|(_, sort_type)| *sort_type);
        let span = ByteSpan::of(range, sort_type);
        let mut start = (span.start, String::new(), Vec::new());
        let mut end = (span.end, String::new(), Vec::new());
        if let Some(Position::Entry { value, key }) = asked.after {
            let (value, sort) = (sort_bytes(value.as_ref()), sort_bytes(key.sort.as_ref()));
            let partition = key.partition.clone();
            match direction {
                Direction::Ascending => start = start.max((value, partition, next(sort))),
                Direction::Descending => end = end.min((value, partition, sort)),
            }
        }
        Self {
            index: &index.name,
            partition: partition.unwrap_or_default(),
            start,
            end,
        }
    }

    fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    fn from<'k>(&'k self, table: &'k str) -> IndexKey<'k> {
        let (value, partition, sort) = &self.start;
        (table, self.index, self.partition, value, partition, sort)
    }

    fn to<'k>(&'k self, table: &'k str) -> IndexKey<'k> {
        let (value, partition, sort) = &self.end;
        (table, self.index, self.partition, value, partition, sort)
    }
}

/// The checksum of a whole key.
fn all_of(key: RowKey<'_>) -> Context {
    Context::default().with(&context(key))
}

/// Whether a document belongs to the part of a scan.
fn is_of(segment: Segment, partition: &str, sort: &[u8]) -> bool {
    let hash = crc32c::append(crc32c::checksum(partition.as_bytes()), sort);
    segment.total <= 1 || hash % segment.total == segment.index
}
