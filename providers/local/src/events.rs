//! The log of events: what was handed to an application, what became of it, and how it is delivered again.
//!
//! A developer who has mended a handler wants exactly the event that failed, byte for byte, whether or not the program runs
//! (decision 0096). [`ask`] does so from outside, [`LocalStore::event_log`](crate::LocalStore::event_log) from within.

pub(crate) mod answer;
mod ask;
mod handle;
mod limits;
mod logged;
pub(crate) mod record;
pub(crate) mod replay;
pub(crate) mod row;
pub(crate) mod source;

pub use answer::{Answer, Question};
pub use ask::ask;
#[cfg(feature = "function")]
pub(crate) use ask::{DOOR, GREETING, Place, SOCKET};
pub use handle::EventLog;
pub use limits::EventLimits;
pub use logged::{LoggedError, LoggedEvent};
pub use row::EventState;
