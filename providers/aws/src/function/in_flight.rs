//! The invocations under way, which a signal must not cut off.

use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, RwLock};

/// Read by each invocation until its answer was sent.
#[derive(Debug, Clone, Default)]
pub(super) struct InFlight(Arc<RwLock<()>>);

impl InFlight {
    /// Held by one invocation.
    pub(super) async fn begin(&self) -> OwnedRwLockReadGuard<()> {
        Arc::clone(&self.0).read_owned().await
    }

    /// Waits for `signal`, then for the end of the invocations under way; none begins any more.
    pub(super) async fn drained_after(&self, signal: impl Future<Output = ()>) {
        signal.await;
        drop(self.0.write().await);
    }
}
