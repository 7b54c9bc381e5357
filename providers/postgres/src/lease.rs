//! One connection in use: whatever happens to the call that uses it, nobody meets its remains.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Object;
use futures_util::future::{join, join_all, join3};
use isobar::driver::{Effect, Failure};
use isobar::{Error, ErrorKind};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio_postgres::Row;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{failure, is_lost};
use crate::pool::Connections;
use crate::statement::Statement;

/// How long the request to cancel a statement may take.
const CANCEL: Duration = Duration::from_secs(2);

/// A connection with the right to have it.
#[derive(Debug)]
pub(crate) struct Connection {
    object: Object,
    turn: OwnedSemaphorePermit,
}

impl Connection {
    pub(crate) fn new(object: Object, turn: OwnedSemaphorePermit) -> Self {
        Self { object, turn }
    }

    pub(crate) fn close(self) {
        let Self { object, turn } = self;
        drop(Object::take(object));
        drop(turn);
    }
}

/// A connection in use.
///
/// Every statement is parsed, bound and executed in one round trip, without a name, so that a
/// pooler which hands out servers by the transaction may stand between. A lease that is dropped in
/// the middle of something, because its call was given up, cancels what runs and closes the
/// connection, which undoes what was not committed.
#[derive(Debug)]
pub(crate) struct Lease {
    connection: Option<Connection>,
    home: Arc<Connections>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Free,
    /// The server works on something.
    Busy,
    /// In a transaction, and the server waits.
    Open,
    Lost,
}

impl Lease {
    pub(crate) fn new(connection: Connection, home: Arc<Connections>) -> Self {
        Self {
            connection: Some(connection),
            home,
            state: State::Free,
        }
    }

    /// Runs one statement by itself.
    pub(crate) async fn query(&mut self, statement: &Statement) -> Result<Vec<Row>, Failure> {
        let ended = self.client()?.query(statement).await;
        self.after(State::Free, ended)
    }

    /// Runs some statements that have no parameters, as one transaction.
    pub(crate) async fn batch(&mut self, statements: &str) -> Result<(), Failure> {
        let ended = self.client()?.object.batch_execute(statements).await;
        self.after(State::Free, ended)
    }

    /// Begins a transaction with a statement, both in one round trip; gives the transaction's own
    /// id too, by which its fate can be asked for later.
    pub(crate) async fn begin(&mut self, first: &Statement) -> Result<(String, Vec<Row>), Failure> {
        let client = self.client()?;
        let mut own = Statement::default();
        own.push("SELECT pg_current_xact_id()::text");
        let (begun, id, rows) = join3(
            client.object.batch_execute("BEGIN"),
            client.query(&own),
            client.query(first),
        )
        .await;
        let ended = begun.and_then(|()| {
            let id = id?.first().map(|row| row.try_get(0)).transpose()?;
            Ok((id.unwrap_or_default(), rows?))
        });
        let begun = self.after(State::Open, ended);
        if begun.is_err() {
            self.roll_back().await;
        }
        // Nothing was committed, whatever became of the connection.
        begun.map_err(|failure| Failure {
            effect: Effect::None,
            ..failure
        })
    }

    /// Runs the last statements of the transaction and commits it, all in one round trip; where one
    /// of them fails, nothing is committed.
    pub(crate) async fn commit(&mut self, last: &[Statement]) -> Result<(), Failure> {
        let client = self.client()?;
        let statements = join_all(last.iter().map(|statement| client.query(statement)));
        let (ended, committed) = join(statements, client.object.batch_execute("COMMIT")).await;
        let is_over = committed.is_ok();
        let ended = ended.into_iter().find_map(Result::err);
        let result = self.after(State::Free, ended.map_or(committed, Err));
        if !is_over {
            // It may still be in the transaction, where the next one would fail.
            self.state = State::Lost;
        }
        result
    }

    /// Undoes the transaction.
    pub(crate) async fn roll_back(&mut self) {
        if self.state != State::Open {
            return;
        }
        let Ok(client) = self.client() else { return };
        let ended = client.object.batch_execute("ROLLBACK").await;
        if self.after(State::Free, ended).is_err() {
            // It may still be in the transaction, where the next one would fail.
            self.state = State::Lost;
        }
    }

    /// The connection for something that keeps the server busy until [`Self::after`].
    fn client(&mut self) -> Result<&Connection, Failure> {
        let lost = || Failure {
            error: Error::new(
                ErrorKind::Unavailable,
                "the connection to PostgreSQL is lost",
            ),
            effect: Effect::None,
        };
        if self.state == State::Lost {
            return Err(lost());
        }
        self.state = State::Busy;
        self.connection.as_ref().ok_or_else(lost)
    }

    fn after<T>(
        &mut self,
        state: State,
        ended: Result<T, tokio_postgres::Error>,
    ) -> Result<T, Failure> {
        self.state = state;
        ended.map_err(|error| {
            let failure = failure(error);
            if is_lost(&failure.error) {
                self.state = State::Lost;
            }
            failure
        })
    }
}

impl Connection {
    async fn query(&self, statement: &Statement) -> Result<Vec<Row>, tokio_postgres::Error> {
        let parameters = statement.parameters();
        self.object.query_typed(statement.sql(), &parameters).await
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        match (self.state, Handle::try_current()) {
            (State::Free, _) => self.home.take_back(connection),
            (State::Busy, Ok(runtime)) => {
                runtime.spawn(cancel(connection, self.home.tls().0.clone()));
            }
            _ => connection.close(),
        }
    }
}

/// Cancels what runs on a connection, and closes it.
async fn cancel(connection: Connection, tls: MakeRustlsConnect) {
    let token = connection.object.cancel_token();
    let cancelled = tokio::time::timeout(CANCEL, token.cancel_query(tls)).await;
    if !matches!(cancelled, Ok(Ok(()))) {
        tracing::debug!("a statement that was given up could not be cancelled");
    }
    connection.close();
}
