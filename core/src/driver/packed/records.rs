//! Many packed documents together, read one after the other.
//!
//! A page of a thousand documents is then a few allocations, each given back as soon as what it
//! holds has been read, instead of several for each document.

use std::collections::VecDeque;

use super::{Malformed, Reader, put_bytes, put_option, put_signed};
use crate::document::{Timestamp, Version};

/// Bytes of documents that are allocated together; one that is larger has its own.
const CHUNK: usize = 32 << 10;
/// What a document takes beside its fields, at most.
const FRAME: usize = 32 + Version::MAX_BYTES;

/// Documents as bytes, in an order.
#[derive(Debug, Default)]
pub struct PackedRecords {
    chunks: VecDeque<Vec<u8>>,
    /// How much of the first chunk has been read.
    read: usize,
    count: usize,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PackedRecord<'r> {
    /// As it is stored; only [`Version::from_bytes`] tells whether it is one.
    pub(crate) version: &'r [u8],
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) fields: &'r [u8],
}

impl PackedRecords {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Appends a document: its version, its expiry, and its fields as [`put_fields`](super::put_fields)
    /// has them. About `more` will follow.
    pub fn push(
        &mut self,
        version: &[u8],
        expires_at: Option<Timestamp>,
        (fields, more): (&[u8], usize),
    ) {
        let size = FRAME + fields.len();
        let chunk = match self.chunks.back_mut() {
            Some(chunk) if chunk.capacity() - chunk.len() >= size => chunk,
            _ => {
                let wanted = size.saturating_mul(more.saturating_add(1)).min(CHUNK);
                self.chunks.push_back(Vec::with_capacity(wanted.max(size)));
                let Some(chunk) = self.chunks.back_mut() else {
                    return;
                };
                chunk
            }
        };
        put_bytes(chunk, version);
        put_option(chunk, expires_at.map(Timestamp::as_micros), put_signed);
        put_bytes(chunk, fields);
        self.count += 1;
    }

    /// Takes the next document out and reads it; `None` after the last.
    pub(crate) fn next<T>(
        &mut self,
        read: impl FnOnce(Result<PackedRecord<'_>, Malformed>) -> T,
    ) -> Option<T> {
        let chunk = self.chunks.front()?;
        let mut reader = Reader::new(chunk.get(self.read..).unwrap_or_default());
        let record = PackedRecord::of(&mut reader);
        let left = reader.remaining();
        self.read = chunk.len() - left;
        self.count = self.count.saturating_sub(1);
        let ends = left == 0 || record.is_err();
        let answer = read(record);
        if ends {
            self.chunks.pop_front();
            self.read = 0;
        }
        Some(answer)
    }
}

impl<'r> PackedRecord<'r> {
    fn of(reader: &mut Reader<'r>) -> Result<Self, Malformed> {
        Ok(Self {
            version: reader.bytes()?,
            expires_at: reader.option(Reader::signed)?.map(Timestamp::from_micros),
            fields: reader.bytes()?,
        })
    }
}
