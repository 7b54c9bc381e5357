//! Which requests a fault meets, and what has passed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::Fault;

/// A fault and the requests that it meets; of several plans the first that fits is the one.
#[derive(Debug, Clone)]
pub struct Plan {
    fault: Fault,
    having: String,
    after: usize,
    left: usize,
}

impl From<Fault> for Plan {
    /// Once, to the next request.
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            having: String::new(),
            after: 0,
            left: 1,
        }
    }
}

impl Plan {
    /// Only requests that have this text in them.
    #[must_use]
    pub fn having(self, text: impl Into<String>) -> Self {
        let having = text.into();
        Self { having, ..self }
    }

    /// So many of them pass unharmed before it happens.
    #[must_use]
    pub fn after(self, requests: usize) -> Self {
        let after = requests;
        Self { after, ..self }
    }

    /// To so many of them; once unless set.
    #[must_use]
    pub fn times(self, requests: usize) -> Self {
        let left = requests;
        Self { left, ..self }
    }
}

/// What all connections of a proxy share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
    /// Requests that will arrive though nobody waits for them.
    late: AtomicUsize,
    arrived: Notify,
    has_met: Notify,
}

#[derive(Debug, Default)]
struct State {
    plans: Vec<Plan>,
    /// Every request, as it was sent.
    requests: Vec<Vec<u8>>,
    met: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a request, and gives what happens to it.
    pub(crate) fn fault_of(&self, request: &[u8]) -> Option<Fault> {
        let mut state = self.lock();
        let State {
            plans,
            requests,
            met,
        } = &mut *state;
        requests.push(request.to_vec());
        let mut plans = plans.iter_mut();
        let plan = plans.find(|plan| plan.left > 0 && has(request, &plan.having))?;
        if plan.after > 0 {
            plan.after -= 1;
            return None;
        }
        plan.left -= 1;
        *met += 1;
        self.has_met.notify_waiters();
        Some(plan.fault.clone())
    }

    pub(crate) fn plan(&self, plan: Plan) {
        self.lock().plans.push(plan);
    }

    /// Forgets all plans; how many requests have met one.
    pub(crate) fn clear(&self) -> usize {
        let mut state = self.lock();
        state.plans.clear();
        std::mem::take(&mut state.met)
    }

    /// Waits until a request has met a fault.
    pub(crate) async fn one_met(&self) {
        loop {
            let met = self.has_met.notified();
            if self.lock().met > 0 {
                return;
            }
            met.await;
        }
    }

    pub(crate) fn count(&self, text: &str) -> usize {
        let state = self.lock();
        let requests = state.requests.iter();
        requests.filter(|request| has(request, text)).count()
    }

    pub(crate) fn requests(&self) -> Vec<Vec<u8>> {
        self.lock().requests.clone()
    }

    pub(crate) fn will_arrive(&self) {
        self.late.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn has_arrived(&self) {
        self.late.fetch_sub(1, Ordering::SeqCst);
        self.arrived.notify_waiters();
    }

    /// Waits until what is late has arrived.
    pub(crate) async fn all_arrived(&self) {
        loop {
            let arrived = self.arrived.notified();
            if self.late.load(Ordering::SeqCst) == 0 {
                return;
            }
            arrived.await;
        }
    }
}

fn has(request: &[u8], text: &str) -> bool {
    text.is_empty() || String::from_utf8_lossy(request).contains(text)
}
