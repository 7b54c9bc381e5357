//! The removal of rows whose documents have expired.

use isobar::Result;
use isobar::document::{CollectionSchema, Timestamp};
use tokio_postgres::types::Type;

use super::PostgresStore;
use super::row::column;
use super::table::EXP;
use crate::statement::Statement;

/// Rows that one statement removes.
const ROWS: i64 = 1_000;

impl PostgresStore {
    /// Removes the rows of documents that expired before an instant, and says how many there were.
    ///
    /// An expired document is absent at once to every operation; this only gives its room back, so
    /// it may run at any time, in any process, or as the statement that the crate's README shows.
    /// The instant should be an hour ago or more, so that a clock that is set back brings nothing
    /// back to somebody who saw it expire. Rows that others have locked are left for the next time.
    pub async fn sweep(&self, schema: &CollectionSchema, before: Timestamp) -> Result<u64> {
        if schema.adopted {
            return Ok(0);
        }
        let table = self.table(schema)?;
        let mut statement = Statement::default();
        let name = &table.name;
        statement.push(&format!(
            "WITH gone AS (DELETE FROM {name} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {name} \
             WHERE {EXP} < "
        ));
        statement.value(before.as_seconds(), Type::INT8);
        statement.push(&format!(
            " ORDER BY {EXP} LIMIT {ROWS} FOR UPDATE SKIP LOCKED)) RETURNING 1) \
             SELECT count(*) FROM gone"
        ));
        let mut all = 0;
        loop {
            let rows = self.read(&statement).await?;
            let count = rows.first().map(|row| column::<i64>(row, 0)).transpose()?;
            let count = count.unwrap_or_default();
            all += count.unsigned_abs();
            if count < ROWS {
                return Ok(all);
            }
        }
    }
}
