//! Declared indexes as partial indexes over expressions of the jsonb.
//!
//! A document is in an index where it has the index's fields, of the declared types and within the
//! limits of a key; the predicate says so, in the definition and in each query, so that a row of
//! other code that says otherwise is neither in the index nor in its way.

use isobar::document::{IndexSchema, SortKey, SortType};
use isobar::{Error, Result};
use tokio_postgres::types::Type;

use super::row::Json;
use super::table::{DOC, FORMAT, Table, quoted};
use super::value::stored_name;
use crate::statement::Statement;

/// A field of an index, as it stands in SQL.
#[derive(Debug)]
pub(super) struct IndexField {
    /// What is compared and ordered.
    pub(super) sql: String,
    /// What holds of the rows in the index.
    predicate: Option<String>,
    /// What holds of the documents in the index beyond that.
    beyond: Option<String>,
    /// Whether a number is compared as a jsonb.
    is_json: bool,
}

impl IndexField {
    /// The field of a row whose columns go by this prefix, `t.` or nothing.
    pub(super) fn of(table: &Table<'_>, prefix: &str, field: &str, sort_type: SortType) -> Self {
        let sort = table.schema.sort.as_ref().zip(table.sort.as_ref());
        let column = match sort {
            _ if table.schema.partition == field => Some(&table.partition),
            Some(((name, _), (column, _))) if name == field => Some(column),
            _ => None,
        };
        if let Some(column) = column {
            let collation = match sort_type {
                SortType::Str => " COLLATE \"C\"",
                SortType::I64 | SortType::Bytes => "",
            };
            return Self {
                sql: format!("{prefix}{column}{collation}"),
                predicate: None,
                beyond: None,
                is_json: false,
            };
        }
        let stored = if table.schema.adopted {
            field.into()
        } else {
            stored_name(field)
        };
        let name = literal(&stored);
        Self::of_document(&format!("{prefix}{DOC}"), prefix, &name, sort_type)
    }

    fn of_document(document: &str, prefix: &str, name: &str, sort_type: SortType) -> Self {
        let json = format!("({document} -> {name})");
        match sort_type {
            SortType::Str => Self {
                sql: format!("({document} ->> {name}) COLLATE \"C\""),
                predicate: Some(format!(
                    "jsonb_typeof({json}) = 'string' \
                     AND octet_length({document} ->> {name}) BETWEEN 1 AND 512"
                )),
                beyond: None,
                is_json: false,
            },
            // A jsonb compares as its number does; a cast could fail on what is no number.
            SortType::I64 => Self {
                predicate: Some(format!("jsonb_typeof({json}) = 'number'")),
                beyond: Some(format!(
                    "CASE WHEN jsonb_typeof({json}) = 'number' \
                     THEN {json}::numeric = trunc({json}::numeric) AND {json}::numeric \
                     BETWEEN -9223372036854775808 AND 9223372036854775807 ELSE false END"
                )),
                sql: json,
                is_json: true,
            },
            SortType::Bytes => Self {
                sql: format!(
                    "(CASE WHEN {prefix}{FORMAT} IS NOT NULL \
                     THEN decode({json} ->> '$b', 'base64') END)"
                ),
                predicate: Some(format!(
                    "{prefix}{FORMAT} IS NOT NULL AND jsonb_typeof({json}) = 'object' \
                     AND length({json} ->> '$b') BETWEEN 1 AND 684"
                )),
                beyond: None,
                is_json: false,
            },
        }
    }

    /// What holds of the documents in the index.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &str> {
        self.predicate
            .iter()
            .chain(&self.beyond)
            .map(String::as_str)
    }

    /// Adds a value to compare the field with.
    pub(super) fn place(&self, statement: &mut Statement, value: &SortKey) -> String {
        match value {
            SortKey::Str(text) => statement.place(text.clone(), Type::TEXT),
            SortKey::I64(number) if self.is_json => {
                let json = Json(number.to_string().into_bytes());
                statement.place(json, Type::JSONB)
            }
            SortKey::I64(number) => statement.place(*number, Type::INT8),
            SortKey::Bytes(bytes) => statement.place(bytes.to_vec(), Type::BYTEA),
        }
    }
}

/// The fields of an index, those it has: of its partition, and of its order.
pub(super) fn fields(
    table: &Table<'_>,
    prefix: &str,
    index: &IndexSchema,
) -> (Option<IndexField>, Option<IndexField>) {
    let partition = index.partition.as_ref();
    let partition = partition.map(|field| IndexField::of(table, prefix, field, SortType::Str));
    let sort = index.sort.as_ref();
    let sort = sort.map(|(field, sort_type)| IndexField::of(table, prefix, field, *sort_type));
    (partition, sort)
}

/// The name of an index, which is that of the table and its own.
pub(super) fn name(table: &Table<'_>, index: &IndexSchema) -> Result<String> {
    quoted("index", &format!("{}_{}", table.schema.table, index.name))
}

/// The statements that create an index. The comment tells it from one with another definition.
pub(super) fn creation(table: &Table<'_>, index: &IndexSchema) -> Result<String> {
    if table.schema.adopted && matches!(index.sort, Some((_, SortType::Bytes))) {
        let message = "an adopted table holds plain JSON, which has no bytes to be indexed by";
        return Err(Error::invalid(message));
    }
    let (partition, sort) = fields(table, "", index);
    let both = || partition.iter().chain(&sort);
    let mut columns: Vec<String> = both().map(|field| format!("({})", field.sql)).collect();
    columns.push(table.key_columns());
    let predicates: Vec<&str> = both()
        .filter_map(|field| field.predicate.as_deref())
        .collect();
    let predicate = if predicates.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", predicates.join(" AND "))
    };
    let (name, columns) = (name(table, index)?, columns.join(", "));
    let (place, table) = (&table.place, &table.name);
    Ok(format!(
        "CREATE INDEX {name} ON {table} ({columns}){predicate};\n\
         COMMENT ON INDEX {place}{name} IS {};\n",
        literal(&index.to_string()),
    ))
}

/// Text as a literal of SQL, whatever the server takes a backslash for in others.
pub(super) fn literal(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\'', "''");
    format!("E'{escaped}'")
}
