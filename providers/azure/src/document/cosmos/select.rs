//! Selections: pages of a partition, an index or a whole collection, each one statement.

use azure_data_cosmos::FeedScope;
use azure_data_cosmos::feed::QueryPageIterator;
use azure_data_cosmos::options::QueryOptions;
use azure_data_cosmos::{CosmosError, Query};
use futures_util::StreamExt as _;
use isobar::document::{Consistency, Direction, IndexSchema, SortKey, SortType};
use isobar::driver::document::{
    Call, CountRequest, Counted, Fetch, PageRequest, Position, RecordPage, Selection, Source,
};
use isobar::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde_json::{Map as Object, Value as Json};

use super::CosmosStore;
use super::charge;
use super::name::Names;
use super::order::{Ordering, past, ranged};
use super::read::reading;
use super::row::{self, EXP, Row};
use super::statement::Statement;

/// Pages of the service, of at most 4 MB each, after which one of ours ends early.
const PAGES: usize = 4;
/// The most documents that are read in one step of counting.
const COUNT_STEP: u32 = 1_000;

/// An item as it is read.
type Item = Object<String, Json>;

impl CosmosStore {
    /// Live documents of a selection, in its order.
    pub(super) async fn read_page(
        &self,
        call: &Call<'_>,
        page: &PageRequest,
    ) -> Result<RecordPage> {
        let names = Names::of(call.schema)?;
        let selected = Selected::of(names, call, &page.selection)?;
        let statement = selected.statement(page.after.as_ref())?;
        let asked = Asked {
            scope: selected.scope(),
            query: statement.query(&format!("TOP {} *", page.limit), &selected.order.clause()),
            consistency: page.fetch.consistency,
            limit: page.limit,
        };
        let (items, more) = self.ask::<Item>(call, asked).await?;
        let rows = items
            .into_iter()
            .map(|item| row::row(&selected.names, item));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let next = if more {
            Some(selected.last_place(&rows)?)
        } else {
            None
        };
        let records = rows.into_iter().map(|row| row.record);
        let records = records.filter(|record| {
            let index = selected.index();
            index.is_none_or(|index| index.entry(&record.fields).is_some())
        });
        Ok(RecordPage {
            records: records.collect(),
            next,
        })
    }

    /// How many live documents there are in a selection: the service counts a partition, of
    /// anything else the documents are read, as the driver has no count across partitions.
    pub(super) async fn count_selected(
        &self,
        call: &Call<'_>,
        request: &CountRequest,
    ) -> Result<Counted> {
        if !matches!(request.selection.source, Source::Partition(_)) {
            return self.count_by_reading(call, request).await;
        }
        let selected = Selected::of(Names::of(call.schema)?, call, &request.selection)?;
        let statement = selected.statement(request.after.as_ref())?;
        let asked = Asked {
            scope: selected.scope(),
            query: statement.query("VALUE COUNT(1)", ""),
            consistency: request.consistency,
            limit: u32::MAX,
        };
        let (counts, _) = self.ask::<u64>(call, asked).await?;
        Ok(Counted {
            count: counts.iter().sum(),
            next: None,
        })
    }

    async fn count_by_reading(&self, call: &Call<'_>, request: &CountRequest) -> Result<Counted> {
        let page = PageRequest {
            selection: request.selection.clone(),
            fetch: Fetch {
                consistency: request.consistency,
                ..Fetch::default()
            },
            limit: COUNT_STEP,
            after: request.after.clone(),
        };
        let page = self.read_page(call, &page).await?;
        Ok(Counted {
            count: page.records.len() as u64,
            next: page.next,
        })
    }

    /// What a statement finds, and whether there may be more.
    async fn ask<T: DeserializeOwned + Send + 'static>(
        &self,
        call: &Call<'_>,
        asked: Asked,
    ) -> Result<(Vec<T>, bool)> {
        let container = self.container(&call.schema.table).await?;
        let query = asked.query.map_err(|error| {
            let message = "a statement could not be made";
            Error::new(ErrorKind::Internal, message).with_source(error)
        })?;
        self.retried(|| async {
            let options =
                QueryOptions::default().with_operation_options(reading(asked.consistency));
            let found =
                container.query_items::<T>(query.clone(), asked.scope.clone(), Some(options));
            let found = found.await?;
            collect(found.into_pages(), asked.limit).await
        })
        .await
    }
}

/// A statement with how it is sent.
struct Asked {
    scope: FeedScope,
    query: Result<Query, CosmosError>,
    consistency: Consistency,
    limit: u32,
}

async fn collect<T: DeserializeOwned + Send + 'static>(
    mut pages: QueryPageIterator<T>,
    limit: u32,
) -> Result<(Vec<T>, bool), CosmosError> {
    let (mut items, mut read) = (Vec::new(), 0);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    while let Some(page) = pages.next().await {
        let page = page?;
        charge::consumed(page.headers());
        items.extend(page.into_items());
        read += 1;
        if items.len() >= limit || (read >= PAGES && !items.is_empty()) {
            items.truncate(limit);
            return Ok((items, true));
        }
    }
    Ok((items, false))
}

/// A selection on its way to a statement.
struct Selected<'s> {
    names: Names<'s>,
    call: &'s Call<'s>,
    selection: &'s Selection,
    order: Ordering,
}

impl<'s> Selected<'s> {
    fn of(names: Names<'s>, call: &'s Call<'s>, selection: &'s Selection) -> Result<Self> {
        let order = Ordering::of(&names, &selection.source, selection.direction)?;
        Ok(Self {
            names,
            call,
            selection,
            order,
        })
    }

    fn index(&self) -> Option<&'s IndexSchema> {
        match &self.selection.source {
            Source::Index { index, .. } => Some(index),
            Source::Partition(_) | Source::Everything => None,
        }
    }

    /// Where the service looks: in one partition, if that is known.
    fn scope(&self) -> FeedScope {
        let schema = self.names.schema;
        match &self.selection.source {
            Source::Partition(partition) => {
                FeedScope::partition(self.names.partition_value(partition))
            }
            Source::Index {
                index,
                partition: Some(partition),
            } if index.partition.as_ref() == Some(&schema.partition) => {
                FeedScope::partition(self.names.partition_value(partition))
            }
            _ => FeedScope::full_container(),
        }
    }

    fn statement(&self, after: Option<&Position>) -> Result<Statement> {
        let mut statement = Statement::default();
        if !self.names.schema.adopted {
            let now = statement.place(self.call.now.as_seconds());
            statement.and(format!("(NOT IS_NUMBER(c.{EXP}) OR c.{EXP} > {now})"));
        }
        self.source(&mut statement)?;
        if let Some(after) = after {
            let place = self.order.place(&self.names, after)?;
            let descending = self.selection.direction == Direction::Descending;
            let condition = past(&mut statement, &place, descending);
            statement.and(condition);
        }
        if let Some(filter) = &self.selection.filter {
            let condition = super::filter::condition(&mut statement, &self.names, filter);
            statement.and(condition);
        }
        Ok(statement)
    }

    /// What holds of the items, but for where the page begins.
    fn source(&self, statement: &mut Statement) -> Result<()> {
        let range = &self.selection.range;
        match &self.selection.source {
            Source::Everything => {}
            Source::Partition(_) => {
                let text = |key: &SortKey| Json::from(self.names.sort_id(key));
                let sort_type = self.names.carrier().1;
                ranged(statement, "c.id", range, (sort_type, &text));
            }
            Source::Index { index, partition } => {
                if let Some((field, value)) = index.partition.as_ref().zip(partition.as_ref()) {
                    let value = statement.place(self.names.text_value(field, value));
                    let path = self.names.field_sql(field)?;
                    statement.and(format!("{path} = {value}"));
                }
                if let Some((field, sort_type)) = &index.sort {
                    let path = self.names.sort_sql(field, *sort_type)?;
                    let kind = match sort_type {
                        SortType::I64 if !self.names.is_carried(field) => "IS_NUMBER",
                        _ => "IS_STRING",
                    };
                    statement.and(format!("{kind}({path})"));
                    let stored = |key: &SortKey| self.names.sort_value(field, key);
                    ranged(statement, &path, range, (*sort_type, &stored));
                }
            }
        }
        Ok(())
    }

    /// The place of the last document that has one; one that other code wrote may have none.
    fn last_place(&self, rows: &[Row]) -> Result<Position> {
        let place = rows.iter().rev().find_map(|row| {
            let fields = &row.record.fields;
            let key = row::key(self.names.schema, fields).ok()?;
            match (self.index(), &self.selection.source) {
                (Some(index), _) => index.entry(fields).map(|entry| Position::Entry {
                    value: entry.sort,
                    key,
                }),
                (None, Source::Partition(_)) => key.sort.map(Position::Sort),
                (None, _) => Some(Position::Key(key)),
            }
        });
        place.ok_or_else(|| {
            let message = "no document of a page has the key fields, or fields of the index, that \
                           the collection declares: other code wrote them";
            Error::new(ErrorKind::Corrupt, message)
        })
    }
}
