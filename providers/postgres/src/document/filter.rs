//! Filters as conditions of SQL, which hold exactly where core's own evaluation does.
//!
//! Every condition is true or false, never null, so that it may be negated. What cannot be said
//! exactly is not native, and core tests it.

use isobar::document::{
    CollectionSchema, Comparison, FieldCondition, FieldPath, FieldTest, Filter, SortType, Value,
};
use tokio_postgres::types::Type;

use super::row::Json;
use super::table::{DOC, FORMAT, Table};
use super::value::{plain, stored_name};
use crate::statement::Statement;

/// Whether the database tests the filter exactly as [`Filter::matches`] does.
pub(super) fn is_native(schema: &CollectionSchema, filter: &Filter) -> bool {
    filter.tests().into_iter().all(|condition| {
        has_plain_names(&condition.path)
            && !is_binary_key(schema, &condition.path)
            && is_native_test(schema, &condition.test)
    })
}

/// Rows of other code hold names that look like marks as they are, ours do not.
fn has_plain_names(path: &FieldPath) -> bool {
    let mut names = path.names().iter();
    names.all(|name| matches!(stored_name(name), std::borrow::Cow::Borrowed(_)))
}

fn is_binary_key(schema: &CollectionSchema, path: &FieldPath) -> bool {
    let binary = schema
        .sort
        .as_ref()
        .filter(|(_, sort_type)| *sort_type == SortType::Bytes);
    binary.is_some_and(|(field, _)| path.names().first() == Some(field))
}

fn is_native_test(schema: &CollectionSchema, test: &FieldTest) -> bool {
    let is_ordered = |value: &Value| match value {
        Value::Timestamp(_) => !schema.adopted,
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => {
            plain(value).is_some()
        }
        _ => false,
    };
    match test {
        FieldTest::Exists | FieldTest::Missing | FieldTest::IsNull => true,
        FieldTest::Compare(Comparison::Equal | Comparison::NotEqual, value) => {
            is_ordered(value) || plain(value).is_some()
        }
        FieldTest::Compare(_, value) => is_ordered(value),
        FieldTest::Between(first, last) => is_ordered(first) && is_ordered(last),
        FieldTest::BeginsWith(prefix) => {
            matches!(prefix, Value::String(_)) && plain(prefix).is_some()
        }
        FieldTest::OneOf(values) => values.iter().all(|value| plain(value).is_some()),
        FieldTest::Contains(value) => plain(value).is_some(),
        _ => false,
    }
}

/// Adds a native filter as a condition on the row `t`.
pub(super) fn push_filter(statement: &mut Statement, table: &Table<'_>, filter: &Filter) {
    match filter {
        Filter::Field(condition) => {
            let sql = field_test(statement, table, condition);
            statement.push(&sql);
        }
        Filter::All(parts) => push_all(statement, table, (parts, " AND ")),
        Filter::Any(parts) => push_all(statement, table, (parts, " OR ")),
        Filter::Not(part) => {
            statement.push("NOT (");
            push_filter(statement, table, part);
            statement.push(")");
        }
        // Nothing that is not known here is native.
        _ => statement.push("false"),
    }
}

fn push_all(statement: &mut Statement, table: &Table<'_>, (parts, word): (&[Filter], &str)) {
    statement.push("(");
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            statement.push(word);
        }
        push_filter(statement, table, part);
    }
    statement.push(")");
}

/// A field as a jsonb that is null where the field is not there, and what tells that its row has
/// marks.
struct Field<'f> {
    sql: String,
    marked: &'f str,
}

fn field_test(statement: &mut Statement, table: &Table<'_>, condition: &FieldCondition) -> String {
    let is_marked = format!("t.{FORMAT} IS NOT NULL");
    let field = Field {
        sql: field_of(statement, table, &condition.path),
        marked: if table.schema.adopted {
            "false"
        } else {
            &is_marked
        },
    };
    let sql = &field.sql;
    match &condition.test {
        FieldTest::Exists => format!("{sql} IS NOT NULL"),
        FieldTest::Missing => format!("{sql} IS NULL"),
        FieldTest::IsNull => format!("coalesce({sql} = 'null'::jsonb, false)"),
        FieldTest::Compare(comparison, value) => field.compare(statement, *comparison, value),
        FieldTest::Between(first, last) => {
            let from = field.compare(statement, Comparison::GreaterOrEqual, first);
            let to = field.compare(statement, Comparison::LessOrEqual, last);
            format!("({from} AND {to})")
        }
        FieldTest::BeginsWith(Value::String(prefix)) => field.text(
            statement,
            prefix,
            |text, prefix| format!("starts_with({text}, {prefix})"),
            |bytes, prefix| format!("substr({bytes}, 1, octet_length({prefix})) = {prefix}"),
        ),
        FieldTest::OneOf(values) => {
            let values: Vec<Json> = values.iter().filter_map(plain).map(Json).collect();
            let values = statement.place(values, Type::JSONB_ARRAY);
            format!("coalesce({sql} = ANY({values}), false)")
        }
        FieldTest::Contains(value) => field.contains(statement, value),
        _ => "false".to_owned(),
    }
}

fn field_of(statement: &mut Statement, table: &Table<'_>, path: &FieldPath) -> String {
    let schema = table.schema;
    let (first, rest) = match path.names().split_first() {
        Some((first, rest)) => (first.as_str(), rest),
        None => ("", &[][..]),
    };
    let mut sql = match &table.sort {
        _ if first == schema.partition => format!("to_jsonb(t.{})", table.partition),
        Some((column, _)) if schema.is_key_field(first) => format!("to_jsonb(t.{column})"),
        _ => {
            let name = statement.place(first.to_owned(), Type::TEXT);
            format!("(t.{DOC} -> {name})")
        }
    };
    for name in rest {
        let name = statement.place(name.clone(), Type::TEXT);
        sql = format!("({sql} -> {name})");
    }
    sql
}

impl Field<'_> {
    fn compare(&self, statement: &mut Statement, comparison: Comparison, value: &Value) -> String {
        let (sql, operator) = (&self.sql, operator(comparison));
        if let Value::Timestamp(at) = value {
            let compared = self.timestamp(statement, operator, at.as_micros());
            return match comparison {
                Comparison::NotEqual => format!("({sql} IS NOT NULL AND NOT {compared})"),
                _ => compared,
            };
        }
        let json = Json(plain(value).unwrap_or_default());
        match (comparison, value) {
            (Comparison::Equal | Comparison::NotEqual, _) => {
                let value = statement.place(json, Type::JSONB);
                format!("coalesce({sql} {operator} {value}, false)")
            }
            (_, Value::String(text)) => self.text(
                statement,
                text,
                |found, value| format!("{found} COLLATE \"C\" {operator} {value}"),
                |found, value| format!("{found} {operator} {value}"),
            ),
            (_, value) => {
                let kind = match value {
                    Value::Bool(_) => "boolean",
                    _ => "number",
                };
                let value = statement.place(json, Type::JSONB);
                format!(
                    "coalesce(jsonb_typeof({sql}) = '{kind}' AND {sql} {operator} {value}, false)"
                )
            }
        }
    }

    /// A comparison of an instant; for "not equal", whether it is equal.
    fn timestamp(&self, statement: &mut Statement, operator: &str, micros: i64) -> String {
        let (sql, marked) = (&self.sql, self.marked);
        let operator = if operator == "<>" { "=" } else { operator };
        let micros = statement.place(micros, Type::INT8);
        format!(
            "CASE WHEN {marked} AND jsonb_typeof({sql}) = 'object' AND {sql} ? '$ts' \
             THEN ({sql} ->> '$ts')::numeric {operator} {micros} ELSE false END"
        )
    }

    /// A test of text: of plain text, and of the bytes of text with NUL.
    fn text(
        &self,
        statement: &mut Statement,
        value: &str,
        of_text: impl Fn(&str, &str) -> String,
        of_bytes: impl Fn(&str, &str) -> String,
    ) -> String {
        let (sql, marked) = (&self.sql, self.marked);
        let text = statement.place(value.to_owned(), Type::TEXT);
        let bytes = statement.place(value.as_bytes().to_vec(), Type::BYTEA);
        let of_text = of_text(&format!("({sql} #>> '{{}}')"), &text);
        let of_bytes = of_bytes(&format!("decode({sql} ->> '$t', 'escape')"), &bytes);
        format!(
            "CASE WHEN jsonb_typeof({sql}) = 'string' THEN {of_text} \
             WHEN {marked} AND jsonb_typeof({sql}) = 'object' AND {sql} ? '$t' THEN {of_bytes} \
             ELSE false END"
        )
    }

    fn contains(&self, statement: &mut Statement, value: &Value) -> String {
        let sql = &self.sql;
        let item = statement.place(Json(plain(value).unwrap_or_default()), Type::JSONB);
        let in_list = format!(
            "CASE WHEN jsonb_typeof({sql}) = 'array' THEN EXISTS \
             (SELECT FROM jsonb_array_elements({sql}) AS e(v) WHERE e.v = {item}) ELSE false END"
        );
        let Value::String(part) = value else {
            return in_list;
        };
        let in_text = self.text(
            statement,
            part,
            |text, part| format!("position({part} IN {text}) > 0"),
            |bytes, part| format!("position({part} IN {bytes}) > 0"),
        );
        format!("({in_list} OR {in_text})")
    }
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}
