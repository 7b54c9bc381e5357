//! What is stored in DynamoDB, as it is read: from a client of the SDK, from a stream, and from the events
//! of Lambda, whose attributes are of three types.
//!
//! The format is described in `docs/storage-format.md`.

pub(crate) mod attribute;
pub(crate) mod change;
pub(crate) mod row;
pub(crate) mod value;
