//! One query of a table, as OData, and the answers to it.

use http::Response;
use isobar::document::{CollectionSchema, SortKey, SortRange, Timestamp};
use isobar::driver::after_prefix;
use isobar::driver::document::{Call, PageRequest};
use isobar::{Error, Result};
use serde::Deserialize;

use super::TablesStore;
use super::entity::{self, EXP, Properties, Row};
use super::read::{encoded, literal, parsed, selected};
use super::{filter, key, name};

/// Entities of one answer ("Query timeout and pagination").
pub(super) const PAGE: u32 = 1_000;
const NEXT_PARTITION: &str = "x-ms-continuation-nextpartitionkey";
const NEXT_ROW: &str = "x-ms-continuation-nextrowkey";

/// A query of one table.
#[derive(Debug, Clone)]
pub(super) struct Query {
    table: String,
    /// They must all hold.
    conditions: Vec<String>,
    select: Option<String>,
}

/// Where the service itself goes on; it comes back from clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Continuation {
    partition: String,
    row: Option<String>,
}

/// What one answer holds.
pub(super) struct Answer<T> {
    pub(super) found: Vec<T>,
    pub(super) next: Option<Continuation>,
}

impl Query {
    /// What a page asks for, wherever that is.
    pub(super) fn of(call: &Call<'_>, page: &PageRequest) -> Result<Self> {
        let tested = filter::tested(call.schema, page.selection.filter.as_ref());
        Ok(Self {
            table: name::table(call.schema)?,
            conditions: tested.into_iter().map(|(_, text)| text).collect(),
            select: selected(call.schema, &page.fetch.projection),
        })
    }

    /// The keys and states of what expired before an instant.
    pub(super) fn expired(schema: &CollectionSchema, before: Timestamp) -> Result<Self> {
        Ok(Self {
            table: name::table(schema)?,
            conditions: vec![format!("{EXP} lt {}L", before.as_seconds())],
            select: Some("PartitionKey,RowKey".to_owned()),
        })
    }

    pub(super) fn table(&self) -> &str {
        &self.table
    }

    #[must_use]
    pub(super) fn with(mut self, property: &str, operator: &str, text: &str) -> Self {
        let text = literal(text);
        self.conditions
            .push(format!("{property} {operator} {text}"));
        self
    }

    /// The part of a partition.
    pub(super) fn between(self, schema: &CollectionSchema, range: &SortRange) -> Result<Self> {
        let bound = |query: Self, operator, sort: &SortKey| {
            let row = key::row(schema, sort)?;
            Ok(query.with("RowKey", operator, &row))
        };
        match range {
            SortRange::Equal(sort) => bound(self, "eq", sort),
            SortRange::Less(sort) => bound(self, "lt", sort),
            SortRange::LessOrEqual(sort) => bound(self, "le", sort),
            SortRange::Greater(sort) => bound(self, "gt", sort),
            SortRange::GreaterOrEqual(sort) => bound(self, "ge", sort),
            SortRange::Between(from, to) => bound(bound(self, "ge", from)?, "le", to),
            SortRange::Prefix(prefix) => {
                let from = bound(self, "ge", prefix)?;
                match after_prefix(prefix) {
                    Some(end) => bound(from, "lt", &end),
                    None => Ok(from),
                }
            }
            _ => Ok(self),
        }
    }

    /// The keys of the same entities, and nothing else.
    pub(super) fn keys(&self) -> Self {
        Self {
            select: Some("PartitionKey,RowKey".to_owned()),
            ..self.clone()
        }
    }

    fn path(&self, top: u32, after: Option<&Continuation>) -> String {
        let filter = (!self.conditions.is_empty()).then(|| self.conditions.join(" and "));
        let parameters = [
            ("$top", Some(top.to_string())),
            ("$filter", filter),
            ("$select", self.select.clone()),
            (
                "NextPartitionKey",
                after.map(|after| after.partition.clone()),
            ),
            ("NextRowKey", after.and_then(|after| after.row.clone())),
        ];
        let given = parameters.into_iter().filter_map(|(name, value)| {
            let value = encoded(&value?);
            Some(format!("{name}={value}"))
        });
        format!("/{}()?{}", self.table, given.collect::<Vec<_>>().join("&"))
    }
}

impl Continuation {
    fn of<B>(answer: &Response<B>) -> Option<Self> {
        let header = |name| answer.headers().get(name)?.to_str().ok().map(str::to_owned);
        Some(Self {
            partition: header(NEXT_PARTITION)?,
            row: header(NEXT_ROW),
        })
    }

    pub(super) fn token(&self) -> bytes::Bytes {
        let row = self.row.as_deref().unwrap_or_default();
        format!("{}\n{row}", self.partition).into()
    }

    pub(super) fn read(token: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(token).ok();
        let (partition, row) = text
            .and_then(|text| text.split_once('\n'))
            .ok_or_else(|| Error::invalid("the place in a scan is none of Azure Tables"))?;
        Ok(Self {
            partition: partition.to_owned(),
            row: Some(row.to_owned()).filter(|row| !row.is_empty()),
        })
    }
}

#[derive(Deserialize)]
struct Body {
    value: Vec<Properties>,
}

impl TablesStore {
    /// The next entities of a query, at most as many as an answer can have.
    pub(super) async fn entities(
        &self,
        query: &Query,
        top: u32,
        after: Option<&Continuation>,
    ) -> Result<Answer<Properties>> {
        let answer = self.ask(&query.path(top.min(PAGE), after)).await?;
        let body: Body = parsed(answer.body()).map_err(|failure| failure.error)?;
        Ok(Answer {
            next: Continuation::of(&answer),
            found: body.value,
        })
    }

    /// The same as rows.
    pub(super) async fn rows(
        &self,
        (call, query): (&Call<'_>, &Query),
        top: u32,
        after: Option<&Continuation>,
    ) -> Result<Answer<Row>> {
        let Answer { found, next } = self.entities(query, top, after).await?;
        let rows = found.into_iter();
        let rows = rows.map(|properties| entity::row(call.schema, properties, None));
        Ok(Answer {
            found: rows.collect::<Result<_>>()?,
            next,
        })
    }
}

#[cfg(test)]
mod tests {
    use isobar::document::CollectionSpec;

    use super::*;

    #[test]
    fn a_range_of_a_partition_is_one_of_row_keys() {
        let schema = CollectionSpec::<()>::new("notes")
            .sort("id", isobar::document::SortType::Str)
            .schema("");
        let query = Query {
            table: "notes".to_owned(),
            conditions: Vec::new(),
            select: None,
        };
        let query = query.with("PartitionKey", "eq", "it's");
        let range = SortRange::Prefix("a/".into());
        let query = query.between(&schema, &range).unwrap();
        let expected = [
            "PartitionKey eq 'it''s'",
            "RowKey ge 'a.1'",
            "RowKey lt 'a0'",
        ];
        assert_eq!(query.conditions, expected);
        let after = Continuation {
            partition: "1!4!YQ--".to_owned(),
            row: None,
        };
        assert_eq!(Continuation::read(&after.token()).unwrap(), after);
        let path = query.keys().path(5, Some(&after));
        assert!(path.starts_with("/notes()?$top=5&$filter=PartitionKey%20eq%20%27it%27%27s%27"));
        assert!(path.ends_with("&$select=PartitionKey%2CRowKey&NextPartitionKey=1%214%21YQ--"));
    }

    #[test]
    fn a_token_that_is_none_is_refused() {
        for token in [&b"\xff\n"[..], b"", b"x"] {
            assert!(Continuation::read(token).is_err());
        }
    }
}
