//! What a query will cost, before it is asked.

use std::fmt;

use super::condition::{Comparison, FieldTest};
use super::{
    CollectionSchema, FieldPath, Filter, IndexSchema, Projection, Query, QueryClass, SortType,
    Value,
};
use crate::capability::Capability;
use crate::document::binding::Binding;
use crate::driver::document::{DriverPlan, Fetch, Selection, Source};
use crate::error::{Error, Result};

/// How a query is carried out; see [`Collection::plan`](crate::Collection::plan).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// What the query reads.
    pub class: QueryClass,
    /// What is asked of the store, in the vendor's words.
    pub operations: Vec<String>,
    /// The part of the filter that the store tests.
    pub native_filter: Option<Filter>,
    /// The part of the filter that this library tests, on documents that the store has sent.
    pub post_filter: Option<Filter>,
    /// The declared index that would find the same without reading the whole collection.
    pub declared_index: Option<String>,
    /// The index that would, if it were declared; its name is a suggestion.
    pub missing_index: Option<IndexSchema>,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.class, self.operations.join(", "))?;
        if let Some(filter) = &self.native_filter {
            write!(f, "; tested by the store: {filter:?}")?;
        }
        if let Some(filter) = &self.post_filter {
            write!(f, "; tested afterwards: {filter:?}")?;
        }
        if let Some(index) = &self.declared_index {
            write!(f, "; better: Query::index({index:?}, ..)")?;
        }
        if let Some(index) = &self.missing_index {
            write!(f, "; missing: {index}")?;
        }
        Ok(())
    }
}

/// A query made ready for a driver.
#[derive(Debug)]
pub(super) struct Prepared {
    /// As the query says it, which is what cursors are bound to.
    pub(super) whole: Selection,
    /// With the part of the filter that the store tests.
    pub(super) native: Selection,
    /// The part that is tested afterwards.
    pub(super) rest: Option<Filter>,
    /// What is read, with the fields that are tested afterwards.
    pub(super) fetch: Fetch,
    /// What is kept of it.
    pub(super) projection: Projection,
    operations: Vec<String>,
}

impl Prepared {
    pub(super) fn of(binding: &Binding, query: &Query) -> Result<Self> {
        let whole = query.selection(&binding.schema)?;
        match &whole.source {
            Source::Partition(_) => {}
            Source::Index { partition, .. } => {
                binding.require(Capability::IndexedQueries)?;
                if partition.is_none() {
                    binding.require(Capability::WholeCollectionIndexes)?;
                }
            }
            Source::Everything => binding.require(Capability::Scans)?,
        }
        let DriverPlan {
            operations,
            native: filter,
            rest,
        } = (binding.planner)(&binding.schema, &whole);
        let mut fetch = query.fetch()?;
        let projection = fetch.projection.clone();
        let tested = rest.iter().flat_map(Filter::tests).map(|test| &test.path);
        fetch.projection = projection.with(tested);
        if let (Projection::Fields(_), Source::Index { index, .. }) =
            (&fetch.projection, &whole.source)
        {
            // The place of a document in the index is made from its fields.
            let sort = index.sort.as_ref().map(|(name, _)| FieldPath::of([name]));
            fetch.projection = fetch.projection.with(sort.iter());
        }
        let native = Selection {
            filter,
            ..whole.clone()
        };
        Ok(Self {
            whole,
            native,
            rest,
            fetch,
            projection,
            operations,
        })
    }
}

pub(super) fn plan(binding: &Binding, query: &Query) -> Result<Plan> {
    let prepared = Prepared::of(binding, query)?;
    let class = query.class();
    let (mut declared_index, mut missing_index) = (None, None);
    if class == QueryClass::Scan {
        let wanted = prepared.whole.filter.as_ref().and_then(wanted);
        match wanted.map(|wanted| (declared(&binding.schema, &wanted), wanted)) {
            Some((Some(index), _)) => declared_index = Some(index),
            Some((None, wanted)) => missing_index = Some(wanted),
            None => {}
        }
    }
    Ok(Plan {
        class,
        operations: prepared.operations,
        native_filter: prepared.native.filter,
        post_filter: prepared.rest,
        declared_index,
        missing_index,
    })
}

/// Refuses a query that reads everything without being allowed to, and says what would help.
pub(super) fn check_allowed(binding: &Binding, query: &Query) -> Result<()> {
    if !query.is_scan_forbidden() {
        return Ok(());
    }
    let plan = plan(binding, query)?;
    let better = match (plan.declared_index, plan.missing_index) {
        (Some(index), _) => format!("query its index {index:?}"),
        (None, Some(index)) => format!("declare {index} and query that"),
        (None, None) => "query a partition or an index".to_owned(),
    };
    Err(Error::invalid(format!(
        "the query reads the whole collection: {better}, or allow it with allow_scan()"
    )))
}

/// The index that would serve a filter: equal text in one field, and the order of another.
fn wanted(filter: &Filter) -> Option<IndexSchema> {
    let tests = filter.conjuncts().iter().filter_map(|part| match part {
        Filter::Field(condition) => match condition.path.names() {
            [name] => Some((name, &condition.test)),
            _ => None,
        },
        _ => None,
    });
    let (mut partition, mut sort) = (None, None);
    for (name, test) in tests {
        let equals_text = matches!(
            test,
            FieldTest::Compare(Comparison::Equal, Value::String(_))
        );
        match sort_type(test) {
            Some(_) if partition.is_none() && equals_text => partition = Some(name.clone()),
            Some(sort_type) if sort.is_none() => sort = Some((name.clone(), sort_type)),
            _ => {}
        }
    }
    let fields = partition.iter().chain(sort.iter().map(|(name, _)| name));
    let name = fields.fold("by".to_owned(), |name, field| format!("{name}_{field}"));
    (name != "by").then_some(IndexSchema {
        name,
        partition,
        sort,
    })
}

/// The type of an index that could answer a test by its order.
fn sort_type(test: &FieldTest) -> Option<SortType> {
    let value = match test {
        FieldTest::Compare(Comparison::NotEqual, _) => return None,
        FieldTest::Compare(_, value)
        | FieldTest::Between(value, _)
        | FieldTest::BeginsWith(value) => value,
        _ => return None,
    };
    match value {
        Value::Int(_) => Some(SortType::I64),
        Value::String(_) => Some(SortType::Str),
        Value::Bytes(_) => Some(SortType::Bytes),
        _ => None,
    }
}

fn declared(schema: &CollectionSchema, wanted: &IndexSchema) -> Option<String> {
    let serves = |index: &&IndexSchema| {
        index.partition == wanted.partition && (wanted.sort.is_none() || index.sort == wanted.sort)
    };
    schema
        .indexes
        .iter()
        .find(serves)
        .map(|index| index.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_index_is_named_as_one_would_declare_it() {
        let filter = Filter::eq("author", "ann")
            .and(Filter::ge("born", 1900))
            .and(Filter::eq("a.b", 1));
        let index = wanted(&filter).unwrap();
        assert_eq!(
            index.to_string(),
            "IndexSpec::new(\"by_author_born\").partition(\"author\").sort(\"born\", SortType::I64)"
        );
        assert_eq!(wanted(&Filter::ne("author", "ann")), None);
        assert_eq!(wanted(&Filter::eq("a", 1.5)), None);
    }
}
