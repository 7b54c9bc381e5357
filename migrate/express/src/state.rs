//! Module variables of a legacy application, kept as documents.
//!
//! In Node, everything that a request does to variables of modules happens at once, because nothing else runs in
//! between. Here requests take turns from the first use of a variable on, and work on the same objects in memory. What
//! a request changed is stored, together with what those after it changed, before any of them is answered. Where
//! another process was faster, all of them start again from the beginning: nothing they did is visible yet.
//! [`Ported`] does this around a router.

mod codec;
mod draft;
mod entries;
mod held;
mod memory;
mod ported;
mod replay;
mod stored;
mod variables;
mod writer;

pub use codec::StoredValue;
pub use ported::{ForRequest, Ported, Settings};
pub use stored::{Shape, StoredEntries, StoredVariable, VARIABLES};
pub use variables::{Variable, Variables};
