//! Who commits next, and what waits for it.
//!
//! One at a time has the turn: the committing thread, or a caller who is alone.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::group::{Group, Known, Settled};
use super::job::Job;
use crate::document::expiry::sweep;
use crate::engine::{Engine, Lost};

/// Work that one commit takes at most, so that the first of a crowd is not kept waiting.
const GROUP_JOBS: usize = 1024;
/// Commits that a caller makes alone before it looks again whether others want to.
const ALONE: u8 = 16;
/// A disk that took longer last time is waited for on the committing thread.
const QUICK: Duration = Duration::from_millis(5);

pub(super) struct Desk {
    engine: Arc<Engine>,
    place: Arc<str>,
    state: Mutex<State>,
    changed: Condvar,
    /// Of whoever has the turn.
    known: Mutex<Known>,
}

#[derive(Default)]
struct State {
    jobs: Vec<Box<dyn Job>>,
    /// Somebody has the turn.
    taken: bool,
    closing: bool,
    /// How much work has come.
    arrived: u64,
    callers: Callers,
}

impl State {
    /// Whether nobody commits or waits for that.
    fn is_free(&self) -> bool {
        !self.taken && !self.closing && self.jobs.is_empty()
    }
}

/// What a caller may do.
pub(super) enum Chance<'d> {
    /// Leave its work.
    None,
    /// Let others run first, and then commit unless any of them has work too.
    Unless(Others),
    /// Commit.
    Turn(Turn<'d>),
}

/// Tells whether others have arrived.
pub(super) struct Others(u64);

/// What the last commits say of how many callers write at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Callers {
    /// One, perhaps.
    #[default]
    Few,
    /// One, who may commit so many times more before it looks around.
    One(u8),
    /// Several, or the disk is slow.
    Many,
}

impl Desk {
    pub(super) fn new(engine: Arc<Engine>, place: Arc<str>) -> Self {
        Self {
            engine,
            place,
            state: Mutex::default(),
            changed: Condvar::new(),
            known: Mutex::default(),
        }
    }

    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// What a caller may do who could commit itself.
    pub(super) fn arrive(&self) -> Chance<'_> {
        let mut state = self.state();
        state.arrived += 1;
        match state.callers {
            _ if !state.is_free() => Chance::None,
            Callers::Many => Chance::None,
            Callers::Few => Chance::Unless(Others(state.arrived)),
            Callers::One(_) => Chance::Turn(self.take(&mut state)),
        }
    }

    /// The turn, unless others have arrived since.
    pub(super) fn turn_unless(&self, Others(arrived): Others) -> Option<Turn<'_>> {
        let mut state = self.state();
        let alone = state.is_free() && state.arrived == arrived;
        state.callers = if alone {
            Callers::One(ALONE)
        } else {
            Callers::Many
        };
        alone.then(|| self.take(&mut state))
    }

    fn take(&self, state: &mut State) -> Turn<'_> {
        state.taken = true;
        Turn { desk: self }
    }

    /// Leaves work to the committing thread.
    pub(super) fn leave(&self, job: Box<dyn Job>) {
        let mut state = self.state();
        state.arrived += 1;
        state.jobs.push(job);
        if !state.taken {
            self.changed.notify_one();
        }
    }

    pub(super) fn close(&self) {
        self.state().closing = true;
        self.changed.notify_one();
    }

    /// Commits what is left to it until the desk is closed and nothing is left.
    pub(super) fn serve(&self) {
        while let Some((turn, jobs)) = self.next() {
            let (count, quick) = (jobs.len(), turn.commit(jobs));
            let mut state = self.state();
            state.callers = if count == 1 && state.jobs.is_empty() && quick {
                Callers::Few
            } else {
                Callers::Many
            };
        }
        self.engine.close();
    }

    fn next(&self) -> Option<(Turn<'_>, Vec<Box<dyn Job>>)> {
        let mut state = self.state();
        while state.taken || state.jobs.is_empty() {
            if state.closing && !state.taken {
                return None;
            }
            let changed = self.changed.wait(state);
            state = changed.unwrap_or_else(PoisonError::into_inner);
        }
        let turn = self.take(&mut state);
        let first = state.jobs.len().min(GROUP_JOBS);
        let jobs = state.jobs.drain(..first).collect();
        Some((turn, jobs))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit(&self, jobs: &mut Vec<Box<dyn Job>>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|job| job.is_wanted());
        let mut afterwards = Vec::new();
        let written = self.engine.write(|transaction| {
            let mut group = Group::begin(transaction, &mut known, &mut afterwards);
            for job in &mut *jobs {
                job.perform(&mut group)?;
            }
            sweep(&mut group)?;
            Ok(group.wrote)
        });
        let lost = written.err();
        if lost.is_some() {
            *known = Known::default();
        }
        drop(known);
        for job in jobs.drain(..) {
            job.answer(lost.as_ref(), &self.place);
        }
        let settled = settled(lost.as_ref());
        for work in afterwards {
            work(settled);
        }
    }
}

fn settled(lost: Option<&Lost>) -> Settled {
    match lost {
        None => Settled::Committed,
        Some(lost) if lost.outcome_unknown => Settled::Unknown,
        Some(_) => Settled::NotWritten,
    }
}

/// The right to commit, which ends when this is dropped.
pub(super) struct Turn<'d> {
    desk: &'d Desk,
}

impl Turn<'_> {
    /// Commits the work of the only caller.
    pub(super) fn commit_alone(self, job: Box<dyn Job>) {
        let desk = self.desk;
        let quick = self.commit(vec![job]);
        let mut state = desk.state();
        state.callers = match state.callers {
            Callers::One(left) if quick && left > 1 => Callers::One(left - 1),
            Callers::Many => Callers::Many,
            _ if quick => Callers::Few,
            _ => Callers::Many,
        };
    }

    /// Commits, and says whether the disk was quick.
    fn commit(self, mut jobs: Vec<Box<dyn Job>>) -> bool {
        let started = Instant::now();
        self.desk.commit(&mut jobs);
        started.elapsed() < QUICK
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.desk.state();
        state.taken = false;
        if state.closing || !state.jobs.is_empty() {
            self.desk.changed.notify_one();
        }
    }
}
