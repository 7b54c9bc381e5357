//! Random pauses, so that writers who met once do not meet again.

use std::time::Duration;

use uuid::Uuid;

/// A random span below `most`.
pub fn jitter(most: Duration) -> Duration {
    let (_, random) = Uuid::new_v4().as_u64_pair();
    let most = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(random.checked_rem(most).unwrap_or(0))
}
