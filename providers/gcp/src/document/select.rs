//! Selections: pages of a partition, an index or a whole collection.

use googleapis_tonic_google_firestore_v1::google::firestore::v1 as proto;
use isobar::document::{Direction, IndexSchema, Key, SortKey, SortRange, SortType};
use isobar::driver::after_prefix;
use isobar::driver::document::{
    Call, CountRequest, Counted, PageRequest, Position, RecordPage, Selection, Source,
};
use isobar::{Error, ErrorKind, Result};
use prost::Message as _;
use proto::structured_query as query;
use proto::structured_query::field_filter::Operator;
use proto::value::ValueType;
use tonic::Status;

use super::Client;
use super::FirestoreStore;
use super::filter::{all, compare, field_filter, quoted};
use super::name::Names;
use super::row::{self, Row};
use super::value::plain;

/// Bytes of documents after which a page ends early.
const PAGE_BYTES: usize = 4 << 20;
/// The most documents that are read in one step of counting.
const COUNT_STEP: u32 = 1_000;
/// The path of a document's name.
const NAME: &str = "__name__";

impl FirestoreStore {
    /// Live documents of a selection, in its order.
    pub(super) async fn read_page(
        &self,
        call: &Call<'_>,
        page: &PageRequest,
    ) -> Result<RecordPage> {
        let names = self.names(call.schema)?;
        let selected = Selected::of(&names, &page.selection);
        let query = selected.query(page.limit, page.after.as_ref())?;
        let (documents, more) = self.retried(|| self.run(&names, &query)).await?;
        let rows = documents.into_iter();
        let rows = rows.map(|document| row::row(call.schema, document));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let next = if more {
            Some(selected.last_place(&rows)?)
        } else {
            None
        };
        let records = rows.into_iter().map(|row| row.record);
        let records = records.filter(|record| {
            let index = selected.index();
            record.is_live(call.now)
                && index.is_none_or(|index| index.entry(&record.fields).is_some())
        });
        Ok(RecordPage {
            records: records.collect(),
            next,
        })
    }

    /// How many live documents there are in the next step of a selection. Firestore's own count
    /// would count expired ones too.
    pub(super) async fn count_selected(
        &self,
        call: &Call<'_>,
        request: &CountRequest,
    ) -> Result<Counted> {
        let page = PageRequest {
            selection: request.selection.clone(),
            fetch: isobar::driver::document::Fetch::default(),
            limit: COUNT_STEP,
            after: request.after.clone(),
        };
        let page = self.read_page(call, &page).await?;
        Ok(Counted {
            count: page.records.len() as u64,
            next: page.next,
        })
    }

    /// The documents of a page, and whether there may be more.
    async fn run(
        &self,
        names: &Names<'_>,
        query: &proto::StructuredQuery,
    ) -> Result<(Vec<proto::Document>, bool), Status> {
        let request = proto::RunQueryRequest {
            parent: names.parent.clone(),
            query_type: Some(proto::run_query_request::QueryType::StructuredQuery(
                query.clone(),
            )),
            ..Default::default()
        };
        let limit = query.limit.and_then(|limit| usize::try_from(limit).ok());
        let ask = |mut client: Client| async move { client.run_query(request).await };
        let mut answers = self.connection.stream(ask).await?;
        let (mut documents, mut bytes) = (Vec::new(), 0);
        while let Some(answer) = answers.message().await? {
            let Some(document) = answer.document else {
                continue;
            };
            bytes += document.encoded_len();
            documents.push(document);
            if bytes >= PAGE_BYTES || Some(documents.len()) == limit {
                return Ok((documents, true));
            }
        }
        Ok((documents, false))
    }
}

/// A selection as a query.
struct Selected<'s> {
    names: &'s Names<'s>,
    selection: &'s Selection,
}

impl<'s> Selected<'s> {
    fn of(names: &'s Names<'s>, selection: &'s Selection) -> Self {
        Self { names, selection }
    }

    fn index(&self) -> Option<&'s IndexSchema> {
        match &self.selection.source {
            Source::Index { index, .. } => Some(index),
            Source::Partition(_) | Source::Everything => None,
        }
    }

    fn query(&self, limit: u32, after: Option<&Position>) -> Result<proto::StructuredQuery> {
        let mut filters = self.filters();
        let mut start_at = None;
        match after {
            None => {}
            Some(Position::Entry { value, key }) => {
                start_at = Some(self.cursor(value.as_ref(), key)?);
            }
            Some(Position::Key(key)) => {
                let name = reference(self.names.document(key)?);
                filters.push(compare(NAME.to_owned(), Operator::GreaterThan, name));
            }
            Some(Position::Sort(sort)) => filters.extend(self.past_sort(sort)),
            Some(Position::Token(_)) => {
                return Err(Error::invalid("the place in a query is of another store"));
            }
        }
        let given = self.selection.filter.iter();
        let given = given.flat_map(isobar::document::Filter::conjuncts);
        filters.extend(given.filter_map(field_filter));
        let collection = query::CollectionSelector {
            collection_id: self.names.schema.table.clone(),
            all_descendants: false,
        };
        Ok(proto::StructuredQuery {
            from: vec![collection],
            r#where: all(filters),
            order_by: self.order(),
            start_at,
            limit: Some(i32::try_from(limit).unwrap_or(i32::MAX)),
            ..Default::default()
        })
    }

    fn order(&self) -> Vec<query::Order> {
        let by_name = self.ordering().is_none() && self.index().is_none();
        let direction = match self.selection.direction {
            Direction::Descending if !by_name => query::Direction::Descending,
            _ => query::Direction::Ascending,
        };
        let by = |path: String| query::Order {
            field: Some(query::FieldReference { field_path: path }),
            direction: direction.into(),
        };
        let sort = self.ordering().map(|(field, _)| by(quoted(field)));
        sort.into_iter().chain([by(NAME.to_owned())]).collect()
    }

    /// The field by which the documents are ordered before their names.
    ///
    /// Firestore has no descending order of names alone ("does not support descending key scans"),
    /// so that a partition is then read by its sort field.
    fn ordering(&self) -> Option<&'s (String, SortType)> {
        match &self.selection.source {
            Source::Index { index, .. } => index.sort.as_ref(),
            Source::Partition(_) if self.selection.direction == Direction::Descending => {
                self.names.schema.sort.as_ref()
            }
            Source::Partition(_) | Source::Everything => None,
        }
    }

    /// That a document of a partition comes after the one with this sort key.
    fn past_sort(&self, sort: &SortKey) -> Option<query::Filter> {
        let Source::Partition(partition) = &self.selection.source else {
            return None;
        };
        Some(if let Some((field, _)) = self.ordering() {
            compare(quoted(field), Operator::LessThan, sort_value(sort))
        } else {
            let name = reference(self.names.place(partition, sort));
            compare(NAME.to_owned(), Operator::GreaterThan, name)
        })
    }

    /// What holds of the documents, but for where the page begins.
    fn filters(&self) -> Vec<query::Filter> {
        let range = &self.selection.range;
        match &self.selection.source {
            Source::Everything => Vec::new(),
            Source::Partition(partition) if self.ordering().is_none() => {
                self.names_between(partition, range)
            }
            Source::Partition(partition) => {
                self.fields_between(Some((&self.names.schema.partition, partition)), range)
            }
            Source::Index { index, partition } => {
                self.fields_between(index.partition.as_ref().zip(partition.as_ref()), range)
            }
        }
    }

    /// The documents with this value of a field, in a part of the order.
    fn fields_between(
        &self,
        equal: Option<(&String, &String)>,
        range: &SortRange,
    ) -> Vec<query::Filter> {
        let equal = equal.map(|(field, value)| {
            let value = ValueType::StringValue(value.clone());
            compare(quoted(field), Operator::Equal, value)
        });
        let sort = self.ordering();
        let sort = sort.map(|(field, sort_type)| values_between(field, *sort_type, range));
        let sort = sort.into_iter().flatten();
        equal.into_iter().chain(sort).collect()
    }

    /// The names of the documents in a part of a partition, which are in the order of their keys.
    fn names_between(&self, partition: &str, range: &SortRange) -> Vec<query::Filter> {
        let at = |key: &SortKey| self.names.place(partition, key);
        let (first, end) = self.names.partition(partition);
        let name = |operator, name| compare(NAME.to_owned(), operator, reference(name));
        let whole = (Operator::GreaterThanOrEqual, Operator::LessThan);
        let bounds = match range {
            SortRange::Equal(key) => return vec![name(Operator::Equal, at(key))],
            SortRange::Less(key) => [(whole.0, first), (whole.1, at(key))],
            SortRange::LessOrEqual(key) => [(whole.0, first), (Operator::LessThanOrEqual, at(key))],
            SortRange::Greater(key) => [(Operator::GreaterThan, at(key)), (whole.1, end)],
            SortRange::GreaterOrEqual(key) => [(whole.0, at(key)), (whole.1, end)],
            SortRange::Between(from, to) => {
                [(whole.0, at(from)), (Operator::LessThanOrEqual, at(to))]
            }
            SortRange::Prefix(prefix) => {
                let end = self.names.prefix_end(partition, prefix).unwrap_or(end);
                [(whole.0, at(prefix)), (whole.1, end)]
            }
            _ => [(whole.0, first), (whole.1, end)],
        };
        bounds.map(|(operator, at)| name(operator, at)).into()
    }

    fn cursor(&self, value: Option<&SortKey>, key: &Key) -> Result<proto::Cursor> {
        let value = value.map(|value| plain(sort_value(value)));
        let name = plain(reference(self.names.document(key)?));
        Ok(proto::Cursor {
            values: value.into_iter().chain([name]).collect(),
            before: false,
        })
    }

    /// The place of the last document that has one; one that other code wrote may have none.
    fn last_place(&self, rows: &[Row]) -> Result<Position> {
        let place = rows.iter().rev().find_map(|row| {
            let fields = &row.record.fields;
            let key = row::key(self.names.schema, fields).ok()?;
            match self.index() {
                Some(index) => index.entry(fields).map(|entry| Position::Entry {
                    value: entry.sort,
                    key,
                }),
                None if matches!(self.selection.source, Source::Partition(_)) => {
                    key.sort.map(Position::Sort)
                }
                None => Some(Position::Key(key)),
            }
        });
        place.ok_or_else(|| {
            let message = "no document of a page has the key fields, or fields of the index, that \
                           the collection declares: other code wrote them";
            Error::new(ErrorKind::Corrupt, message)
        })
    }
}

/// The values of an index's sort field in a part of it, and of no other type.
fn values_between(field: &str, sort_type: SortType, range: &SortRange) -> Vec<query::Filter> {
    let bound = |operator, key: &SortKey| compare(quoted(field), operator, sort_value(key));
    match range {
        SortRange::Equal(key) => vec![bound(Operator::Equal, key)],
        SortRange::Less(key) => vec![bound(Operator::LessThan, key)],
        SortRange::LessOrEqual(key) => vec![bound(Operator::LessThanOrEqual, key)],
        SortRange::Greater(key) => vec![bound(Operator::GreaterThan, key)],
        SortRange::GreaterOrEqual(key) => vec![bound(Operator::GreaterThanOrEqual, key)],
        SortRange::Between(from, to) => vec![
            bound(Operator::GreaterThanOrEqual, from),
            bound(Operator::LessThanOrEqual, to),
        ],
        SortRange::Prefix(prefix) => {
            let mut bounds = vec![bound(Operator::GreaterThanOrEqual, prefix)];
            bounds.extend(after_prefix(prefix).map(|end| bound(Operator::LessThan, &end)));
            bounds
        }
        _ => {
            let least = match sort_type {
                SortType::Str => SortKey::Str(String::new()),
                SortType::I64 => SortKey::I64(i64::MIN),
                SortType::Bytes => SortKey::Bytes(bytes::Bytes::new()),
            };
            vec![bound(Operator::GreaterThanOrEqual, &least)]
        }
    }
}

fn sort_value(key: &SortKey) -> ValueType {
    match key {
        SortKey::Str(text) => ValueType::StringValue(text.clone()),
        SortKey::I64(number) => ValueType::IntegerValue(*number),
        SortKey::Bytes(bytes) => ValueType::BytesValue(bytes.to_vec()),
    }
}

fn reference(name: String) -> ValueType {
    ValueType::ReferenceValue(name)
}
