//! The five traits that a provider implements, and what providers share.
//!
//! This module is for those who write providers; handlers use [`Collection`](crate::Collection),
//! [`Bucket`](crate::Bucket), [`Routes`](crate::http::Routes) and [`App`](crate::App). A driver receives
//! checked, neutral data; each method is one remote step and the classification of its failure.
//! A driver that sends a request again must ask [`Retries`] first, of the budget of its store, a [`RetryBudget`].
//! Each *must* in these docs is a conformance case, where a store can be made to show it.

mod as_text;
pub mod blob;
mod broken;
mod budget;
mod clock;
pub mod commit;
mod contention;
pub mod crc32c;
pub(crate) mod deadline;
pub mod declaration;
pub mod document;
mod effect;
pub mod escape;
mod front_door;
pub mod function;
pub mod gateway;
mod holding;
mod jitter;
mod judgement;
pub mod map_order;
pub mod metadata;
pub(crate) mod meter;
pub mod packed;
mod panic;
mod prefix;
mod problem;
mod retries;
mod revision;
pub mod settle;
pub mod sortable;
pub mod status;
pub mod terminal;
pub mod token;
pub mod topic;
pub mod url;
pub mod utf16;
mod whole;

pub use crate::http::connection::drop_fields as drop_connection_fields;
pub use as_text::as_text;
pub(crate) use broken::Broken;
pub use broken::content_failure;
pub(crate) use budget::pause;
pub use budget::{time_left, within};
pub use clock::{Clock, Sleep, SystemClock};
pub use contention::{contention_pause, overtaken};
pub use effect::{Effect, Failure, doubtful};
pub use front_door::{AUTHORIZER_VARIABLE, front_door};
pub use holding::holding;
pub use jitter::jitter;
pub use judgement::precondition;
pub use meter::{consumed, is_metered};
pub use panic::{caught, caught_step, panic_message};
pub use prefix::after_prefix;
pub use problem::{Problem, retry_after};
pub use retries::{Retries, RetryBudget};
pub use revision::Revision;
pub use whole::{
    forbids_content, forbids_length, refused_response, sealed_response, whole_response,
};
