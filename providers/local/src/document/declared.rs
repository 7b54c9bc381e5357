//! What programs have declared of a collection, which the store does whoever writes.
//!
//! A program that declares less keeps to it all the same: the entries of an index always agree with
//! the documents, and a feed has no gaps.

use isobar::document::{ChangeFeed, CollectionSchema, IndexSchema};

use super::{changes, index};
use crate::committer::Group;
use crate::error::{Fault, Stop};

/// What the store keeps beside the documents of a collection.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    pub(crate) indexes: Vec<IndexSchema>,
    /// Whether its changes are kept.
    pub(crate) feed: bool,
}

impl Declared {
    pub(crate) fn read(group: &mut Group<'_>, collection: &str) -> Result<Self, Fault> {
        Ok(Self {
            indexes: index::stored(group, collection)?,
            feed: changes::are_kept(group, collection)?,
        })
    }
}

/// Whether there is anything to remember of the schema.
pub(crate) fn is_plain(schema: &CollectionSchema) -> bool {
    schema.indexes.is_empty() && schema.change_feed == ChangeFeed::Undeclared
}

/// Remembers what the schema declares.
pub(crate) fn register(group: &mut Group<'_>, schema: &CollectionSchema) -> Result<(), Stop> {
    index::register(group, schema)?;
    let wanted = schema.change_feed == ChangeFeed::Declared;
    if wanted && !group.declared(&schema.table)?.feed {
        changes::keep(group, &schema.table)?;
    }
    Ok(())
}
