//! Selections: pages of a partition, an index or everything, and how many documents there are.

use isobar::document::{Direction, Key, SortKey, SortRange, SortType};
use isobar::driver::after_prefix;
use isobar::driver::document::{
    Call, CountRequest, Counted, PageRequest, Position, Record, RecordPage, Segment, Selection,
    Source,
};
use isobar::{Error, ErrorKind, Result};
use tokio_postgres::types::Type;

use super::filter::push_filter;
use super::index::{self, IndexField};
use super::table::Table;
use super::{PostgresStore, row};
use crate::statement::Statement;

/// Bytes of documents, as stored, after which a page ends early.
const PAGE_BYTES: i64 = 4 << 20;

impl PostgresStore {
    /// Live documents of a selection, in its order.
    pub(super) async fn read_page(
        &self,
        call: &Call<'_>,
        segment: Segment,
        page: &PageRequest,
    ) -> Result<RecordPage> {
        let table = self.table(call.schema)?;
        let statement = Selected::of(&table, &page.selection).page(call, segment, page);
        let rows = self.read(&statement).await?;
        // More rows than were asked for, or than the bytes of a page allow: there is more.
        let found = match rows.first() {
            Some(first) => row::column::<i64>(first, 7)?,
            None => 0,
        };
        let taken = rows.iter().take(page.limit as usize);
        let keyed = taken.map(|row| {
            let key = row::key(table.schema, row)?;
            let record = row::record(table.schema, &key, row)?;
            Ok((key, record))
        });
        let (keys, records): (Vec<Key>, Vec<Record>) =
            keyed.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        let is_last = usize::try_from(found).is_ok_and(|found| found <= records.len());
        let last = keys.into_iter().next_back().zip(records.last());
        let last = last.filter(|_| !is_last);
        let next = last.map(|(key, record)| place(&page.selection.source, key, record));
        Ok(RecordPage {
            next: next.transpose()?,
            records,
        })
    }

    /// How many live documents a selection has.
    pub(super) async fn count_selected(
        &self,
        call: &Call<'_>,
        request: &CountRequest,
    ) -> Result<Counted> {
        let table = self.table(call.schema)?;
        let selected = Selected::of(&table, &request.selection);
        let mut statement = Statement::default();
        statement.push(&format!("SELECT count(*) FROM {} t WHERE true", table.name));
        selected.push(&mut statement, call, Segment::WHOLE);
        selected.push_after(&mut statement, request.after.as_ref());
        let rows = self.read(&statement).await?;
        let count = rows
            .first()
            .map(|row| row::column::<i64>(row, 0))
            .transpose()?;
        Ok(Counted {
            count: count.unwrap_or_default().unsigned_abs(),
            next: None,
        })
    }
}

/// The place of a document in what was selected.
fn place(source: &Source, key: Key, record: &Record) -> Result<Position> {
    match source {
        Source::Partition(_) => key.sort.map(Position::Sort),
        Source::Everything => Some(Position::Key(key)),
        Source::Index { index, .. } => index.entry(&record.fields).map(|entry| Position::Entry {
            value: entry.sort,
            key,
        }),
    }
    .ok_or_else(|| {
        let message = "a document has no place in what was selected";
        Error::new(ErrorKind::Internal, message)
    })
}

/// A selection in SQL.
struct Selected<'s> {
    table: &'s Table<'s>,
    selection: &'s Selection,
    /// The partition field of an index.
    partition: Option<IndexField>,
    /// The field of the range.
    sort: Option<IndexField>,
    /// The key fields by which the order goes on, those that it needs.
    keys: Vec<IndexField>,
}

impl<'s> Selected<'s> {
    fn of(table: &'s Table<'s>, selection: &'s Selection) -> Self {
        let schema = table.schema;
        let key = |field, sort_type| IndexField::of(table, "t.", field, sort_type);
        let sort = schema
            .sort
            .as_ref()
            .map(|(field, sort_type)| key(field, *sort_type));
        let keys = std::iter::once(key(&schema.partition, SortType::Str));
        let (partition, sort, keys) = match &selection.source {
            Source::Partition(_) => (None, sort, Vec::new()),
            Source::Everything => (None, None, keys.chain(sort).collect()),
            Source::Index { index, .. } => {
                let (partition, by) = index::fields(table, "t.", index);
                (partition, by, keys.chain(sort).collect())
            }
        };
        Self {
            table,
            selection,
            partition,
            sort,
            keys,
        }
    }

    /// One page: a row more than is asked for, to know whether there is one; fewer where they are
    /// large; and with each the number that there would be.
    fn page(&self, call: &Call<'_>, segment: Segment, page: &PageRequest) -> Statement {
        let mut statement = Statement::default();
        let ordered: Vec<&IndexField> = self.sort.iter().chain(&self.keys).collect();
        let direction = match self.selection.direction {
            Direction::Ascending => "ASC",
            Direction::Descending => "DESC",
        };
        let order = |name: &dyn Fn(usize) -> String| {
            let columns = (0..ordered.len()).map(|at| format!("{} {direction}", name(at)));
            match columns.collect::<Vec<_>>().join(", ") {
                none if none.is_empty() => String::new(),
                columns => format!("ORDER BY {columns}"),
            }
        };
        let (inner, outer) = (
            order(&|at| ordered[at].sql.clone()),
            order(&|at| format!("o{at}")),
        );
        let named = ordered.iter().enumerate();
        let named = named.map(|(at, field)| format!(", {} AS o{at}", field.sql));
        let named = named.collect::<Vec<_>>().concat();
        statement.push(&format!(
            "SELECT c0, c1, c2, c3, c4, c5, c6, found FROM (SELECT *, count(*) OVER () AS found, \
             sum(pg_column_size(c2)) OVER ({outer}) - pg_column_size(c2) AS earlier \
             FROM (SELECT {}{named} FROM {} t WHERE true",
            self.table.columns(),
            self.table.name,
        ));
        self.push(&mut statement, call, segment);
        self.push_after(&mut statement, page.after.as_ref());
        statement.push(&format!(" {inner} LIMIT "));
        statement.value(i64::from(page.limit) + 1, Type::INT8);
        statement.push(&format!(
            ") AS limited) AS page WHERE earlier < {PAGE_BYTES} {outer}"
        ));
        statement
    }

    /// Adds what holds of the documents, but for where the page begins.
    fn push(&self, statement: &mut Statement, call: &Call<'_>, segment: Segment) {
        self.table.push_live(statement, call.now);
        match (&self.selection.source, &self.partition) {
            (Source::Partition(partition), _) => {
                statement.push(&format!(" AND t.{} = ", self.table.partition));
                statement.value(partition.clone(), Type::TEXT);
            }
            (
                Source::Index {
                    partition: Some(partition),
                    ..
                },
                Some(field),
            ) => {
                statement.push(&format!(" AND {} = ", field.sql));
                statement.value(partition.clone(), Type::TEXT);
            }
            _ => {}
        }
        for condition in self
            .partition
            .iter()
            .chain(&self.sort)
            .flat_map(IndexField::conditions)
        {
            statement.push(&format!(" AND {condition}"));
        }
        if segment.total > 1 {
            let hashed = format!("hashtextextended(t.{}::text, 0)", self.table.partition);
            statement.push(&format!(" AND mod({hashed} & 9223372036854775807, "));
            statement.value(i64::from(segment.total), Type::INT8);
            statement.push(") = ");
            statement.value(i64::from(segment.index), Type::INT8);
        }
        if let Some(field) = &self.sort {
            push_range(statement, field, &self.selection.range);
        }
        if let Some(filter) = &self.selection.filter {
            statement.push(" AND ");
            push_filter(statement, self.table, filter);
        }
    }

    /// Adds that a document comes after a place in the order.
    fn push_after(&self, statement: &mut Statement, after: Option<&Position>) {
        let (value, key) = match after {
            Some(Position::Sort(sort)) => (Some(sort), None),
            Some(Position::Entry { value, key }) => (value.as_ref(), Some(key)),
            Some(Position::Key(key)) => (None, Some(key)),
            Some(Position::Token(_)) | None => return,
        };
        let partition = key.map(|key| SortKey::Str(key.partition.clone()));
        let values = [
            value.cloned(),
            partition,
            key.and_then(|key| key.sort.clone()),
        ];
        let fields: Vec<&IndexField> = self.sort.iter().chain(&self.keys).collect();
        let pairs = fields.iter().zip(values.into_iter().flatten());
        let (left, right): (Vec<&str>, Vec<String>) = pairs
            .map(|(field, value)| (field.sql.as_str(), field.place(statement, &value)))
            .unzip();
        let comparison = match self.selection.direction {
            Direction::Ascending => ">",
            Direction::Descending => "<",
        };
        let (left, right) = (left.join(", "), right.join(", "));
        statement.push(&format!(" AND ({left}) {comparison} ({right})"));
    }
}

fn push_range(statement: &mut Statement, field: &IndexField, part: &SortRange) {
    let mut bound = |comparison: &str, key: &SortKey| {
        let value = field.place(statement, key);
        statement.push(&format!(" AND {} {comparison} {value}", field.sql));
    };
    match part {
        SortRange::Equal(key) => bound("=", key),
        SortRange::Less(key) => bound("<", key),
        SortRange::LessOrEqual(key) => bound("<=", key),
        SortRange::Greater(key) => bound(">", key),
        SortRange::GreaterOrEqual(key) => bound(">=", key),
        SortRange::Between(first, last) => {
            bound(">=", first);
            bound("<=", last);
        }
        SortRange::Prefix(prefix) => {
            bound(">=", prefix);
            if let Some(end) = after_prefix(prefix) {
                bound("<", &end);
            }
        }
        _ => {}
    }
}
