//! Ticks of Cloud Scheduler, which calls a URL with fields of its own.
//!
//! <https://cloud.google.com/scheduler/docs/reference/rpc/google.cloud.scheduler.v1#httptarget>

use isobar::function::Schedule;
use isobar::{Error, Result};
use isobar_serve::event::{Arrived, Delivery, instant};

const JOB: &str = "x-cloudscheduler-jobname";
const DUE: &str = "x-cloudscheduler-scheduletime";

/// A job that is due; the id is that of the tick, however often it is tried.
pub(super) fn due(delivery: &Delivery) -> Result<Option<Vec<Arrived>>> {
    let Some(job) = delivery.field(JOB) else {
        return Ok(None);
    };
    let due = delivery.field(DUE).ok_or_else(|| {
        Error::invalid(format!("the request of Cloud Scheduler has no field {DUE}"))
    })?;
    let tick = Schedule::new(job, instant(due)?);
    let arrived = Arrived::new(tick, delivery.body.clone());
    Ok(Some(vec![arrived.with_id(format!("{job}@{due}"))]))
}
