//! Module variables of a legacy application, kept as documents.
//!
//! In Node, everything that a request does to variables of modules happens at once, because nothing else runs in
//! between. Here a request reads the variables it uses, works on its own copies, and what it changed is stored when it
//! has ended, all or nothing. Where another request was faster, it starts again from the beginning: nothing it did is
//! visible yet. [`Ported`] does this around a router.

mod codec;
mod ported;
mod replay;
mod variables;

pub use codec::StoredVariable;
pub use ported::{ForRequest, Ported, Settings};
pub use variables::{Variable, Variables};

use isobar::document::{CollectionSpec, SortType};

/// The collection that holds the variables: one document each, all of an application in one partition.
pub const VARIABLES: CollectionSpec<StoredVariable> = CollectionSpec::new("variables")
    .partition("application")
    .sort("name", SortType::Str)
    .preserve_order();
