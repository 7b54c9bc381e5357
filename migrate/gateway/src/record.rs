//! The fifth phase: what is written down, as JSON lines that are only ever appended to.

mod differences;
mod journal;
mod lines;
mod requests;

pub use differences::{Differences, ShadowRecord};
pub use journal::{ChangeRecord, Journal};
pub use requests::{RecordedRequest, Recorder, read_requests};
