//! Commits what many callers want to write, in groups.
//!
//! A commit costs one flush of the disk however much it holds, so whatever arrives during one
//! commit goes into the next together, on a thread for it. A caller who is alone commits itself
//! where that keeps nobody waiting, and so is spared two changes of thread. A caller hears back
//! when its group is on the disk, never before; a group that fails is answered with its failure,
//! never repeated.

mod desk;
mod group;
mod job;

use std::fmt;
use std::sync::Arc;
use std::task::Poll;
use std::thread::JoinHandle;

use isobar::Error;
use tokio::runtime::{Handle, RuntimeFlavor, worker_index};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::block_in_place;

use crate::engine::Engine;
use crate::error::{Fault, Stop};
use desk::{Chance, Desk};
pub(crate) use group::{Group, Settled};
use job::{Job, Task};

/// Bytes of work that may wait; callers beyond it wait before their work is taken.
const WAITING_BYTES: usize = 64 << 20;
/// What one piece of work counts for at least, and the unit in which it is counted.
const UNIT: usize = 1 << 10;

/// What commits: a thread, or a caller who is alone.
pub(crate) struct Committer {
    desk: Arc<Desk>,
    room: Arc<Semaphore>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Committer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Committer").finish_non_exhaustive()
    }
}

impl Committer {
    /// Starts the thread; it closes the engine when this is dropped.
    pub(crate) fn start(engine: Arc<Engine>, place: Arc<str>) -> Result<Self, Fault> {
        let desk = Arc::new(Desk::new(engine, place));
        let thread = std::thread::Builder::new()
            .name("isobar-local-commit".to_owned())
            .spawn({
                let desk = Arc::clone(&desk);
                move || desk.serve()
            })?;
        Ok(Self {
            desk,
            room: Arc::new(Semaphore::new(WAITING_BYTES / UNIT)),
            thread: Some(thread),
        })
    }

    /// Has `work` done inside the next transaction, and returns its answer when that is on the disk.
    ///
    /// `work` must refuse before it has written anything; a fault ends the whole group. `bytes` is
    /// about what it holds in memory. When the future is dropped the work is done entirely or not
    /// at all.
    pub(crate) async fn submit<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut Group<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> isobar::Result<T> {
        let units = (bytes / UNIT + 1).min(WAITING_BYTES / UNIT);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(units).await;
        let room = room.map_err(|_| self.stopped())?;
        let (reply, answer) = oneshot::channel();
        self.hand_in(Box::new(Task::new(work, reply, room))).await;
        answer
            .await
            .map_err(|_| self.stopped().with_outcome_unknown())?
    }

    /// Commits the work here where its caller is alone; else leaves it to the thread.
    async fn hand_in(&self, job: Box<dyn Job>) {
        let chance = if may_block() {
            self.desk.arrive()
        } else {
            Chance::None
        };
        let turn = match chance {
            Chance::None => None,
            Chance::Turn(turn) => Some(turn),
            Chance::Unless(others) => {
                // Of several calls that one task waits for together, each would otherwise commit
                // before the next is made. No turn is held meanwhile: the task may never come back.
                step_back().await;
                if may_block() {
                    self.desk.turn_unless(others)
                } else {
                    None
                }
            }
        };
        match turn {
            Some(turn) => block_in_place(|| turn.commit_alone(job)),
            None => self.desk.leave(job),
        }
    }

    fn stopped(&self) -> Error {
        Fault::closed().error(&self.desk.place())
    }
}

/// Whether the runtime can give the other tasks of this thread to another one.
fn may_block() -> bool {
    let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    worker_index().is_some() && matches!(flavor, Ok(RuntimeFlavor::MultiThread))
}

/// Lets whoever is ready run first.
async fn step_back() {
    let mut stepped_back = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut stepped_back, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.desk.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the committer of the local store panicked");
        }
    }
}

#[cfg(test)]
mod tests;
