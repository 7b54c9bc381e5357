//! The log of what changed in a table: a table beside it, which a trigger fills.
//!
//! The trigger sees the writes of everybody, in the transaction of each, and after the row is
//! locked: the numbers of the changes of one row are in the order of its commits.

use isobar::Result;
use isobar::document::SortType;

use super::table::{EXP, Table, quoted, sort_column_type};

/// What a row of the log says.
pub(super) mod kind {
    /// Changes up to this one were removed from the log.
    pub(in super::super) const FORGOTTEN: i16 = 0;
    /// The document was stored.
    pub(in super::super) const STORED: i16 = 1;
    /// It was deleted.
    pub(in super::super) const DELETED: i16 = 2;
    /// It was deleted after it had expired.
    pub(in super::super) const EXPIRED: i16 = 3;
}

/// The log of a table and the function that fills it, as they stand in SQL.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) name: String,
    pub(super) function: String,
    trigger: String,
}

impl Log {
    /// `InvalidArgument` where PostgreSQL could not hold their names.
    pub(super) fn of(table: &Table<'_>) -> Result<Self> {
        let place = &table.place;
        let named = |suffix: &str| quoted("table", &format!("{}{suffix}", table.schema.table));
        Ok(Self {
            name: format!("{place}{}", named("_changes")?),
            function: format!("{place}{}", named("_changed")?),
            trigger: named("_changed")?,
        })
    }

    /// The statements that create the log, its function and the trigger.
    ///
    /// The function works with the rights of its owner, so that others who write to the table need
    /// none to the log; names are looked up nowhere but where the table is, and nobody else may make
    /// it the trigger of another table.
    pub(super) fn creation(&self, table: &Table<'_>) -> String {
        let Self {
            name,
            function,
            trigger,
        } = self;
        let text = sort_column_type(SortType::Str);
        let sort = table.sort.as_ref();
        let sort_column = sort.map_or_else(String::new, |(_, sort_type)| {
            format!("    sort {} NOT NULL,\n", sort_column_type(*sort_type))
        });
        let body = function_body(table);
        format!(
            "CREATE TABLE {name} (\n    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n    \
             xid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,\n    \
             at bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,\n    \
             kind smallint NOT NULL,\n{sort_column}    partition {text} NOT NULL\n);\n\
             CREATE INDEX ON {name} (xid);\n\
             CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\n\
             SET search_path = pg_catalog, pg_temp AS $isobar$\n{body}$isobar$;\n\
             CREATE TRIGGER {trigger} AFTER INSERT OR UPDATE OR DELETE ON {}\n    \
             FOR EACH ROW EXECUTE FUNCTION {function}();\n\
             REVOKE ALL ON FUNCTION {function}() FROM PUBLIC;\n",
            table.name
        )
    }
}

/// What the trigger does: a row that gets another key is one deleted and one stored.
fn function_body(table: &Table<'_>) -> String {
    let (stored, deleted, expired) = (kind::STORED, kind::DELETED, kind::EXPIRED);
    let removed = if table.schema.adopted {
        deleted.to_string()
    } else {
        format!(
            "CASE WHEN OLD.{EXP} <= extract(epoch FROM clock_timestamp()) \
             THEN {expired} ELSE {deleted} END"
        )
    };
    let key = |row: &str| match &table.sort {
        Some((sort, _)) => format!("{row}.{}, {row}.{sort}", table.partition),
        None => format!("{row}.{}", table.partition),
    };
    let (columns, places) = match &table.sort {
        Some(_) => ("kind, partition, sort", "$1, $2, $3"),
        None => ("kind, partition", "$1, $2"),
    };
    let (old, new) = (key("OLD"), key("NEW"));
    format!(
        "DECLARE\n    entry text := format('INSERT INTO %I.%I ({columns}) VALUES ({places})',\n        \
         TG_TABLE_SCHEMA, TG_TABLE_NAME || '_changes');\nBEGIN\n    \
         IF TG_OP = 'DELETE' THEN\n        EXECUTE entry USING {removed}, {old};\n    \
         ELSE\n        IF TG_OP = 'UPDATE' AND ROW({old}) IS DISTINCT FROM ROW({new}) THEN\n            \
         EXECUTE entry USING {deleted}, {old};\n        END IF;\n        \
         EXECUTE entry USING {stored}, {new};\n    END IF;\n    RETURN NULL;\nEND\n"
    )
}
