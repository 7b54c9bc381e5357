//! The part of a blob that is read.

use std::ops::Range;

use crate::error::{Error, Result};

/// A part of a blob, in bytes (rule K5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ByteRange {
    /// The whole blob.
    #[default]
    Full,
    /// From this offset to the end.
    From(u64),
    /// From `start` to one before `end`, cut at the end of the blob.
    Bounded {
        /// The first byte.
        start: u64,
        /// One past the last byte; at least `start`.
        end: u64,
    },
    /// The last bytes, or the whole blob where it has fewer.
    Suffix(u64),
}

impl ByteRange {
    /// The bytes that this range selects of a blob of `size` bytes.
    ///
    /// A range that starts beyond the end is `InvalidArgument`, as is one that starts at the end
    /// and asks for at least one byte; an empty range within the blob selects nothing.
    pub fn resolve(self, size: u64) -> Result<Range<u64>> {
        match self {
            Self::Full => Ok(0..size),
            Self::Suffix(length) => Ok(size.saturating_sub(length)..size),
            Self::From(start) if start < size => Ok(start..size),
            Self::Bounded { start, end } if start == end && start <= size => Ok(start..start),
            Self::Bounded { start, end } if start < size => Ok(start..end.min(size)),
            Self::From(start) | Self::Bounded { start, .. } => Err(Error::invalid(format!(
                "the range starts at byte {start}, the blob has {size} bytes"
            ))),
        }
    }

    pub(crate) fn check(self) -> Result<()> {
        match self {
            Self::Bounded { start, end } if end < start => Err(Error::invalid(format!(
                "the range ends at {end}, before its start {start}"
            ))),
            _ => Ok(()),
        }
    }
}

impl From<Range<u64>> for ByteRange {
    fn from(range: Range<u64>) -> Self {
        Self::Bounded {
            start: range.start,
            end: range.end,
        }
    }
}

#[cfg(test)]
mod tests;
