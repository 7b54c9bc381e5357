//! Work that waits for a transaction, and the caller who waits for the work.

use isobar::{Error, ErrorKind};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::group::Group;
use crate::engine::Lost;
use crate::error::{Fault, Stop};

/// A piece of work and the caller who waits for it.
pub(super) trait Job: Send {
    fn is_wanted(&self) -> bool;
    fn perform(&mut self, group: &mut Group<'_>) -> Result<(), Fault>;
    fn answer(self: Box<Self>, lost: Option<&Lost>, place: &str);
}

pub(super) struct Task<T, W> {
    work: Option<W>,
    answer: Option<isobar::Result<T>>,
    reply: oneshot::Sender<isobar::Result<T>>,
    _room: OwnedSemaphorePermit,
}

impl<T, W> Task<T, W> {
    pub(super) fn new(
        work: W,
        reply: oneshot::Sender<isobar::Result<T>>,
        room: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            work: Some(work),
            answer: None,
            reply,
            _room: room,
        }
    }
}

impl<T, W> Job for Task<T, W>
where
    T: Send,
    W: FnOnce(&mut Group<'_>) -> Result<T, Stop> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn perform(&mut self, group: &mut Group<'_>) -> Result<(), Fault> {
        if let Some(work) = self.work.take() {
            self.answer = Some(match work(group) {
                Ok(answer) => Ok(answer),
                Err(Stop::Refused(error)) => Err(error),
                Err(Stop::Fault(fault)) => return Err(fault),
            });
        }
        Ok(())
    }

    fn answer(self: Box<Self>, lost: Option<&Lost>, place: &str) {
        let answer = match (lost, self.answer) {
            (None, Some(answer)) => answer,
            // Work that was refused wrote nothing, whatever became of its group.
            (Some(lost), Some(Ok(_))) if lost.outcome_unknown => {
                Err(lost.fault.error(&place).with_outcome_unknown())
            }
            (Some(lost), _) => Err(lost.fault.error(&place)),
            (None, None) => Err(Error::new(ErrorKind::Internal, "the work was not done")),
        };
        // A caller who went away does not want to know.
        let _ = self.reply.send(answer);
    }
}
