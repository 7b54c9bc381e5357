//! Changes of a collection, read from its log.
//!
//! A transaction may commit after one that wrote later, so that a reader who went by the numbers
//! of the log alone would pass over it. Changes are therefore read in windows of transactions: one
//! from where the last ended up to the oldest that still runs, and within it by number. Of two
//! transactions that write one row, the second waits for the first, so that no window parts them
//! the wrong way round.

use isobar::document::{ChangeKind, CollectionSchema, DeleteCause, Timestamp};
use isobar::driver::document::{Call, ChangesFrom, ChangesRequest, RecordChange, RecordChanges};
use isobar::{Error, ErrorKind, Result};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::PostgresStore;
use super::log::{Log, kind};
use super::row::{self, column};
use super::table::Table;
use crate::statement::Statement;

/// What has been read: all transactions below `from`, and of those below `until` all changes up to
/// the number `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    from: i64,
    until: i64,
    after: i64,
}

impl Place {
    /// Before all transactions from this one on.
    fn at(transaction: i64) -> Self {
        Self {
            from: transaction,
            until: transaction,
            after: 0,
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        let number = |at: usize| {
            let bytes = bytes.get(at..at + 8).and_then(|part| part.try_into().ok());
            bytes.map(i64::from_be_bytes)
        };
        match (bytes.len(), number(0), number(8), number(16)) {
            (24, Some(from), Some(until), Some(after)) if 0 <= from && from <= until => {
                Ok(Self { from, until, after })
            }
            _ => Err(Error::invalid("the cursor is not one of ours")),
        }
    }

    fn bytes(self) -> Vec<u8> {
        let numbers = [self.from, self.until, self.after];
        numbers.into_iter().flat_map(i64::to_be_bytes).collect()
    }
}

/// How far the log goes.
struct Bounds {
    /// The oldest transaction that still runs.
    running: i64,
    /// The newest transaction whose changes were removed from the log.
    forgotten: i64,
}

impl PostgresStore {
    pub(super) async fn read_changes(
        &self,
        call: &Call<'_>,
        request: &ChangesRequest,
    ) -> Result<RecordChanges> {
        let table = self.table(call.schema)?;
        let log = Log::of(&table)?;
        let bounds = self.bounds(&log).await?;
        let place = match &request.from {
            ChangesFrom::Oldest => Place::at(bounds.forgotten.saturating_add(1)),
            ChangesFrom::Now => return Ok(nothing(Place::at(bounds.running))),
            ChangesFrom::After(place) => checked(Place::parse(place)?, &bounds)?,
        };
        let window = if place.until > place.from {
            place
        } else {
            let until = bounds.running.max(place.from);
            Place { until, ..place }
        };
        let rows = self
            .read(&page(&table, &log, call, window, request.limit))
            .await?;
        let limit = request.limit as usize;
        let taken = rows.iter().take(limit);
        let changes = taken.map(|row| change(call.schema, row));
        let changes = changes.collect::<Result<Vec<_>>>()?;
        let next = match rows.get(limit.saturating_sub(1)) {
            Some(last) if rows.len() > limit => Place {
                after: column(last, 7)?,
                ..window
            },
            _ => Place::at(window.until),
        };
        Ok(RecordChanges {
            changes,
            more: next.until > next.from || next.until < bounds.running,
            next: next.bytes().into(),
        })
    }

    /// Removes what the log of a collection has from before an instant, and says how much it was.
    ///
    /// A reader who has not come so far hears `NotFound`. Nothing else removes changes: call this
    /// from a schedule, with an instant that is longer ago than any reader is behind.
    pub async fn forget_changes(
        &self,
        schema: &CollectionSchema,
        before: Timestamp,
    ) -> Result<u64> {
        let table = self.table(schema)?;
        let name = Log::of(&table)?.name;
        let mut statement = Statement::default();
        statement.push(&format!(
            "WITH old AS (SELECT max(xid) AS xid FROM {name} \
             WHERE xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint AND at < "
        ));
        statement.value(before.as_micros(), Type::INT8);
        let mark = kind::FORGOTTEN;
        statement.push(&format!(
            "), mark AS (SELECT max(l.seq) AS seq FROM {name} l, old WHERE l.xid = old.xid), \
             marked AS (UPDATE {name} l SET kind = {mark} FROM mark WHERE l.seq = mark.seq), \
             gone AS (DELETE FROM {name} l USING old, mark WHERE l.xid <= old.xid \
             AND l.seq <> mark.seq RETURNING l.kind) \
             SELECT (SELECT count(*) FROM gone WHERE kind <> {mark}) \
             + (SELECT count(*) FROM {name} l, mark WHERE l.seq = mark.seq AND l.kind <> {mark})"
        ));
        let rows = self.read(&statement).await?;
        let count = rows.first().map(|row| column::<i64>(row, 0)).transpose()?;
        Ok(count.unwrap_or_default().unsigned_abs())
    }

    async fn bounds(&self, log: &Log) -> Result<Bounds> {
        let mut statement = Statement::default();
        let (name, mark) = (&log.name, kind::FORGOTTEN);
        statement.push(&format!(
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, \
             (SELECT coalesce(max(xid), 0) FROM {name} WHERE kind = {mark})"
        ));
        let rows = self.read(&statement).await?;
        let row = rows
            .first()
            .ok_or_else(|| Error::new(ErrorKind::Internal, "the server did not say where it is"))?;
        Ok(Bounds {
            running: column(row, 0)?,
            forgotten: column(row, 1)?,
        })
    }
}

/// A page before the first change.
fn nothing(place: Place) -> RecordChanges {
    RecordChanges {
        changes: Vec::new(),
        next: place.bytes().into(),
        more: false,
    }
}

/// Refuses a place after which changes are missing, or that this database has not come to.
fn checked(place: Place, bounds: &Bounds) -> Result<Place> {
    if place.until > bounds.running {
        return Err(Error::invalid("the cursor is of another database"));
    }
    if place.from <= bounds.forgotten {
        let message = "what follows the cursor is no longer kept: read the documents, \
                       and go on from the oldest change";
        return Err(Error::new(ErrorKind::NotFound, message));
    }
    Ok(place)
}

/// The changes of a window, one more than the limit, with the documents that are as they left them.
fn page(table: &Table<'_>, log: &Log, call: &Call<'_>, window: Place, limit: u32) -> Statement {
    let mut statement = Statement::default();
    let (sort, same_sort) = match &table.sort {
        Some((sort, _)) => ("l.sort", format!(" AND t.{sort} = l.sort")),
        None => ("NULL::text", String::new()),
    };
    statement.push(&format!(
        "SELECT l.partition, {sort}, d.c2, d.c3, d.c4, d.c5, d.c6, l.seq, l.kind, l.at FROM {} l \
         LEFT JOIN LATERAL (SELECT {} FROM {} t WHERE t.{} = l.partition{same_sort} \
         AND t.xmin::text::bigint = (l.xid & 4294967295)",
        log.name,
        table.columns(),
        table.name,
        table.partition,
    ));
    table.push_live(&mut statement, call.now);
    statement.push(&format!(
        ") d ON l.kind = {} WHERE l.kind <> {} AND l.xid >= ",
        kind::STORED,
        kind::FORGOTTEN
    ));
    statement.value(window.from, Type::INT8);
    statement.push(" AND l.xid < ");
    statement.value(window.until, Type::INT8);
    statement.push(" AND l.seq > ");
    statement.value(window.after, Type::INT8);
    statement.push(&format!(
        " ORDER BY l.seq LIMIT {}",
        u64::from(limit).saturating_add(1)
    ));
    statement
}

fn change(schema: &CollectionSchema, row: &Row) -> Result<RecordChange> {
    let key = row::key(schema, row)?;
    let number: i64 = column(row, 7)?;
    let kind = match column::<i16>(row, 8)? {
        kind::STORED => ChangeKind::Upsert,
        kind::EXPIRED => ChangeKind::Delete(DeleteCause::Expired),
        _ => ChangeKind::Delete(DeleteCause::Requested),
    };
    let is_there = row::is_there(row)?;
    let new = is_there.then(|| row::record(schema, &key, row));
    Ok(RecordChange {
        id: number.to_string(),
        new: new.transpose()?,
        old: None,
        at: Timestamp::from_micros(column(row, 9)?),
        key,
        kind,
    })
}
