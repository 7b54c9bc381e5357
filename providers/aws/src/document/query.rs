//! Pages of a partition, an index or the whole table, and their counts.

use aws_sdk_dynamodb::types::{AttributeValue, Select};
use isobar::document::{CollectionSchema, Consistency, Direction, Key, SortKey, SortRange};
use isobar::driver::document::{
    Call, CountRequest, Counted, Fetch, PageRequest, Position, RecordPage, Segment, Selection,
    Source,
};
use isobar::{Error, ErrorKind, Result};

use super::DynamoStore;
use super::expression::{self, Placeholders};
use super::row::{self, Item};
use super::{capacity, filter, projection};

/// How many items a request looks at where some are passed over: DynamoDB counts its limit before
/// the filter, and what is looked at is paid for, so that without need it asks for no more.
const LOOKED_AT: usize = 250;
/// Requests that one page takes at most where nothing is found; each looks at no more than 1 MB.
const REQUESTS: usize = 8;

impl DynamoStore {
    /// One record more than asked for is read, because DynamoDB names a place to go on after
    /// the last record of a partition too.
    pub(super) async fn page(
        &self,
        call: &Call<'_>,
        segment: Segment,
        page: &PageRequest,
    ) -> Result<RecordPage> {
        let Some(question) = Question::of(call, &page.selection, (&page.fetch, None))? else {
            return Ok(done());
        };
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let mut items = Vec::new();
        let mut start = question.start(call.schema, page.after.as_ref())?;
        let mut asked = limit.saturating_add(1);
        if page.selection.filter.is_some() {
            asked = asked.max(LOOKED_AT);
        }
        let mut last = None;
        for _ in 0..REQUESTS {
            let (found, next) = self.ask(&question, segment, (asked, start)).await?;
            for item in found {
                items.extend(row::if_live(call, item)?);
            }
            last.clone_from(&next);
            if items.len() > limit {
                items.truncate(limit);
                last = items.last().cloned();
                break;
            }
            if next.is_none() {
                break;
            }
            start = next;
            let missing = limit.saturating_add(1).saturating_sub(items.len());
            asked = missing.max(LOOKED_AT);
        }
        Ok(RecordPage {
            next: last
                .map(|item| question.position(call.schema, &item))
                .transpose()?
                .flatten(),
            records: items
                .into_iter()
                .map(|item| row::record(call.schema, item))
                .collect::<Result<_>>()?,
        })
    }

    /// Counts as far as one request looks.
    pub(super) async fn count_some(
        &self,
        call: &Call<'_>,
        request: &CountRequest,
    ) -> Result<Counted> {
        let fetch = Fetch {
            consistency: request.consistency,
            ..Fetch::default()
        };
        let select = Some(Select::Count);
        let Some(question) = Question::of(call, &request.selection, (&fetch, select))? else {
            return Ok(Counted {
                count: 0,
                next: None,
            });
        };
        let start = question.start(call.schema, request.after.as_ref())?;
        let (count, next) = if question.key_condition.is_some() {
            let request = self.query(&question, start);
            let output = self.retried(|| request.clone().send()).await?;
            capacity::consumed(&output.consumed_capacity);
            (output.count, output.last_evaluated_key)
        } else {
            let request = self.scan(&question, Segment::WHOLE, start);
            let output = self.retried(|| request.clone().send()).await?;
            capacity::consumed(&output.consumed_capacity);
            (output.count, output.last_evaluated_key)
        };
        let next = next.filter(|key| !key.is_empty());
        Ok(Counted {
            count: u64::try_from(count).unwrap_or(0),
            next: next
                .map(|item| question.position(call.schema, &item))
                .transpose()?
                .flatten(),
        })
    }

    async fn ask(
        &self,
        question: &Question,
        segment: Segment,
        (limit, start): (usize, Option<Item>),
    ) -> Result<(Vec<Item>, Option<Item>)> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let (items, next) = if question.key_condition.is_some() {
            let request = self.query(question, start).limit(limit);
            let output = self.retried(|| request.clone().send()).await?;
            capacity::consumed(&output.consumed_capacity);
            (output.items, output.last_evaluated_key)
        } else {
            let request = self.scan(question, segment, start).limit(limit);
            let output = self.retried(|| request.clone().send()).await?;
            capacity::consumed(&output.consumed_capacity);
            (output.items, output.last_evaluated_key)
        };
        let next = next.filter(|key| !key.is_empty());
        Ok((items.unwrap_or_default(), next))
    }

    fn query(
        &self,
        question: &Question,
        start: Option<Item>,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.requests
            .query()
            .table_name(&question.table)
            .set_index_name(question.index.clone())
            .consistent_read(question.consistent)
            .set_select(question.select.clone())
            .set_key_condition_expression(question.key_condition.clone())
            .set_filter_expression(question.filter.clone())
            .set_projection_expression(question.projection.clone())
            .set_expression_attribute_names(question.placeholders.names())
            .set_expression_attribute_values(question.placeholders.values())
            .scan_index_forward(question.direction == Direction::Ascending)
            .set_exclusive_start_key(start)
            .set_return_consumed_capacity(capacity::asked())
    }

    fn scan(
        &self,
        question: &Question,
        segment: Segment,
        start: Option<Item>,
    ) -> aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder {
        let number = |number: u32| i32::try_from(number).ok();
        let parts = (segment.total > 1).then_some(segment);
        self.requests
            .scan()
            .table_name(&question.table)
            .consistent_read(question.consistent)
            .set_select(question.select.clone())
            .set_filter_expression(question.filter.clone())
            .set_projection_expression(question.projection.clone())
            .set_expression_attribute_names(question.placeholders.names())
            .set_expression_attribute_values(question.placeholders.values())
            .set_segment(parts.and_then(|segment| number(segment.index)))
            .set_total_segments(parts.and_then(|segment| number(segment.total)))
            .set_exclusive_start_key(start)
            .set_return_consumed_capacity(capacity::asked())
    }
}

fn done() -> RecordPage {
    RecordPage {
        records: Vec::new(),
        next: None,
    }
}

/// What is asked of a table or an index.
#[derive(Debug)]
struct Question {
    table: String,
    source: Source,
    index: Option<String>,
    key_condition: Option<String>,
    filter: Option<String>,
    projection: Option<String>,
    select: Option<Select>,
    placeholders: Placeholders,
    consistent: bool,
    direction: Direction,
}

impl Question {
    /// Nothing where the range is empty, which DynamoDB would refuse.
    fn of(
        call: &Call<'_>,
        selection: &Selection,
        (fetch, select): (&Fetch, Option<Select>),
    ) -> Result<Option<Self>> {
        if let SortRange::Between(first, last) = &selection.range
            && first > last
        {
            return Ok(None);
        }
        let schema = call.schema;
        let mut placeholders = Placeholders::default();
        let (index, keys) = match &selection.source {
            Source::Partition(value) => {
                let sort = schema.sort.as_ref().map(|(name, _)| name.as_str());
                (None, Some((schema.partition.as_str(), value, sort)))
            }
            Source::Index { index, partition } => {
                let (Some(field), Some(value)) = (&index.partition, partition) else {
                    let message = "an index of DynamoDB has a partition field";
                    return Err(Error::new(ErrorKind::Unsupported, message));
                };
                let sort = index.sort.as_ref().map(|(name, _)| name.as_str());
                (Some(index), Some((field.as_str(), value, sort)))
            }
            Source::Everything => (None, None),
        };
        let key_condition = keys.map(|(field, value, sort)| {
            let field = placeholders.name(field);
            let value = placeholders.value(AttributeValue::S(value.clone()));
            let part =
                sort.and_then(|sort| sort_condition(&selection.range, sort, &mut placeholders));
            match part {
                Some(part) => format!("{field} = {value} AND {part}"),
                None => format!("{field} = {value}"),
            }
        });
        // A filter is tested on each item, and hardly any has expired: where nothing else asks for
        // one, they are left out here.
        let mut parts: Vec<String> = Vec::new();
        if selection.filter.is_some() || select.is_some() {
            parts.extend(expression::unexpired(call, &mut placeholders));
        }
        if let Some(part) = &selection.filter {
            parts.push(filter::expression(part, &mut placeholders)?);
        }
        Ok(Some(Self {
            table: schema.table.clone(),
            source: selection.source.clone(),
            index: index.map(|index| index.name.clone()),
            key_condition,
            filter: expression::all(&parts),
            projection: projection::expression(
                schema,
                (&fetch.projection, index),
                &mut placeholders,
            ),
            select,
            placeholders,
            // DynamoDB refuses a consistent read of an index.
            consistent: index.is_none() && fetch.consistency == Consistency::Strong,
            direction: selection.direction,
        }))
    }

    /// The key after which a page starts.
    fn start(&self, schema: &CollectionSchema, after: Option<&Position>) -> Result<Option<Item>> {
        let foreign = || Error::invalid("the cursor is of another kind of query");
        let Some(after) = after else { return Ok(None) };
        Ok(Some(match (after, &self.source) {
            (Position::Sort(sort), Source::Partition(partition)) => {
                let key = Key {
                    partition: partition.clone(),
                    sort: Some(sort.clone()),
                };
                row::key_item(schema, &key)
            }
            (Position::Key(key), Source::Everything) => row::key_item(schema, key),
            (Position::Entry { value, key }, Source::Index { index, partition }) => {
                let mut item = row::key_item(schema, key);
                if let (Some(field), Some(partition)) = (&index.partition, partition) {
                    item.insert(field.clone(), AttributeValue::S(partition.clone()));
                }
                if let (Some((field, _)), Some(value)) = (&index.sort, value) {
                    item.insert(field.clone(), row::sort_attribute(value));
                }
                item
            }
            _ => return Err(foreign()),
        }))
    }

    /// The place of an item, or of the key that DynamoDB names to go on after.
    ///
    /// Nothing follows the one item of a partition without a sort key.
    fn position(&self, schema: &CollectionSchema, item: &Item) -> Result<Option<Position>> {
        let key = row::key_of(schema, item)?;
        Ok(match &self.source {
            Source::Partition(_) => key.sort.map(Position::Sort),
            Source::Index { index, .. } => Some(Position::Entry {
                value: match &index.sort {
                    Some((field, sort_type)) => Some(row::sort_key(item.get(field), *sort_type)?),
                    None => None,
                },
                key,
            }),
            Source::Everything => Some(Position::Key(key)),
        })
    }
}

fn sort_condition(
    range: &SortRange,
    name: &str,
    placeholders: &mut Placeholders,
) -> Option<String> {
    let mut compare = |operator: &str, key: &SortKey| {
        let name = placeholders.name(name);
        let key = placeholders.value(row::sort_attribute(key));
        format!("{name} {operator} {key}")
    };
    Some(match range {
        SortRange::Equal(key) => compare("=", key),
        SortRange::Less(key) => compare("<", key),
        SortRange::LessOrEqual(key) => compare("<=", key),
        SortRange::Greater(key) => compare(">", key),
        SortRange::GreaterOrEqual(key) => compare(">=", key),
        SortRange::Between(first, last) => {
            let from = compare("BETWEEN", first);
            let last = placeholders.value(row::sort_attribute(last));
            format!("{from} AND {last}")
        }
        SortRange::Prefix(key) => {
            let name = placeholders.name(name);
            let key = placeholders.value(row::sort_attribute(key));
            format!("begins_with({name}, {key})")
        }
        _ => return None,
    })
}
