//! The table of a collection: its names, safely quoted, and its columns.

use isobar::document::{CollectionSchema, Key, SortKey, SortType, Timestamp, Version};
use isobar::{Error, Result};
use tokio_postgres::types::Type;

use crate::statement::Statement;

/// The document without its key fields, a jsonb.
pub(super) const DOC: &str = "_doc";
/// The version, a text (rule R8).
pub(super) const REV: &str = "_rev";
/// The expiry, a bigint of seconds since the epoch (R14).
pub(super) const EXP: &str = "_exp";
/// The order of map entries, a bytea as [`map_order`](isobar::driver::map_order) records it (R20).
pub(super) const ORD: &str = "_ord";
/// The format of the document, a smallint, where it uses more than plain JSON (R24).
pub(super) const FORMAT: &str = "_v";

/// The reserved columns of a table of ours, and their types.
pub(super) const RESERVED: [(&str, &str); 4] = [
    (REV, "text"),
    (EXP, "bigint"),
    (ORD, "bytea"),
    (FORMAT, "smallint"),
];

/// PostgreSQL cuts longer names off without an error, so that two tables could become one
/// ("Identifiers and Key Words").
const NAME_BYTES: usize = 63;
/// No column may be called so ("System Columns").
const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// A table with its names as they stand in SQL.
#[derive(Debug)]
pub(super) struct Table<'s> {
    pub(super) schema: &'s CollectionSchema,
    /// The schema of the table with a dot behind, or nothing.
    pub(super) place: String,
    /// The table, in its schema where that was given.
    pub(super) name: String,
    /// The key columns.
    pub(super) partition: String,
    pub(super) sort: Option<(String, SortType)>,
}

impl<'s> Table<'s> {
    /// `InvalidArgument` where PostgreSQL could not hold a table or columns of these names.
    pub(super) fn of(schema: &'s CollectionSchema, place: Option<&str>) -> Result<Self> {
        let place = match place {
            Some(place) => format!("{}.", quoted("schema", place)?),
            None => String::new(),
        };
        let name = format!("{place}{}", quoted("table", &schema.table)?);
        let sort = schema.sort.as_ref();
        Ok(Self {
            schema,
            place,
            name,
            partition: key_column(&schema.partition)?,
            sort: sort
                .map(|(field, sort_type)| Ok::<_, Error>((key_column(field)?, *sort_type)))
                .transpose()?,
        })
    }

    /// The key columns as a list.
    pub(super) fn key_columns(&self) -> String {
        match &self.sort {
            Some((sort, _)) => format!("{}, {sort}", self.partition),
            None => self.partition.clone(),
        }
    }

    /// What is read of a row `t`, in the order in which [`row`](super::row) takes it; under names
    /// that no key field can meet.
    pub(super) fn columns(&self) -> String {
        let [rev, exp, ord, format] = if self.schema.adopted {
            RESERVED.map(|(_, sql_type)| format!("NULL::{sql_type}"))
        } else {
            RESERVED.map(|(name, _)| format!("t.{name}"))
        };
        let partition = &self.partition;
        let sort = match &self.sort {
            Some((sort, _)) => format!("t.{sort}"),
            None => "NULL::text".to_owned(),
        };
        format!(
            "t.{partition} AS c0, {sort} AS c1, t.{DOC} AS c2, {rev} AS c3, {exp} AS c4, \
             {ord} AS c5, {format} AS c6"
        )
    }

    /// Adds the condition that a row of `t` has this key.
    pub(super) fn push_key(&self, statement: &mut Statement, key: &Key) {
        statement.push(&format!("t.{} = ", self.partition));
        statement.value(key.partition.clone(), Type::TEXT);
        if let (Some((name, _)), Some(sort)) = (&self.sort, &key.sort) {
            statement.push(&format!(" AND t.{name} = "));
            push_sort(statement, sort);
        }
    }

    /// Adds the condition that a row of `t` exists at `now` (rule R14).
    pub(super) fn push_live(&self, statement: &mut Statement, now: Timestamp) {
        if self.schema.adopted {
            statement.push(" AND true");
            return;
        }
        statement.push(&format!(" AND (t.{EXP} IS NULL OR t.{EXP} > "));
        statement.value(now.as_seconds(), Type::INT8);
        statement.push(")");
    }
}

/// Adds the condition that a row of `t` has this version.
pub(super) fn push_version(statement: &mut Statement, version: &Version) {
    statement.push(&format!(" AND t.{REV} IS NOT DISTINCT FROM "));
    statement.value(stored_version(version), Type::TEXT);
}

/// The version as it is stored: nothing where it is the one of a row that carries none.
pub(super) fn stored_version(version: &Version) -> Option<String> {
    (!version.is_absent()).then(|| version.as_str().to_owned())
}

/// Adds a sort key as a value.
pub(super) fn push_sort(statement: &mut Statement, sort: &SortKey) {
    match sort {
        SortKey::Str(text) => statement.value(text.clone(), Type::TEXT),
        SortKey::I64(number) => statement.value(*number, Type::INT8),
        SortKey::Bytes(bytes) => statement.value(bytes.to_vec(), Type::BYTEA),
    }
}

/// The type of a key column in SQL, ordered by bytes or as a number.
pub(super) fn sort_column_type(sort_type: SortType) -> &'static str {
    match sort_type {
        SortType::Str => "text COLLATE \"C\"",
        SortType::I64 => "bigint",
        SortType::Bytes => "bytea",
    }
}

fn key_column(field: &str) -> Result<String> {
    if field == DOC || SYSTEM_COLUMNS.contains(&field) {
        return Err(Error::invalid(format!(
            "the key field {field:?} has the name of a column that PostgreSQL or the store needs"
        )));
    }
    quoted("key field", field)
}

/// A name as an identifier of SQL; quotes in it are doubled ("Identifiers and Key Words").
pub(super) fn quoted(what: &str, name: &str) -> Result<String> {
    if name.is_empty() || name.contains('\0') || name.len() > NAME_BYTES {
        return Err(Error::invalid(format!(
            "the {what} {name:?} cannot be a name in PostgreSQL, which takes 1 to {NAME_BYTES} \
             bytes without NUL"
        )));
    }
    Ok(format!("\"{}\"", name.replace('"', "\"\"")))
}

#[cfg(test)]
mod tests;
