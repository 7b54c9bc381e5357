//! Tables: their definition in SQL, their creation for development, and a check of what is there.

use std::fmt::Write as _;

use isobar::document::{ChangeFeed, CollectionSchema, IndexSchema, SortType};
use isobar::driver::Failure;
use isobar::{Error, Result};
use tokio_postgres::types::Type;

use super::log::Log;
use super::row::column;
use super::table::{DOC, EXP, RESERVED, Table, quoted, sort_column_type};
use super::{PostgresStore, index};
use crate::error::{DUPLICATE_TABLE, UNIQUE_VIOLATION};
use crate::statement::Statement;

/// Who owns the tables, and who works with what is in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// The role that creates and changes tables; it should not be the one of a running process.
    pub schema: String,
    /// The role of the processes, which may only read and write rows.
    pub runtime: String,
}

/// The definition of a collection's table as SQL, to be run by a member of the schema role.
///
/// `place` is the schema (in the sense of SQL) of the table, where it is not the first of the
/// search path. An adopted table is other code's: only the rights to it are defined, and no index;
/// but where its changes are read, a trigger on it.
/// Fails with `InvalidArgument` on names that PostgreSQL cannot hold.
///
/// ```
/// use isobar::document::{CollectionSpec, SortType};
/// use isobar_postgres::{Roles, definition};
///
/// struct Note;
/// const NOTES: CollectionSpec<Note> =
///     CollectionSpec::new("notes").partition("owner").sort("id", SortType::Str);
///
/// let roles = Roles { schema: "notes_owner".to_owned(), runtime: "notes_app".to_owned() };
/// let sql = definition(&NOTES.schema(""), None, &roles)?;
/// assert!(sql.starts_with("CREATE TABLE \"notes\" ("));
/// assert!(sql.ends_with("GRANT SELECT, INSERT, UPDATE, DELETE ON \"notes\" TO \"notes_app\";\n"));
/// # Ok::<(), isobar::Error>(())
/// ```
pub fn definition(schema: &CollectionSchema, place: Option<&str>, roles: &Roles) -> Result<String> {
    let table = Table::of(schema, place)?;
    let owner = quoted("role", &roles.schema)?;
    let runtime = quoted("role", &roles.runtime)?;
    let name = &table.name;
    let mut sql = String::new();
    if !schema.adopted {
        sql.push_str(&creation(&table));
        for index in &schema.indexes {
            sql.push_str(&index::creation(&table, index)?);
        }
        let _ = writeln!(sql, "ALTER TABLE {name} OWNER TO {owner};");
    }
    if schema.change_feed == ChangeFeed::Declared {
        let log = Log::of(&table)?;
        sql.push_str(&log.creation(&table));
        let Log { name, function, .. } = log;
        let _ = writeln!(
            sql,
            "ALTER TABLE {name} OWNER TO {owner};\nALTER FUNCTION {function}() OWNER TO {owner};\n\
             GRANT SELECT, UPDATE, DELETE ON {name} TO {runtime};"
        );
    }
    let _ = writeln!(
        sql,
        "GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {runtime};"
    );
    Ok(sql)
}

/// The statements that create a table and its index.
fn creation(table: &Table<'_>) -> String {
    let name = &table.name;
    let columns = columns(table);
    let columns = columns.iter().map(|(column, sql_type)| {
        let column = quoted("column", column).unwrap_or_default();
        let nullable = RESERVED
            .iter()
            .any(|(reserved, _)| format!("\"{reserved}\"") == column);
        let constraint = if nullable { "" } else { " NOT NULL" };
        format!("    {column} {sql_type}{constraint},\n")
    });
    let mut sql = format!(
        "CREATE TABLE {name} (\n{}    PRIMARY KEY ({})\n);\n",
        columns.collect::<String>(),
        table.key_columns(),
    );
    if !table.schema.adopted {
        let _ = writeln!(
            sql,
            "CREATE INDEX ON {name} ({EXP}) WHERE {EXP} IS NOT NULL;"
        );
    }
    sql
}

/// The columns that a collection's table has, with their types.
fn columns(table: &Table<'_>) -> Vec<(String, &'static str)> {
    let schema = table.schema;
    let text = sort_column_type(SortType::Str);
    let mut columns = vec![(schema.partition.clone(), text)];
    if let Some((field, sort_type)) = &schema.sort {
        columns.push((field.clone(), sort_column_type(*sort_type)));
    }
    columns.push((DOC.to_owned(), "jsonb"));
    if !schema.adopted {
        let reserved = RESERVED.map(|(name, sql_type)| (name.to_owned(), sql_type));
        columns.extend(reserved);
    }
    columns
}

impl PostgresStore {
    pub(super) async fn ensure_table(&self, schema: &CollectionSchema) -> Result<()> {
        let table = self.table(schema)?;
        let mut found = self.found(&table).await?;
        if found.is_empty() {
            self.run(&creation(&table)).await?;
            found = self.found(&table).await?;
        }
        check(&table, &found)?;
        for index in &schema.indexes {
            self.ensure_index(&table, index).await?;
        }
        if schema.change_feed == ChangeFeed::Declared {
            self.ensure_log(&table).await?;
        }
        Ok(())
    }

    async fn ensure_log(&self, table: &Table<'_>) -> Result<()> {
        let log = Log::of(table)?;
        let mut statement = Statement::default();
        statement.push("SELECT to_regclass(");
        statement.value(log.name.clone(), Type::TEXT);
        statement.push(") IS NOT NULL");
        let rows = self.read(&statement).await?;
        match rows.first().map(|row| column(row, 0)).transpose()? {
            Some(true) => Ok(()),
            _ => self.run(&log.creation(table)).await,
        }
    }

    /// Creates an index where it is missing, and refuses one that has another definition.
    async fn ensure_index(&self, table: &Table<'_>, index: &IndexSchema) -> Result<()> {
        let mut comment = self.comment(table, index).await?;
        if comment.is_none() {
            self.run(&index::creation(table, index)?).await?;
            comment = self.comment(table, index).await?;
        }
        if comment.flatten() == Some(index.to_string()) {
            return Ok(());
        }
        let name = index::name(table, index)?;
        Err(Error::invalid(format!(
            "the index {name} exists with another definition than the collection declares: drop it"
        )))
    }

    /// The comment on an index, if there is such an index and it has one.
    async fn comment(
        &self,
        table: &Table<'_>,
        index: &IndexSchema,
    ) -> Result<Option<Option<String>>> {
        let mut statement = Statement::default();
        let name = format!("{}{}", table.place, index::name(table, index)?);
        let place = statement.place(name, Type::TEXT);
        statement.push(&format!(
            "SELECT obj_description(to_regclass({place}), 'pg_class') \
             WHERE to_regclass({place}) IS NOT NULL"
        ));
        let rows = self.read(&statement).await?;
        rows.first().map(|row| column(row, 0)).transpose()
    }

    /// Runs statements that create something, in one transaction.
    async fn run(&self, sql: &str) -> Result<()> {
        let mut lease = self.connections.lease().await?;
        match lease.batch(sql).await {
            Ok(()) => Ok(()),
            // Somebody else creates it at the same time, which the catalogue's own index notices.
            Err(Failure { error, .. })
                if matches!(
                    error.provider_code(),
                    Some(DUPLICATE_TABLE | UNIQUE_VIOLATION)
                ) =>
            {
                Ok(())
            }
            Err(failure) => Err(failure.error),
        }
    }

    /// The columns of the table that is there; none where there is none.
    async fn found(&self, table: &Table<'_>) -> Result<Vec<(String, String)>> {
        let mut statement = Statement::default();
        statement.push(
            "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod) || \
             CASE WHEN c.collname = 'C' THEN ' COLLATE \"C\"' ELSE '' END \
             FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation \
             WHERE a.attrelid = to_regclass(",
        );
        statement.value(table.name.clone(), Type::TEXT);
        statement.push(") AND a.attnum > 0 AND NOT a.attisdropped");
        let rows = self.read(&statement).await?;
        let columns = rows
            .iter()
            .map(|row| Ok((column(row, 0)?, column(row, 1)?)));
        columns.collect()
    }
}

/// Refuses a table with other columns than the collection needs, before the first document meets
/// it. The text columns of an adopted table may be of any length and order.
fn check(table: &Table<'_>, found: &[(String, String)]) -> Result<()> {
    let text = sort_column_type(SortType::Str);
    for (name, declared) in columns(table) {
        let there = found.iter().find(|(column, _)| *column == name);
        let there = there.map(|(_, sql_type)| sql_type.as_str());
        let fits = match there {
            None => false,
            Some(sql_type) if table.schema.adopted && declared == text => {
                sql_type.starts_with("text") || sql_type.starts_with("character varying")
            }
            Some(sql_type) => {
                sql_type.trim_end() == declared || {
                    table.schema.adopted && name == DOC && sql_type == "json"
                }
            }
        };
        if !fits {
            let there = there.unwrap_or("missing");
            return Err(Error::invalid(format!(
                "the table {:?} exists, but its column {name:?} is {there} and not {declared}",
                table.schema.table
            )));
        }
    }
    Ok(())
}
