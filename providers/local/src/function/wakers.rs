//! The tasks that wake an application, and how they end.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long what was cut short may take to be put back.
const PUTTING_BACK: Duration = Duration::from_secs(1);

/// Whether tasks go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Running,
    /// Handlers that run may end, no others begin.
    Ending,
    /// Handlers are given up.
    Cut,
}

/// Waits until tasks are in a phase that `is` one.
pub(super) async fn reached(phase: &mut watch::Receiver<Phase>, is: fn(Phase) -> bool) {
    // It fails where nobody is left to tell, who wants the tasks no longer either.
    let _ = phase.wait_for(|phase| is(*phase)).await;
}

/// Tasks that wake an application; dropping them ends them at once.
pub(super) struct Wakers {
    tasks: JoinSet<()>,
    phase: watch::Sender<Phase>,
}

impl Wakers {
    pub(super) fn new(tasks: JoinSet<()>, phase: watch::Sender<Phase>) -> Self {
        Self { tasks, phase }
    }

    /// Lets the handlers that run end, for a while; events that were with the others come again.
    pub(super) async fn finish(mut self, grace: Duration) {
        self.phase.send_replace(Phase::Ending);
        if tokio::time::timeout(grace, self.all()).await.is_ok() {
            return;
        }
        tracing::warn!(target: "isobar", "handlers of events did not end in time");
        self.phase.send_replace(Phase::Cut);
        // Those of schedules have nothing to put back.
        let _ = tokio::time::timeout(PUTTING_BACK, self.all()).await;
    }

    async fn all(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
