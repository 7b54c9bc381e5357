//! Selections: pages of a partition in either order, and of a whole table.

use std::collections::VecDeque;

use isobar::document::{CollectionSchema, Direction, Key};
use isobar::driver::document::{Call, PageRequest, Position, RecordPage, Source};
use isobar::{Capability, Error, ErrorKind, Result};

use super::TablesStore;
use super::entity::{self, Row};
use super::key::{self, Address};
use super::query::{Answer, Continuation, PAGE, Query};

/// Keys that are read at most to find the end of a partition.
const MOST_KEYS: usize = 100_000;

impl TablesStore {
    /// Live documents of a selection, in its order.
    pub(super) async fn read_page(
        &self,
        call: &Call<'_>,
        page: &PageRequest,
    ) -> Result<RecordPage> {
        let query = Query::of(call, page)?;
        let selection = &page.selection;
        let partition = match &selection.source {
            Source::Partition(partition) => partition,
            Source::Everything => return self.scan(call, page, query).await,
            Source::Index { .. } => return Err(Error::unsupported(Capability::IndexedQueries)),
        };
        let partition = key::partition(call.schema, partition)?;
        let query = query.with("PartitionKey", "eq", &partition);
        let query = query.between(call.schema, &selection.range)?;
        let after = match &page.after {
            None => None,
            Some(Position::Sort(sort)) => Some(key::row(call.schema, sort)?),
            Some(_) => return Err(foreign_place()),
        };
        match (selection.direction, after) {
            (Direction::Ascending, None) => self.ascending(call, page, query).await,
            (Direction::Ascending, Some(row)) => {
                let query = query.with("RowKey", "gt", &row);
                self.ascending(call, page, query).await
            }
            (Direction::Descending, None) => self.descending(call, page, query).await,
            (Direction::Descending, Some(row)) => {
                let query = query.with("RowKey", "lt", &row);
                self.descending(call, page, query).await
            }
        }
    }

    async fn ascending(
        &self,
        call: &Call<'_>,
        page: &PageRequest,
        query: Query,
    ) -> Result<RecordPage> {
        let mut after = None;
        loop {
            let answer = self.rows((call, &query), page.limit, after.as_ref());
            let Answer { found, next } = answer.await?;
            let is_full = found.len() >= page.limit as usize;
            match next {
                // The service gives up on a query after a while, and may have found nothing.
                Some(next) if found.is_empty() => after = Some(next),
                None if !is_full => return Ok(live(call, found, None)),
                _ => {
                    let last = last_key(call.schema, &found)?.and_then(|key| key.sort);
                    return Ok(live(call, found, last.map(Position::Sort)));
                }
            }
        }
    }

    /// The service has no descending order: the keys are read in the ascending one, then the
    /// documents from the key on with which the page ends.
    async fn descending(
        &self,
        call: &Call<'_>,
        page: &PageRequest,
        query: Query,
    ) -> Result<RecordPage> {
        let limit = page.limit.min(PAGE) as usize;
        let (mut last, count) = self.last_keys(&query, limit).await?;
        let Some(first) = last.pop_front() else {
            return Ok(live(call, Vec::new(), None));
        };
        let query = query.with("RowKey", "ge", &first.row);
        // Not only as many as there were: what was stored meanwhile must displace nothing.
        let (mut found, mut after) = (VecDeque::new(), None);
        let mut is_cut = count > limit;
        loop {
            let answer = self.rows((call, &query), PAGE, after.as_ref()).await?;
            found.extend(answer.found);
            is_cut |= keep_last(&mut found, limit);
            match answer.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let found: Vec<Row> = found.into_iter().rev().collect();
        let lowest = match last_key(call.schema, &found)? {
            Some(key) => key,
            None => first.key(call.schema)?,
        };
        let next = lowest.sort.filter(|_| is_cut).map(Position::Sort);
        Ok(live(call, found, next))
    }

    /// The last keys of a query, in ascending order, and how many it has in all.
    async fn last_keys(&self, query: &Query, limit: usize) -> Result<(VecDeque<Address>, usize)> {
        let keys = query.keys();
        let (mut last, mut count, mut after) = (VecDeque::new(), 0, None);
        loop {
            let answer = self.entities(&keys, PAGE, after.as_ref()).await?;
            count += answer.found.len();
            for properties in &answer.found {
                last.push_back(entity::address(properties)?);
            }
            keep_last(&mut last, limit);
            if count > MOST_KEYS {
                let what = "the number of keys before the end of a partition, which Azure Tables \
                            can only read in ascending order,";
                let (limit, count) = (MOST_KEYS as u64, count as u64);
                let kind = ErrorKind::LimitExceeded;
                return Err(Error::over_limit(kind, what, limit, count));
            }
            match answer.next {
                Some(next) => after = Some(next),
                None => return Ok((last, count)),
            }
        }
    }

    /// The rest of the partition in which the page before ended, or else the partitions after it:
    /// a query that asks for both at once would read the table from its beginning.
    async fn scan(&self, call: &Call<'_>, page: &PageRequest, query: Query) -> Result<RecordPage> {
        let mut token = None;
        let mut query = query;
        match &page.after {
            None => {}
            Some(Position::Token(given)) => token = Some(Continuation::read(given)?),
            Some(Position::Key(key)) => {
                let after = Address::of(call.schema, key)?;
                let rest = query.clone().with("PartitionKey", "eq", &after.partition);
                let rest = rest.with("RowKey", "gt", &after.row);
                let rest = self.scan_on(call, page, (&rest, None)).await?;
                if !rest.records.is_empty() || rest.next.is_some() {
                    // Where this partition ends others may begin.
                    let last = rest.records.last().map(|record| &record.fields);
                    let last = last
                        .map(|fields| Key::of(fields, call.schema))
                        .transpose()?;
                    let next = rest.next.or(last.map(Position::Key));
                    return Ok(RecordPage { next, ..rest });
                }
                query = query.with("PartitionKey", "gt", &after.partition);
            }
            Some(_) => return Err(foreign_place()),
        }
        self.scan_on(call, page, (&query, token.as_ref())).await
    }

    /// Some of what a query finds, after a place that the service named.
    async fn scan_on(
        &self,
        call: &Call<'_>,
        page: &PageRequest,
        (query, token): (&Query, Option<&Continuation>),
    ) -> Result<RecordPage> {
        let answer = self.rows((call, query), page.limit, token).await?;
        let is_full = answer.found.len() >= page.limit as usize;
        let next = match (last_key(call.schema, &answer.found)?, answer.next) {
            (Some(key), Some(_)) => Some(Position::Key(key)),
            (Some(key), None) if is_full => Some(Position::Key(key)),
            (None, Some(token)) => Some(Position::Token(token.token())),
            (_, None) => None,
        };
        Ok(live(call, answer.found, next))
    }
}

/// Keeps the last ones, and says whether there were more.
fn keep_last<T>(found: &mut VecDeque<T>, limit: usize) -> bool {
    let surplus = found.len().saturating_sub(limit);
    found.drain(..surplus);
    surplus > 0
}

fn live(call: &Call<'_>, rows: Vec<Row>, next: Option<Position>) -> RecordPage {
    let records = rows.into_iter().map(|row| row.record);
    let records = records.filter(|record| record.is_live(call.now));
    RecordPage {
        records: records.collect(),
        next,
    }
}

fn last_key(schema: &CollectionSchema, rows: &[Row]) -> Result<Option<Key>> {
    let last = rows.last();
    last.map(|row| Key::of(&row.record.fields, schema))
        .transpose()
}

fn foreign_place() -> Error {
    Error::invalid("the place in a query is of another store")
}
