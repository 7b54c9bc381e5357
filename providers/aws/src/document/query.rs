//! Pages of one partition in the order of the sort key.

use aws_sdk_dynamodb::types::AttributeValue;
use isobar::Result;
use isobar::document::{CollectionSchema, Direction, SortKey, SortRange};
use isobar::driver::document::{Call, PageRequest, Position, RecordPage, Source};

use super::DynamoStore;
use super::expression::{self, Placeholders};
use super::row::{self, Item};
use crate::error::failure;

/// How many items a request looks at when one before it met expired ones: DynamoDB counts its
/// limit before the filter, and what is looked at is paid for, so that the first asks for no more
/// than is needed.
const LOOKED_AT: usize = 250;

impl DynamoStore {
    /// One record more than asked for is read, because DynamoDB names a place to go on after
    /// the last record of a partition too.
    pub(super) async fn page(&self, call: &Call<'_>, page: &PageRequest) -> Result<RecordPage> {
        let Some(range) = Range::of(call, page) else {
            return Ok(RecordPage {
                records: Vec::new(),
                next: None,
            });
        };
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let mut items = Vec::new();
        let mut start = start(call.schema, page);
        let mut asked = limit.saturating_add(1);
        let next = loop {
            let (found, next) = self.send_query(call, page, (&range, asked, start)).await?;
            items.extend(found);
            if items.len() > limit {
                items.truncate(limit);
                break items.last().cloned();
            }
            if next.is_none() {
                break None;
            }
            start = next;
            let missing = limit.saturating_add(1).saturating_sub(items.len());
            asked = missing.max(LOOKED_AT);
        };
        Ok(RecordPage {
            next: match next {
                Some(next) => row::key_of(call.schema, &next)?.sort.map(Position::Sort),
                None => None,
            },
            records: items
                .into_iter()
                .map(|item| row::record(call.schema, item))
                .collect::<Result<_>>()?,
        })
    }

    async fn send_query(
        &self,
        call: &Call<'_>,
        page: &PageRequest,
        (range, limit, start): (&Range, usize, Option<Item>),
    ) -> Result<(Vec<Item>, Option<Item>)> {
        let sent = self
            .client
            .query()
            .table_name(&call.schema.table)
            .consistent_read(true)
            .key_condition_expression(&range.key_condition)
            .set_filter_expression(range.filter.clone())
            .set_expression_attribute_names(range.placeholders.names())
            .set_expression_attribute_values(range.placeholders.values())
            .scan_index_forward(page.selection.direction == Direction::Ascending)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await;
        let output = sent.map_err(|error| failure(error).error)?;
        let next = output.last_evaluated_key.filter(|key| !key.is_empty());
        Ok((output.items.unwrap_or_default(), next))
    }
}

/// What a query asks of the keys and, for expiry, of what lies there.
#[derive(Debug)]
struct Range {
    key_condition: String,
    filter: Option<String>,
    placeholders: Placeholders,
}

impl Range {
    /// Nothing where the range is empty, which DynamoDB would refuse.
    fn of(call: &Call<'_>, page: &PageRequest) -> Option<Self> {
        if let SortRange::Between(first, last) = &page.selection.range
            && first > last
        {
            return None;
        }
        let mut placeholders = Placeholders::default();
        let partition = placeholders.name(&call.schema.partition);
        let Source::Partition(value) = &page.selection.source else {
            return None;
        };
        let value = placeholders.value(AttributeValue::S(value.clone()));
        let mut key_condition = format!("{partition} = {value}");
        if let Some((name, _)) = &call.schema.sort
            && let Some(part) = sort_condition(&page.selection.range, name, &mut placeholders)
        {
            key_condition = format!("{key_condition} AND {part}");
        }
        let filter = expression::unexpired(call, &mut placeholders);
        Some(Self {
            key_condition,
            filter,
            placeholders,
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

fn start(schema: &CollectionSchema, page: &PageRequest) -> Option<Item> {
    let (Source::Partition(partition), Some(Position::Sort(after))) =
        (&page.selection.source, &page.after)
    else {
        return None;
    };
    let key = isobar::document::Key {
        partition: partition.clone(),
        sort: Some(after.clone()),
    };
    Some(row::key_item(schema, &key))
}
