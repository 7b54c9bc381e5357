//! Documents as bytes: compact, deterministic and exact, and read into a caller's type without a
//! tree of values in between.
//!
//! A store that keeps bytes writes this form and hands it on as it is, in
//! [`Fields`](super::document::Fields). The table of its tags is in `docs/storage-format.md`; what
//! was written in it is stored for years, so nothing in it may change.

mod reader;
mod records;
mod value;

pub use reader::{Malformed, Reader, put_bytes, put_option, put_signed, put_varint};
pub(crate) use records::PackedRecord;
pub use records::PackedRecords;
pub(crate) use value::{
    BYTES, FALSE, FLOAT, INT, LIST, MAP, MAX_DEPTH, NULL, STRING, TIMESTAMP, TRUE, skip,
};
pub use value::{fields, put_fields};

#[cfg(test)]
mod tests;
