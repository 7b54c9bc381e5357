//! Connections: few per process, given back soon, and waited for where the server has none to
//! spare.
//!
//! A process that meets a full server becomes frugal for a while: it makes do with the connections
//! that it has, and closes each as soon as nobody waits for it. So a crowd of processes shares the
//! server's connections in turns.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Pool, QueueMode, RecyclingMethod, Runtime,
};
use isobar::driver::{jitter, time_left};
use isobar::{Error, ErrorKind, Result};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{CANNOT_CONNECT_NOW, TOO_MANY_CONNECTIONS, unconnected};
use crate::lease::{Connection, Lease};

/// How many connections a process may have, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// At most this many at once; 4 unless set.
    pub connections: usize,
    /// One without work for so long is closed; a second unless set.
    pub idle: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            connections: 4,
            idle: Duration::from_secs(1),
        }
    }
}

/// How long opening one connection may take, from the socket to the end of authentication.
const OPEN: Duration = Duration::from_secs(5);
/// How long a connection is waited for where no call has a time budget.
const PATIENCE: Duration = Duration::from_secs(8);
/// What is left of a call's budget when waiting ends, so that its caller hears why.
const MARGIN: Duration = Duration::from_millis(250);
/// When to come back after having waited in vain: not within the same call.
const AFTER: Duration = Duration::from_secs(1);
/// The first random pause before a full server is asked again; it doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(500);
/// How long a process is frugal after it has met a full server.
const FRUGAL: Duration = Duration::from_secs(10);

/// The connections of one store.
#[derive(Debug)]
pub(crate) struct Connections {
    pool: Pool,
    tls: Tls,
    budget: Budget,
    /// Those who may use a connection; fewer than the budget while the server is full.
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    frugal_until: Mutex<Option<Instant>>,
    /// Whether a task watches for idle connections.
    watched: AtomicBool,
}

/// How a connection is encrypted.
#[derive(Clone)]
pub(crate) struct Tls(pub(crate) MakeRustlsConnect);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

impl Connections {
    pub(crate) fn new(server: Config, tls: MakeRustlsConnect, budget: Budget) -> Result<Arc<Self>> {
        let idle = budget.idle;
        let fresh = Hook::sync_fn(move |_, metrics| {
            // The process may have been frozen since, and the server have given up.
            if metrics.last_used() > idle.max(OPEN) {
                return Err(HookError::message("it was idle for too long"));
            }
            Ok(())
        });
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(server, tls.clone(), recycling);
        let pool = Pool::builder(manager)
            .max_size(budget.connections)
            .runtime(Runtime::Tokio1)
            .create_timeout(Some(OPEN))
            .queue_mode(QueueMode::Lifo)
            .pre_recycle(fresh)
            .build()
            .map_err(|error| {
                Error::new(ErrorKind::Internal, "there is no pool of connections")
                    .with_source(error)
            })?;
        Ok(Arc::new(Self::over(pool, tls, budget)))
    }

    fn over(pool: Pool, tls: MakeRustlsConnect, budget: Budget) -> Self {
        Self {
            pool,
            tls: Tls(tls),
            budget,
            turns: Arc::new(Semaphore::new(budget.connections)),
            waiting: AtomicUsize::new(0),
            frugal_until: Mutex::new(None),
            watched: AtomicBool::new(false),
        }
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// A connection for one statement or transaction.
    ///
    /// Where there is none yet it waits, in the order of those who ask, until a little before the
    /// call's time budget ends; then it is `Throttled`. A call that has hardly any time just ends.
    pub(crate) async fn lease(self: &Arc<Self>) -> Result<Lease> {
        let until = Instant::now() + patience();
        let mut pause = PAUSE;
        let mut turn = self.turn(until).await?;
        loop {
            let error = match self.pool.get().await {
                Ok(object) => {
                    return Ok(Lease::new(Connection::new(object, turn), Arc::clone(self)));
                }
                Err(error) => unconnected(error),
            };
            let full = error.provider_code() == Some(TOO_MANY_CONNECTIONS);
            if full {
                self.become_frugal();
            }
            let passes = full || error.provider_code() == Some(CANNOT_CONNECT_NOW);
            let left = until.saturating_duration_since(Instant::now());
            if passes && left.is_zero() {
                return Err(error.with_retry_after(AFTER));
            }
            if !passes {
                return Err(error);
            }
            if full && self.pool.status().size > 0 {
                self.give_up(turn);
                turn = self.turn(until).await?;
            } else {
                tokio::time::sleep(jitter(pause).min(left)).await;
                pause = LONGEST.min(pause * 2);
            }
        }
    }

    async fn turn(&self, until: Instant) -> Result<OwnedSemaphorePermit> {
        let _waiting = Waiting::new(&self.waiting);
        let turn = Arc::clone(&self.turns).acquire_owned();
        match tokio::time::timeout_at(until.into(), turn).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(closed)) => {
                let message = "the store was closed";
                Err(Error::new(ErrorKind::Unavailable, message).with_source(closed))
            }
            Err(_) => {
                let most = self.budget.connections;
                Err(Error::new(
                    ErrorKind::Throttled,
                    format!(
                        "all {most} connections to PostgreSQL that this process may have were in \
                         use all the time: allow more with the parameter `connections` of the \
                         store's URL, or do less at once"
                    ),
                )
                .with_retry_after(AFTER))
            }
        }
    }

    /// Makes do with one connection less for a while.
    fn give_up(&self, turn: OwnedSemaphorePermit) {
        turn.forget();
        let turns = Arc::clone(&self.turns);
        tokio::spawn(async move {
            tokio::time::sleep(FRUGAL).await;
            turns.add_permits(1);
        });
    }

    fn become_frugal(&self) {
        let mut until = self
            .frugal_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *until = Some(Instant::now() + FRUGAL);
    }

    fn is_frugal(&self) -> bool {
        let until = self
            .frugal_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| until > Instant::now())
    }

    /// Takes back a connection that may be used again.
    pub(crate) fn take_back(self: &Arc<Self>, connection: Connection) {
        let wanted = self.waiting.load(Ordering::Relaxed) > 0;
        let idle = self.budget.idle;
        if !wanted && (idle.is_zero() || self.is_frugal()) {
            connection.close();
            return;
        }
        drop(connection);
        if let Ok(runtime) = Handle::try_current()
            && !self.watched.swap(true, Ordering::AcqRel)
        {
            runtime.spawn(watch(Arc::downgrade(self), idle));
        }
    }

    /// Closes what is idle; whether anything is left to watch.
    fn close_idle(&self) -> bool {
        let idle = self.budget.idle;
        drop(self.pool.retain(|_, metrics| metrics.last_used() < idle));
        if self.pool.status().size > 0 {
            return true;
        }
        self.watched.store(false, Ordering::Release);
        false
    }
}

/// How long a connection is waited for.
fn patience() -> Duration {
    match time_left() {
        Some(left) if left > 2 * MARGIN => left.saturating_sub(MARGIN),
        _ => PATIENCE,
    }
}

/// Closes idle connections until there is none left, or no store.
async fn watch(connections: Weak<Connections>, idle: Duration) {
    loop {
        tokio::time::sleep(idle).await;
        match connections.upgrade() {
            Some(connections) if connections.close_idle() => {}
            _ => return,
        }
    }
}

/// One who waits for a turn.
struct Waiting<'c>(&'c AtomicUsize);

impl<'c> Waiting<'c> {
    fn new(count: &'c AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
