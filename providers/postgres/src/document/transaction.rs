//! Writes that read first, alone or together: one short transaction under the locks of their rows.
//!
//! The first round trip begins the transaction and locks the rows, the second writes and commits.
//! Where the answer to the commit is lost, the server is asked what became of the transaction
//! (`pg_xact_status`): it knows, whatever others have written since.

use std::collections::HashMap;

use isobar::document::{Idempotency, Key, Map, Version};
use isobar::driver::document::{Action, Call, Existence, Record, Write, Written};
use isobar::driver::{Effect, Failure, Retries, contention_pause, doubtful};
use isobar::{Error, ErrorKind, Result};
use tokio_postgres::types::Type;

use super::PostgresStore;
use super::read::{PAUSE, RETRIES, push_keys, records, same_key};
use super::row;
use super::table::Table;
use super::write::{push_insert, push_update};
use crate::error::UNIQUE_VIOLATION;
use crate::statement::Statement;

/// How often a transaction is tried again because others were in its way.
const ROUNDS: u32 = 24;

/// Rows by their keys, expired ones too.
type Rows = HashMap<Key, Record>;

/// What became of one attempt.
enum Answer {
    Committed(Vec<Written>),
    Final(Error),
    /// It failed; with what is in doubt, where it may have been committed.
    Failed(Failure, Option<InDoubt>),
}

/// A transaction whose commit was not answered.
struct InDoubt {
    /// The server's id of it.
    id: String,
    /// What it did if it was committed.
    written: Vec<Written>,
}

/// What became of a transaction, as the server says.
enum Fate {
    Committed(Vec<Written>),
    Aborted,
    /// It could not be asked for.
    Unknown,
}

/// A set of writes to one table.
struct Set<'s> {
    table: Table<'s>,
    call: &'s Call<'s>,
    writes: &'s [Write],
    /// Tells which write an error is about.
    at: fn(Error, usize) -> Error,
}

impl PostgresStore {
    /// All writes or none; what each did, in their order.
    pub(super) async fn write_together(
        &self,
        call: &Call<'_>,
        writes: &[Write],
        at: fn(Error, usize) -> Error,
    ) -> Result<Vec<Written>> {
        let set = Set {
            table: self.table(call.schema)?,
            call,
            writes,
            at,
        };
        let is_exact = writes
            .iter()
            .any(|write| write.idempotency == Idempotency::Exact);
        let times = if is_exact { u32::MAX } else { RETRIES };
        let mut retries = self.budget.retries(times, PAUSE);
        let mut round = 0;
        loop {
            let (Failure { error, effect }, in_doubt) = match self.attempt(&set).await {
                Answer::Committed(written) => {
                    retries.answered();
                    return Ok(written);
                }
                Answer::Final(error) => return Err(error),
                Answer::Failed(failure, in_doubt) => (failure, in_doubt),
            };
            let in_doubt = in_doubt.filter(|_| effect == Effect::Unknown);
            match self.fate(in_doubt, &mut retries).await {
                Fate::Committed(written) => return Ok(written),
                Fate::Unknown => return Err(doubtful(error, effect)),
                Fate::Aborted => {}
            }
            let pause = if is_conflict(&error) {
                round += 1;
                (round < ROUNDS).then(|| contention_pause(round))
            } else {
                error.retryable().then(|| retries.pause(&error)).flatten()
            };
            let Some(pause) = pause else {
                return Err(error);
            };
            tracing::debug!(%error, "a transaction is tried again");
            tokio::time::sleep(pause).await;
        }
    }

    /// Asks until the transaction has ended; its connection is lost, so that it soon does.
    async fn fate(&self, in_doubt: Option<InDoubt>, retries: &mut Retries<'_>) -> Fate {
        let Some(InDoubt { id, written }) = in_doubt else {
            return Fate::Aborted;
        };
        let mut statement = Statement::default();
        statement.push("SELECT pg_xact_status(");
        statement.value(id, Type::TEXT);
        statement.push("::xid8)");
        for round in 0.. {
            let asked = self.read(&statement).await.and_then(|rows| {
                let status = rows.first().map(|row| row::column(row, 0)).transpose()?;
                Ok(status.flatten())
            });
            let pause = match asked
                .as_ref()
                .map(|status: &Option<String>| status.as_deref())
            {
                Ok(Some("committed")) => return Fate::Committed(written),
                Ok(Some("aborted")) => return Fate::Aborted,
                Ok(Some("in progress")) => Some(contention_pause(round)),
                Ok(_) => None,
                Err(error) => error.retryable().then(|| retries.pause(error)).flatten(),
            };
            let Some(pause) = pause else {
                break;
            };
            tokio::time::sleep(pause).await;
        }
        Fate::Unknown
    }

    async fn attempt(&self, set: &Set<'_>) -> Answer {
        let unsent = |error| Failure {
            error,
            effect: Effect::None,
        };
        let mut lease = match self.connections.lease().await {
            Ok(lease) => lease,
            Err(error) => return Answer::Failed(unsent(error), None),
        };
        let (id, rows) = match lease.begin(&set.lock()).await {
            Ok((id, rows)) => (id, records(&set.table, &rows)),
            Err(failure) => return Answer::Failed(failure, None),
        };
        let (statements, written) = match rows.and_then(|rows| set.decide(&rows)) {
            Ok(decided) => decided,
            Err(error) => {
                lease.roll_back().await;
                return Answer::Final(error);
            }
        };
        match lease.commit(&statements).await {
            Ok(()) => Answer::Committed(written),
            Err(failure) => Answer::Failed(failure, Some(InDoubt { id, written })),
        }
    }
}

/// Whether others were in the way: by a lock, or by inserting a row that was not there.
fn is_conflict(error: &Error) -> bool {
    error.kind() == ErrorKind::Contention || error.provider_code() == Some(UNIQUE_VIOLATION)
}

impl Set<'_> {
    /// Reads the rows and locks them, in the order of their keys so that two sets wait for each
    /// other instead of crossing.
    fn lock(&self) -> Statement {
        let (table, keys) = (&self.table, self.writes.iter().map(|write| &write.key));
        let mut statement = Statement::default();
        statement.push(&format!("SELECT {} FROM ", table.columns()));
        push_keys(&mut statement, keys);
        statement.push(&format!(
            " JOIN {} t ON {} ORDER BY c0, c1 FOR UPDATE OF t",
            table.name,
            same_key(table)
        ));
        statement
    }

    /// Judges everything before anything is written; gives what is to be done, and what that does.
    fn decide(&self, rows: &Rows) -> Result<(Vec<Statement>, Vec<Written>)> {
        let mut statements: Vec<(&Key, Statement)> = Vec::new();
        let mut written = Vec::with_capacity(self.writes.len());
        for (index, write) in self.writes.iter().enumerate() {
            let row = rows.get(&write.key);
            let live = row.filter(|row| row.is_live(self.call.now));
            let decided = write.judge(live).and_then(|()| {
                let record = self.record(write, live)?;
                statements.extend(self.statements(write, row, record.as_ref())?);
                Ok(record)
            });
            let record = decided.map_err(|error| (self.at)(error, index))?;
            written.push(Written {
                existed: matches!(write.action, Action::Delete).then_some(live.is_some()),
                record: record.filter(|_| matches!(write.action, Action::Update { .. })),
            });
        }
        // Rows that are inserted are locked too, in the same order in every set.
        statements.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
        let statements = statements.into_iter().map(|(_, statement)| statement);
        Ok((statements.collect(), written))
    }

    /// The document that a write leaves, if any.
    fn record(&self, write: &Write, live: Option<&Record>) -> Result<Option<Record>> {
        match &write.action {
            Action::Put { fields, expires_at } => Ok(Some(Record {
                fields: fields.clone(),
                version: write.version.clone(),
                expires_at: *expires_at,
            })),
            Action::Update { .. } => {
                let schema = self.call.schema;
                let record = write.updated(schema, live)?;
                schema.check_fields(&record.fields, PostgresStore::LIMITS)?;
                Ok(Some(record))
            }
            Action::Delete | Action::Check => Ok(None),
        }
    }

    fn statements<'w>(
        &self,
        write: &'w Write,
        row: Option<&Record>,
        record: Option<&Record>,
    ) -> Result<Vec<(&'w Key, Statement)>> {
        let (table, key) = (&self.table, &write.key);
        let mut statements = Vec::new();
        if let Some(record) = record {
            let schema = self.call.schema;
            let (version, expires_at) = (&record.version, record.expires_at);
            let content = row::content(schema, &record.fields, version, expires_at)?;
            let mut statement = Statement::default();
            if row.is_some() {
                push_update(&mut statement, table, content);
                table.push_key(&mut statement, key);
            } else {
                push_insert(&mut statement, table, key, content);
            }
            statements.push(statement);
        }
        let is_gap = matches!(write.action, Action::Check)
            && write.existence == Existence::Forbidden
            && row.is_none();
        if is_gap {
            // A row that never becomes visible: whoever creates this document waits for us.
            let content = row::content(self.call.schema, &Map::new(), &Version::absent(), None)?;
            let mut statement = Statement::default();
            push_insert(&mut statement, table, key, content);
            statements.push(statement);
        }
        if is_gap || (matches!(write.action, Action::Delete) && row.is_some()) {
            let mut statement = Statement::default();
            statement.push(&format!("DELETE FROM {} AS t WHERE ", table.name));
            table.push_key(&mut statement, key);
            statements.push(statement);
        }
        Ok(statements
            .into_iter()
            .map(|statement| (key, statement))
            .collect())
    }
}

/// Keys in the order of their rows.
fn order(key: &Key) -> (&str, Option<&isobar::document::SortKey>) {
    (&key.partition, key.sort.as_ref())
}
