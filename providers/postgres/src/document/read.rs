//! Reads by key and by many keys.

use std::collections::HashMap;
use std::time::Duration;

use isobar::Result;
use isobar::document::{Key, SortKey};
use isobar::driver::document::Record;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::PostgresStore;
use super::row;
use super::table::Table;
use crate::statement::Statement;

/// How often a request is sent again, and after how long at most the first time.
pub(super) const RETRIES: u32 = 3;
pub(super) const PAUSE: Duration = Duration::from_millis(50);

impl PostgresStore {
    /// The document of a row, expired or not.
    pub(super) async fn read_one(&self, table: &Table<'_>, key: &Key) -> Result<Option<Record>> {
        let mut statement = Statement::default();
        statement.push(&format!(
            "SELECT {} FROM {} t WHERE ",
            table.columns(),
            table.name
        ));
        table.push_key(&mut statement, key);
        let rows = self.read(&statement).await?;
        let record = rows.first().map(|row| row::record(table.schema, key, row));
        record.transpose()
    }

    /// The documents of rows, expired or not.
    pub(super) async fn read_many(
        &self,
        table: &Table<'_>,
        keys: &[Key],
    ) -> Result<HashMap<Key, Record>> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let mut statement = Statement::default();
        statement.push(&format!("SELECT {} FROM ", table.columns()));
        push_keys(&mut statement, keys.iter());
        statement.push(&format!(" JOIN {} t ON {}", table.name, same_key(table)));
        records(table, &self.read(&statement).await?)
    }

    /// Asks until there is an answer: a read may be asked twice.
    pub(super) async fn read(&self, statement: &Statement) -> Result<Vec<Row>> {
        let mut retries = self.budget.retries(RETRIES, PAUSE);
        loop {
            let error = match self.ask(statement).await {
                Ok(rows) => {
                    retries.answered();
                    return Ok(rows);
                }
                Err(error) => error,
            };
            tokio::time::sleep(retries.pause_or(error)?).await;
        }
    }

    async fn ask(&self, statement: &Statement) -> Result<Vec<Row>> {
        let mut lease = self.connections.lease().await?;
        lease
            .query(statement)
            .await
            .map_err(|failure| failure.error)
    }
}

/// The documents of rows by their keys.
pub(super) fn records(table: &Table<'_>, rows: &[Row]) -> Result<HashMap<Key, Record>> {
    let keyed = rows.iter().map(|row| {
        let key = row::key(table.schema, row)?;
        let record = row::record(table.schema, &key, row)?;
        Ok((key, record))
    });
    keyed.collect()
}

/// Adds keys as a table `k` of the columns `p` and `s`.
pub(super) fn push_keys<'k>(statement: &mut Statement, keys: impl Iterator<Item = &'k Key>) {
    let (mut partitions, mut sorts) = (Vec::new(), Vec::new());
    for key in keys {
        partitions.push(key.partition.clone());
        sorts.extend(key.sort.clone());
    }
    statement.push("unnest(");
    statement.value(partitions, Type::TEXT_ARRAY);
    if sorts.is_empty() {
        statement.push(") AS k(p)");
    } else {
        statement.push(", ");
        push_sorts(statement, sorts);
        statement.push(") AS k(p, s)");
    }
}

/// Adds sort keys of one type as an array.
pub(super) fn push_sorts(statement: &mut Statement, sorts: Vec<SortKey>) {
    let (mut texts, mut numbers, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    for sort in sorts {
        match sort {
            SortKey::Str(text) => texts.push(text),
            SortKey::I64(number) => numbers.push(number),
            SortKey::Bytes(content) => bytes.push(content.to_vec()),
        }
    }
    if !numbers.is_empty() {
        statement.value(numbers, Type::INT8_ARRAY);
    } else if !bytes.is_empty() {
        statement.value(bytes, Type::BYTEA_ARRAY);
    } else {
        statement.value(texts, Type::TEXT_ARRAY);
    }
}

/// That a row of `t` has the key of a row of `k`.
pub(super) fn same_key(table: &Table<'_>) -> String {
    match &table.sort {
        Some((sort, _)) => format!("t.{} = k.p AND t.{sort} = k.s", table.partition),
        None => format!("t.{} = k.p", table.partition),
    }
}
