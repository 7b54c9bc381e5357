//! One write: a statement that is right under concurrency by itself, or a short transaction.

use std::time::Duration;

use isobar::document::{Idempotency, Key};
use isobar::driver::document::{Action, Call, Existence, Record, Write, Written};
use isobar::driver::settle::{Attempt, Found, Outcome, WriteRequest, settle};
use isobar::driver::{Effect, Failure, contention_pause, overtaken};
use isobar::{Error, Result};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::PostgresStore;
use super::read::{PAUSE, RETRIES};
use super::row::{self, Content};
use super::table::{DOC, EXP, FORMAT, ORD, REV, Table, push_sort, push_version};
use crate::statement::Statement;

/// How often a write is tried whose condition held of what was found after it did not hold.
const ROUNDS: u32 = 24;

impl PostgresStore {
    pub(super) async fn write_one(&self, call: &Call<'_>, write: &Write) -> Result<Written> {
        if matches!(write.action, Action::Check) {
            return Err(Error::invalid("a check is part of a set of writes"));
        }
        if !is_one_statement(write) {
            let alone = |error, _| error;
            let written = self
                .write_together(call, std::slice::from_ref(write), alone)
                .await?;
            return Ok(written.into_iter().next().unwrap_or_default());
        }
        let table = self.table(call.schema)?;
        for round in 0..ROUNDS {
            let statement = statement(&table, call, write, write.existence)?;
            let mut request = Request {
                store: self,
                table: &table,
                call,
                write,
                statement,
                existed: false,
                guarded: false,
            };
            let outcome = settle(&mut request, None, self.budget.retries(RETRIES, PAUSE)).await?;
            let existed = request.existed;
            let Outcome::Refused(refusal) = outcome else {
                return Ok(Written {
                    existed: matches!(
                        (&write.action, &outcome),
                        (Action::Delete, Outcome::Applied(_))
                    )
                    .then_some(existed),
                    record: None,
                });
            };
            let live = refusal
                .row
                .as_ref()
                .filter(|record| record.is_live(call.now));
            write.judge(live).map_err(|error| refusal.mark(error))?;
            if refusal.earlier == Effect::Unknown || request.guarded {
                return Err(refusal.mark(overtaken()));
            }
            tokio::time::sleep(contention_pause(round)).await;
        }
        Err(overtaken())
    }
}

/// Whether the database can judge and do the write in one statement: a put or delete that asks at
/// most for existence and version, and need not be recognised for sure.
fn is_one_statement(write: &Write) -> bool {
    matches!(write.action, Action::Put { .. } | Action::Delete)
        && write.idempotency != Idempotency::Exact
        && write.condition.fields.is_empty()
        && (write.existence != Existence::Forbidden || matches!(write.action, Action::Put { .. }))
}

/// A write on its way to the server.
struct Request<'r> {
    store: &'r PostgresStore,
    table: &'r Table<'r>,
    call: &'r Call<'r>,
    write: &'r Write,
    statement: Statement,
    /// Whether a delete found a live document.
    existed: bool,
    /// Whether an upsert is sent on the condition that nothing is stored.
    guarded: bool,
}

impl Request<'_> {
    async fn attempt(&mut self) -> Result<Vec<Row>, Failure> {
        let lease = self.store.connections.lease().await;
        let mut lease = lease.map_err(|error| Failure {
            error,
            effect: Effect::None,
        })?;
        lease.query(&self.statement).await
    }

    async fn stored(&self) -> Result<Option<Record>> {
        self.store.read_one(self.table, &self.write.key).await
    }

    fn asks_nothing(&self) -> bool {
        self.write.existence == Existence::Any && self.write.condition.is_empty()
    }
}

impl WriteRequest for Request<'_> {
    type Row = Record;

    async fn send(&mut self) -> Attempt<Record> {
        let rows = match self.attempt().await {
            Ok(rows) => rows,
            Err(failure) => return Attempt::Failed(failure),
        };
        let applied = match rows.first() {
            Some(row) => row::column(row, 0).map(Some),
            None if matches!(self.write.action, Action::Delete) && self.asks_nothing() => {
                Ok(Some(false))
            }
            None => Ok(None),
        };
        match applied {
            Ok(Some(existed)) => {
                self.existed = existed;
                Attempt::Applied(None)
            }
            Ok(None) => match self.stored().await {
                Ok(record) => Attempt::Refused(record),
                Err(error) => Attempt::Failed(Failure {
                    error,
                    effect: Effect::None,
                }),
            },
            Err(error) => Attempt::Failed(Failure {
                error,
                effect: Effect::None,
            }),
        }
    }

    async fn look_back(&mut self) -> Found<Record> {
        if self.call.schema.adopted {
            return Found::Other;
        }
        let stored = match self.stored().await {
            Ok(stored) => stored,
            Err(error) => return Found::Unknown(error),
        };
        match (stored, &self.write.action) {
            // Under a condition, somebody else may have been the one to remove it.
            (None, Action::Delete) if self.write.condition.is_empty() => Found::Ours(None),
            (None, Action::Delete) => Found::Other,
            (None, _) => Found::Nothing,
            (Some(record), _) if self.is_ours(&record) => Found::Ours(Some(record)),
            (Some(_), _) => Found::Other,
        }
    }

    fn is_ours(&self, record: &Record) -> bool {
        !self.call.schema.adopted && record.version == self.write.version
    }

    fn is_once(&self) -> bool {
        let once = self.guarded
            || self.write.existence == Existence::Forbidden
            || self.write.condition.version.is_some();
        once && !self.call.schema.adopted
    }

    fn over_nothing(&mut self) -> bool {
        if !matches!(self.write.action, Action::Put { .. }) || !self.asks_nothing() {
            return false;
        }
        let forbidden = Existence::Forbidden;
        match statement(self.table, self.call, self.write, forbidden) {
            Ok(statement) => self.statement = statement,
            Err(_) => return false,
        }
        self.guarded = true;
        true
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

/// The statement, which gives one row where it was applied: whether the document existed, as far
/// as a delete is concerned.
fn statement(
    table: &Table<'_>,
    call: &Call<'_>,
    write: &Write,
    existence: Existence,
) -> Result<Statement> {
    let mut statement = Statement::default();
    let Action::Put { fields, expires_at } = &write.action else {
        push_delete(&mut statement, table, call, write);
        return Ok(statement);
    };
    let content = row::content(call.schema, fields, &write.version, *expires_at)?;
    if existence == Existence::Required || !write.condition.is_empty() {
        push_replace(&mut statement, table, call, write, content);
    } else {
        push_insert(&mut statement, table, &write.key, content);
        statement.push(&format!(" ON CONFLICT ({}) DO ", table.key_columns()));
        if existence == Existence::Forbidden && call.schema.adopted {
            statement.push("NOTHING");
        } else {
            let columns = own_columns(table).map(|column| format!("{column} = EXCLUDED.{column}"));
            statement.push(&format!(
                "UPDATE SET {}",
                columns.collect::<Vec<_>>().join(", ")
            ));
            if existence == Existence::Forbidden {
                // What has expired is not there, whenever its row is removed (rule R14).
                statement.push(&format!(" WHERE t.{EXP} <= "));
                statement.value(call.now.as_seconds(), Type::INT8);
            }
        }
        statement.push(" RETURNING false");
    }
    Ok(statement)
}

/// The columns of a row that are not its key.
fn own_columns(table: &Table<'_>) -> impl Iterator<Item = &'static str> {
    let reserved = if table.schema.adopted {
        &[][..]
    } else {
        &[REV, EXP, ORD, FORMAT]
    };
    std::iter::once(DOC).chain(reserved.iter().copied())
}

/// Adds an insert of one row, without what happens if there is one.
pub(super) fn push_insert(
    statement: &mut Statement,
    table: &Table<'_>,
    key: &Key,
    content: Content,
) {
    let columns = own_columns(table).collect::<Vec<_>>().join(", ");
    let (name, keys) = (&table.name, table.key_columns());
    statement.push(&format!(
        "INSERT INTO {name} AS t ({keys}, {columns}) VALUES ("
    ));
    statement.value(key.partition.clone(), Type::TEXT);
    if let Some(sort) = &key.sort {
        statement.push(", ");
        push_sort(statement, sort);
    }
    for place in places(statement, table, content) {
        statement.push(", ");
        statement.push(&place);
    }
    statement.push(")");
}

/// Adds an update of one row to this content, without its condition.
pub(super) fn push_update(statement: &mut Statement, table: &Table<'_>, content: Content) {
    statement.push(&format!("UPDATE {} AS t SET ", table.name));
    let places = places(statement, table, content);
    let assignments = own_columns(table).zip(places);
    let assignments = assignments.map(|(column, place)| format!("{column} = {place}"));
    statement.push(&assignments.collect::<Vec<_>>().join(", "));
    statement.push(" WHERE ");
}

fn places(statement: &mut Statement, table: &Table<'_>, content: Content) -> Vec<String> {
    let mut places = vec![statement.place(content.document, Type::JSONB)];
    if !table.schema.adopted {
        places.push(statement.place(content.rev, Type::TEXT));
        places.push(statement.place(content.exp, Type::INT8));
        places.push(statement.place(content.ord, Type::BYTEA));
        places.push(statement.place(content.format, Type::INT2));
    }
    places
}

fn push_replace(
    statement: &mut Statement,
    table: &Table<'_>,
    call: &Call<'_>,
    write: &Write,
    content: Content,
) {
    push_update(statement, table, content);
    table.push_key(statement, &write.key);
    table.push_live(statement, call.now);
    if let Some(version) = &write.condition.version {
        push_version(statement, version);
    }
    statement.push(" RETURNING false");
}

fn push_delete(statement: &mut Statement, table: &Table<'_>, call: &Call<'_>, write: &Write) {
    statement.push(&format!("DELETE FROM {} AS t WHERE ", table.name));
    table.push_key(statement, &write.key);
    if write.existence == Existence::Required || !write.condition.is_empty() {
        table.push_live(statement, call.now);
    }
    if let Some(version) = &write.condition.version {
        push_version(statement, version);
    }
    // Whether it was live.
    statement.push(" RETURNING true");
    table.push_live(statement, call.now);
}
