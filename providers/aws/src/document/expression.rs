//! Expressions of DynamoDB: placeholders for all names and values, and conditions made of them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use isobar::Result;
use isobar::document::{
    CollectionSchema, Comparison, FieldCondition, FieldPath, FieldTest, Timestamp, Value,
};
use isobar::driver::document::{Call, Existence, Write};

use super::row::{EXP, REV};
use super::value::{self, Encoding, TIMESTAMP};

/// The names and values that an expression refers to; DynamoDB refuses empty and unused ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Placeholders {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Placeholders {
    /// The placeholder of an attribute name, which may be any text.
    pub(super) fn name(&mut self, name: &str) -> String {
        if let Some((placeholder, _)) = self.names.iter().find(|(_, known)| *known == name) {
            return placeholder.clone();
        }
        let placeholder = format!("#{}", self.names.len());
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    /// The placeholder of a value.
    pub(super) fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    /// The way to a field, nested names as they are stored.
    pub(super) fn path(&mut self, names: &[String]) -> String {
        let mut path = String::new();
        for (depth, name) in names.iter().enumerate() {
            if depth == 0 {
                path.push_str(&self.name(name));
            } else {
                path.push('.');
                path.push_str(&self.name(&value::escape(name)));
            }
        }
        path
    }

    pub(super) fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    pub(super) fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}

/// The condition of a write apart from what its action adds: existence, then version and fields.
pub(super) fn of_write(
    call: &Call<'_>,
    write: &Write,
    placeholders: &mut Placeholders,
) -> Result<Vec<String>> {
    let mut parts = Vec::new();
    match write.existence {
        Existence::Forbidden => parts.push(absent(call, placeholders)),
        Existence::Any if write.condition.is_empty() => {}
        Existence::Any | Existence::Required => parts.push(present(call, placeholders)),
    }
    if let Some(version) = &write.condition.version {
        let rev = placeholders.name(REV);
        parts.push(if version.is_absent() {
            format!("attribute_not_exists({rev})")
        } else {
            let version = placeholders.value(super::row::version(version));
            format!("{rev} = {version}")
        });
    }
    for condition in &write.condition.fields {
        parts.push(field(call.schema, condition, placeholders)?);
    }
    Ok(parts)
}

/// All parts, each in parentheses; nothing where there is none.
pub(super) fn all(parts: &[String]) -> Option<String> {
    (!parts.is_empty()).then(|| format!("({})", parts.join(") AND (")))
}

/// The document is there and has not expired.
fn present(call: &Call<'_>, placeholders: &mut Placeholders) -> String {
    let key = placeholders.name(&call.schema.partition);
    match unexpired(call, placeholders) {
        None => format!("attribute_exists({key})"),
        Some(unexpired) => format!("attribute_exists({key}) AND ({unexpired})"),
    }
}

/// The document is not there, or has expired.
pub(super) fn absent(call: &Call<'_>, placeholders: &mut Placeholders) -> String {
    let key = placeholders.name(&call.schema.partition);
    if call.schema.adopted {
        return format!("attribute_not_exists({key})");
    }
    let (exp, now) = expiry(call.now, placeholders);
    format!("attribute_not_exists({key}) OR {exp} <= {now}")
}

/// No expiry, or a later one; nothing in a table where fields named so are not ours.
pub(super) fn unexpired(call: &Call<'_>, placeholders: &mut Placeholders) -> Option<String> {
    if call.schema.adopted {
        return None;
    }
    let (exp, now) = expiry(call.now, placeholders);
    Some(format!("attribute_not_exists({exp}) OR {exp} > {now}"))
}

fn expiry(now: Timestamp, placeholders: &mut Placeholders) -> (String, String) {
    let exp = placeholders.name(EXP);
    let now = placeholders.value(super::row::seconds(now));
    (exp, now)
}

fn field(
    schema: &CollectionSchema,
    condition: &FieldCondition,
    placeholders: &mut Placeholders,
) -> Result<String> {
    let path = placeholders.path(condition.path.names());
    Ok(match &condition.test {
        FieldTest::Exists => format!("attribute_exists({path})"),
        FieldTest::Missing => format!("attribute_not_exists({path})"),
        FieldTest::IsNull => has_type(&path, "NULL", placeholders),
        FieldTest::Compare(comparison, value) => {
            match comparison_of(&condition.path, *comparison, value, placeholders)? {
                Some(comparison) => comparison,
                None => never(schema, placeholders),
            }
        }
        FieldTest::Between(first, last) => {
            let bound = |comparison, bound: &Value| FieldCondition {
                path: condition.path.clone(),
                test: FieldTest::Compare(comparison, bound.clone()),
            };
            let from = bound(Comparison::GreaterOrEqual, first);
            let to = bound(Comparison::LessOrEqual, last);
            let from = field(schema, &from, placeholders)?;
            format!("({from}) AND ({})", field(schema, &to, placeholders)?)
        }
        _ => super::filter::test(condition, placeholders)?,
    })
}

/// `attribute_type`, which takes DynamoDB's names of types.
pub(super) fn has_type(path: &str, name: &str, placeholders: &mut Placeholders) -> String {
    let name = placeholders.value(AttributeValue::S(name.to_owned()));
    format!("attribute_type({path}, {name})")
}

/// No item is without its key.
fn never(schema: &CollectionSchema, placeholders: &mut Placeholders) -> String {
    let key = placeholders.name(&schema.partition);
    format!("attribute_not_exists({key})")
}

/// Nothing where no value can compare so, as with lists and maps, which have no order.
pub(super) fn comparison_of(
    path: &FieldPath,
    comparison: Comparison,
    value: &Value,
    placeholders: &mut Placeholders,
) -> Result<Option<String>> {
    let place = placeholders.path(path.names());
    let operator = match comparison {
        Comparison::Equal | Comparison::NotEqual => {
            let encoded = value::encode(value, &mut Encoding::default())?;
            let encoded = placeholders.value(encoded);
            return Ok(Some(if comparison == Comparison::Equal {
                format!("{place} = {encoded}")
            } else {
                format!("attribute_exists({place}) AND {place} <> {encoded}")
            }));
        }
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    };
    Ok(match value {
        Value::Bool(flag) => booleans(&place, comparison, *flag, placeholders),
        Value::Timestamp(at) => {
            let mark = placeholders.name(TIMESTAMP);
            let micros = placeholders.value(super::row::number(at.as_micros()));
            Some(format!("{place}.{mark} {operator} {micros}"))
        }
        Value::Int(_) | Value::Float(_) | Value::String(_) | Value::Bytes(_) => {
            let encoded = value::encode(value, &mut Encoding::default())?;
            let encoded = placeholders.value(encoded);
            Some(format!("{place} {operator} {encoded}"))
        }
        _ => None,
    })
}

/// DynamoDB has no order of booleans: the ones that compare so are listed.
fn booleans(
    place: &str,
    comparison: Comparison,
    with: bool,
    placeholders: &mut Placeholders,
) -> Option<String> {
    let compares = |flag: bool| match comparison {
        Comparison::Less => !flag && with,
        Comparison::LessOrEqual => flag <= with,
        Comparison::Greater => flag && !with,
        Comparison::GreaterOrEqual => flag >= with,
        Comparison::Equal | Comparison::NotEqual => false,
    };
    let equal: Vec<String> = [false, true]
        .into_iter()
        .filter(|flag| compares(*flag))
        .map(|flag| {
            let flag = placeholders.value(AttributeValue::Bool(flag));
            format!("{place} = {flag}")
        })
        .collect();
    (!equal.is_empty()).then(|| equal.join(" OR "))
}
