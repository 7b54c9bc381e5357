//! Filters as DynamoDB's filter expressions: two-valued and by type, as ours are.

use isobar::document::{Comparison, FieldCondition, FieldTest, Filter, Value};
use isobar::{Error, ErrorKind, Result};

use super::expression::{self, Placeholders, has_type};
use super::value::{self, Encoding};

/// The filter as an expression; only what [`is_native`] allows.
pub(super) fn expression(filter: &Filter, placeholders: &mut Placeholders) -> Result<String> {
    let each = |parts: &[Filter], placeholders: &mut Placeholders| {
        let parts = parts.iter().map(|part| expression(part, placeholders));
        parts.collect::<Result<Vec<_>>>()
    };
    Ok(match filter {
        Filter::Field(condition) => test(condition, placeholders)?,
        Filter::All(parts) => format!("({})", each(parts, placeholders)?.join(") AND (")),
        Filter::Any(parts) => format!("({})", each(parts, placeholders)?.join(") OR (")),
        Filter::Not(part) => format!("NOT ({})", expression(part, placeholders)?),
        _ => return Err(unknown()),
    })
}

/// A test as DynamoDB's functions and operators.
pub(super) fn test(condition: &FieldCondition, placeholders: &mut Placeholders) -> Result<String> {
    let path = placeholders.path(condition.path.names());
    Ok(match &condition.test {
        FieldTest::Exists => format!("attribute_exists({path})"),
        FieldTest::Missing => format!("attribute_not_exists({path})"),
        FieldTest::IsNull => has_type(&path, "NULL", placeholders),
        // What begins with nothing is any text, or any bytes.
        FieldTest::BeginsWith(Value::String(prefix)) if prefix.is_empty() => {
            has_type(&path, "S", placeholders)
        }
        FieldTest::BeginsWith(Value::Bytes(prefix)) if prefix.is_empty() => {
            has_type(&path, "B", placeholders)
        }
        FieldTest::BeginsWith(prefix) => {
            let prefix = encoded(prefix, placeholders)?;
            format!("begins_with({path}, {prefix})")
        }
        FieldTest::OneOf(values) => {
            let values = values.iter().map(|value| encoded(value, placeholders));
            let values = values.collect::<Result<Vec<_>>>()?;
            format!("{path} IN ({})", values.join(", "))
        }
        FieldTest::Contains(item) => contains(&path, item, placeholders)?,
        FieldTest::Compare(comparison, with) => {
            let compared =
                expression::comparison_of(&condition.path, *comparison, with, placeholders)?;
            compared.ok_or_else(unknown)?
        }
        FieldTest::Between(first, last) => {
            let bound = |comparison, bound: &Value| FieldCondition {
                path: condition.path.clone(),
                test: FieldTest::Compare(comparison, bound.clone()),
            };
            let from = test(&bound(Comparison::GreaterOrEqual, first), placeholders)?;
            let to = test(&bound(Comparison::LessOrEqual, last), placeholders)?;
            format!("({from}) AND ({to})")
        }
        _ => return Err(unknown()),
    })
}

fn contains(path: &str, item: &Value, placeholders: &mut Placeholders) -> Result<String> {
    let value = encoded(item, placeholders)?;
    let contained = format!("contains({path}, {value})");
    if matches!(item, Value::Int(_) | Value::Float(_))
        || matches!(item, Value::String(text) if !text.is_empty())
    {
        return Ok(contained);
    }
    let is_list = has_type(path, "L", placeholders);
    Ok(match item {
        Value::String(_) => {
            let is_text = has_type(path, "S", placeholders);
            format!("{is_text} OR ({is_list} AND {contained})")
        }
        // Of bytes, DynamoDB finds a part too.
        Value::Bytes(_) => {
            let is_set = has_type(path, "BS", placeholders);
            format!("({is_list} OR {is_set}) AND {contained}")
        }
        _ => format!("{is_list} AND {contained}"),
    })
}

fn encoded(value: &Value, placeholders: &mut Placeholders) -> Result<String> {
    let attribute = value::encode(value, &mut Encoding::default())?;
    Ok(placeholders.value(attribute))
}

/// Whether DynamoDB tests a part of a filter exactly as we do; `keys` are the key fields of what is
/// queried, which a filter of a query may not name.
pub(super) fn is_native(filter: &Filter, keys: &[&str]) -> bool {
    match filter {
        Filter::Field(condition) => {
            let top = condition.path.names().first().map(String::as_str);
            top.is_some_and(|top| !keys.contains(&top)) && is_expressible(&condition.test)
        }
        Filter::All(parts) | Filter::Any(parts) => parts.iter().all(|part| is_native(part, keys)),
        Filter::Not(part) => is_native(part, keys),
        _ => false,
    }
}

fn is_expressible(asked: &FieldTest) -> bool {
    let is_empty = |value: &Value| match value {
        Value::String(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        _ => false,
    };
    let is_ordered = |value: &Value| {
        let has_order = !matches!(value, Value::Bool(_) | Value::List(_) | Value::Map(_));
        has_order && !is_empty(value)
    };
    match asked {
        FieldTest::Exists
        | FieldTest::Missing
        | FieldTest::IsNull
        | FieldTest::Compare(Comparison::Equal | Comparison::NotEqual, _)
        | FieldTest::Contains(Value::Int(_) | Value::Float(_)) => true,
        FieldTest::Compare(_, value) => is_ordered(value),
        FieldTest::Between(first, last) => is_ordered(first) && is_ordered(last),
        FieldTest::BeginsWith(prefix) => !is_empty(prefix),
        FieldTest::OneOf(values) => !values
            .iter()
            .any(|value| matches!(value, Value::List(_) | Value::Map(_))),
        // Of bytes, DynamoDB also finds a part.
        FieldTest::Contains(Value::String(text)) => !text.is_empty(),
        _ => false,
    }
}

fn unknown() -> Error {
    let message = "DynamoDB expressions do not have this test";
    Error::new(ErrorKind::Unsupported, message)
}
