//! Filters as conditions of the query language, which hold exactly where core's evaluation does.
//!
//! Every condition is true or false, never undefined, so that it may be negated: each comparison
//! asks for the type first. What cannot be said exactly is not native, and core tests it.

use isobar::document::{
    CollectionSchema, Comparison, FieldCondition, FieldPath, FieldTest, Filter, Value,
};
use isobar::driver::sortable;
use serde_json::Value as Json;

use super::name::Names;
use super::row::FORMAT;
use super::statement::Statement;
use super::value::{BYTES, INSTANT, ROUNDED, WHOLE, stored_nested};

/// Text below this has the same order by bytes as by UTF-16, whatever it is compared with.
const SURROGATES: u32 = 0xd800;

/// Whether Cosmos DB tests the filter exactly as [`Filter::matches`] does.
pub(super) fn is_native(schema: &CollectionSchema, filter: &Filter) -> bool {
    let names = Names { schema };
    filter.tests().into_iter().all(|condition| {
        has_plain_names(&names, &condition.path) && is_native_test(schema, &condition.test)
    })
}

/// Items of other code have the same names as they are, ours have not; and an id is escaped.
fn has_plain_names(names: &Names<'_>, path: &FieldPath) -> bool {
    let Some((first, rest)) = path.names().split_first() else {
        return false;
    };
    let is_plain = names.schema.adopted
        || (!names.is_carried(first)
            && names.property(first) == *first
            && rest.iter().all(|name| stored_nested(name) == *name));
    is_plain && names.sql_path(path.names()).is_some()
}

fn is_native_test(schema: &CollectionSchema, test: &FieldTest) -> bool {
    let equal = |value: &Value| match value {
        Value::Bytes(_) | Value::Timestamp(_) => !schema.adopted,
        value => plain(value).is_some(),
    };
    let ordered = |value: &Value| match value {
        Value::String(bound) => bound.chars().all(|c| u32::from(c) < SURROGATES),
        Value::Timestamp(_) => !schema.adopted,
        Value::Int(_) | Value::Float(_) => plain(value).is_some(),
        _ => false,
    };
    match test {
        FieldTest::Exists | FieldTest::Missing | FieldTest::IsNull => true,
        FieldTest::Compare(Comparison::Equal | Comparison::NotEqual, value) => equal(value),
        FieldTest::Compare(_, value) => ordered(value),
        FieldTest::Between(first, last) => ordered(first) && ordered(last),
        FieldTest::BeginsWith(prefix) => matches!(prefix, Value::String(_)),
        FieldTest::OneOf(values) => values.iter().all(equal),
        FieldTest::Contains(value) => plain(value).is_some(),
        _ => false,
    }
}

/// A value that is stored as it is, and of whose kind nothing that is marked is equal to it.
fn plain(value: &Value) -> Option<(&'static str, Json)> {
    #[expect(clippy::cast_precision_loss, reason = "a power of two")]
    const LEAST_ROUNDED: f64 = ROUNDED as f64;
    match value {
        Value::Bool(value) => Some(("IS_BOOL", (*value).into())),
        Value::Int(whole) if whole.unsigned_abs() < ROUNDED => Some(("IS_NUMBER", (*whole).into())),
        Value::Float(number) if number.abs() < LEAST_ROUNDED => {
            Some(("IS_NUMBER", (*number).into()))
        }
        Value::String(text) => Some(("IS_STRING", text.as_str().into())),
        _ => None,
    }
}

/// A native filter as a condition.
pub(super) fn condition(statement: &mut Statement, names: &Names<'_>, filter: &Filter) -> String {
    match filter {
        Filter::Field(test) => field_test(statement, names, test),
        Filter::All(parts) => joined(statement, names, (parts, " AND ")),
        Filter::Any(parts) => joined(statement, names, (parts, " OR ")),
        Filter::Not(part) => format!("(NOT {})", condition(statement, names, part)),
        // Nothing that is not known here is native.
        _ => "false".to_owned(),
    }
}

fn joined(
    statement: &mut Statement,
    names: &Names<'_>,
    (parts, word): (&[Filter], &str),
) -> String {
    let parts = parts.iter().map(|part| condition(statement, names, part));
    format!("({})", parts.collect::<Vec<_>>().join(word))
}

fn field_test(statement: &mut Statement, names: &Names<'_>, test: &FieldCondition) -> String {
    let Some(path) = names.sql_path(test.path.names()) else {
        return "false".to_owned();
    };
    let field = Field {
        path,
        is_adopted: names.schema.adopted,
    };
    let path = &field.path;
    match &test.test {
        FieldTest::Exists => format!("IS_DEFINED({path})"),
        FieldTest::Missing => format!("(NOT IS_DEFINED({path}))"),
        FieldTest::IsNull => format!("IS_NULL({path})"),
        FieldTest::Compare(Comparison::Equal, value) => field.equal(statement, value),
        FieldTest::Compare(Comparison::NotEqual, value) => {
            let equal = field.equal(statement, value);
            format!("(IS_DEFINED({path}) AND NOT {equal})")
        }
        FieldTest::Compare(comparison, value) => field.ordered(statement, *comparison, value),
        FieldTest::Between(first, last) => {
            let from = field.ordered(statement, Comparison::GreaterOrEqual, first);
            let to = field.ordered(statement, Comparison::LessOrEqual, last);
            format!("({from} AND {to})")
        }
        FieldTest::BeginsWith(Value::String(prefix)) => {
            let prefix = statement.place(prefix.as_str());
            format!("(IS_STRING({path}) AND STARTSWITH({path}, {prefix}))")
        }
        FieldTest::OneOf(values) => {
            let each = values.iter().map(|value| field.equal(statement, value));
            format!("({})", each.collect::<Vec<_>>().join(" OR "))
        }
        FieldTest::Contains(value) => field.contains(statement, value),
        _ => "false".to_owned(),
    }
}

struct Field {
    path: String,
    is_adopted: bool,
}

impl Field {
    fn equal(&self, statement: &mut Statement, value: &Value) -> String {
        let path = &self.path;
        if let Some((kind, value)) = plain(value) {
            let value = statement.place(value);
            return format!("({kind}({path}) AND {path} = {value})");
        }
        let (mark, text) = match value {
            Value::Bytes(bytes) => (BYTES, sortable::bytes(bytes)),
            Value::Timestamp(at) => (INSTANT, sortable::number(at.as_micros())),
            _ => return "false".to_owned(),
        };
        let text = statement.place(text);
        self.marked(mark, "=", &text)
    }

    fn ordered(&self, statement: &mut Statement, comparison: Comparison, value: &Value) -> String {
        let (path, operator) = (&self.path, operator(comparison));
        if let Value::Timestamp(at) = value {
            let text = statement.place(sortable::number(at.as_micros()));
            return self.marked(INSTANT, operator, &text);
        }
        let Some((kind, value)) = plain(value) else {
            return "false".to_owned();
        };
        let value = statement.place(value);
        let plain = format!("({kind}({path}) AND {path} {operator} {value})");
        if kind != "IS_NUMBER" || self.is_adopted {
            return plain;
        }
        // Whole numbers that are marked are beyond all that a native filter compares with.
        let zero = statement.place(sortable::number(0));
        let side = if operator.starts_with('>') { ">=" } else { "<" };
        format!("({plain} OR {})", self.marked(WHOLE, side, &zero))
    }

    /// A comparison with the text of a mark.
    fn marked(&self, mark: &str, operator: &str, text: &str) -> String {
        let path = &self.path;
        format!(
            "(IS_DEFINED(c.{FORMAT}) AND IS_STRING({path}.{mark}) AND {path}.{mark} {operator} {text})"
        )
    }

    fn contains(&self, statement: &mut Statement, value: &Value) -> String {
        let path = &self.path;
        let Some((kind, item)) = plain(value) else {
            return "false".to_owned();
        };
        let item = statement.place(item);
        let in_list = format!("(IS_ARRAY({path}) AND ARRAY_CONTAINS({path}, {item}))");
        if kind != "IS_STRING" {
            return in_list;
        }
        format!("({in_list} OR (IS_STRING({path}) AND CONTAINS({path}, {item})))")
    }
}

pub(super) fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}
