//! Orders, ranges within them, and places after which to go on, in the query language.

use isobar::document::{Direction, SortKey, SortRange, SortType};
use isobar::driver::after_prefix;
use isobar::driver::document::{Position, Source};
use isobar::{Error, Result};
use serde_json::Value as Json;

use super::name::Names;
use super::statement::Statement;

/// By what the items of a selection are ordered, one after the other.
#[derive(Debug)]
pub(super) struct Ordering {
    /// An index's sort field, if it has one, and the path of what orders by it.
    sort: Option<(String, String)>,
    /// The path of the partition key, where items of several are ordered.
    partition: Option<String>,
    descending: bool,
}

impl Ordering {
    pub(super) fn of(names: &Names<'_>, source: &Source, direction: Direction) -> Result<Self> {
        let mut ordering = Self {
            sort: None,
            partition: None,
            descending: direction == Direction::Descending,
        };
        // Without a sort key, the id says the partition.
        if names.schema.sort.is_some() && !matches!(source, Source::Partition(_)) {
            ordering.partition = Some(names.field_sql(&names.schema.partition)?);
        }
        if let Source::Index { index, .. } = source
            && let Some((field, sort_type)) = &index.sort
        {
            ordering.sort = Some((field.clone(), names.sort_sql(field, *sort_type)?));
        }
        Ok(ordering)
    }

    /// Unless the id comes first, as the sort field of an index.
    fn ends_by_id(&self) -> bool {
        self.sort.as_ref().is_none_or(|(_, path)| path != "c.id")
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        let sort = self.sort.iter().map(|(_, path)| path);
        let optional = sort.chain(&self.partition).map(String::as_str);
        optional.chain(self.ends_by_id().then_some("c.id"))
    }

    pub(super) fn clause(&self) -> String {
        let direction = if self.descending { " DESC" } else { "" };
        let paths = self.paths().map(|path| format!("{path}{direction}"));
        format!(" ORDER BY {}", paths.collect::<Vec<_>>().join(", "))
    }

    /// The values of a place, with the paths that have them.
    pub(super) fn place(
        &self,
        names: &Names<'_>,
        position: &Position,
    ) -> Result<Vec<(String, Json)>> {
        let foreign = || Error::invalid("the place in a query is of another store");
        let (sort, key) = match position {
            Position::Sort(sort) => {
                return Ok(vec![("c.id".to_owned(), names.sort_id(sort).into())]);
            }
            Position::Entry { value, key } => (value.as_ref(), key),
            Position::Key(key) => (None, key),
            Position::Token(_) => return Err(foreign()),
        };
        let mut place = Vec::new();
        if let Some((field, path)) = &self.sort {
            let sort = sort.ok_or_else(foreign)?;
            place.push((path.clone(), names.sort_value(field, sort)));
        }
        if let Some(path) = &self.partition {
            let partition = names.partition_value(&key.partition);
            place.push((path.clone(), partition.into()));
        }
        if self.ends_by_id() {
            place.push(("c.id".to_owned(), names.id(key)?.into()));
        }
        Ok(place)
    }
}

/// That an item comes after a place.
pub(super) fn past(
    statement: &mut Statement,
    place: &[(String, Json)],
    descending: bool,
) -> String {
    let Some(((path, value), rest)) = place.split_first() else {
        return "false".to_owned();
    };
    let operator = if descending { "<" } else { ">" };
    let value = statement.place(value.clone());
    if rest.is_empty() {
        return format!("{path} {operator} {value}");
    }
    let later = past(statement, rest, descending);
    format!("({path} {operator} {value} OR ({path} = {value} AND {later}))")
}

/// Adds that a path is within a range; `stored` says how a bound is stored.
pub(super) fn ranged(
    statement: &mut Statement,
    path: &str,
    range: &SortRange,
    (sort_type, stored): (SortType, &dyn Fn(&SortKey) -> Json),
) {
    let mut bound = |operator: &str, key: &SortKey| {
        let value = statement.place(stored(key));
        statement.and(format!("{path} {operator} {value}"));
    };
    match range {
        SortRange::Equal(key) => bound("=", key),
        SortRange::Less(key) => bound("<", key),
        SortRange::LessOrEqual(key) => bound("<=", key),
        SortRange::Greater(key) => bound(">", key),
        SortRange::GreaterOrEqual(key) => bound(">=", key),
        SortRange::Between(from, to) => {
            bound(">=", from);
            bound("<=", to);
        }
        SortRange::Prefix(prefix) if sort_type == SortType::Str => {
            let prefix = statement.place(stored(prefix));
            statement.and(format!("STARTSWITH({path}, {prefix})"));
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
