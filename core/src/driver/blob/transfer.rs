//! How content is divided into parts (rule K7).

use std::ops::RangeInclusive;

use crate::error::{Error, ErrorKind, Result};

/// What a store takes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferLimits {
    /// Bytes of the largest blob.
    pub blob_bytes: u64,
    /// Bytes of the largest content that goes in one put; larger content goes as an upload.
    pub put_bytes: u64,
    /// Bytes of the smallest part but the last.
    pub least_part_bytes: u64,
    /// Bytes of the largest part.
    pub most_part_bytes: u64,
    /// Parts of one upload.
    pub parts: u32,
    /// Parts that are sent at the same time; 1 where they must arrive in their order.
    pub concurrent_parts: usize,
    /// Keys of one batch of deletes; 1 where there are no batches.
    pub delete_batch: usize,
}

const MIB: u64 = 1 << 20;
/// A part of content whose size is not known.
const PART_BYTES: u64 = 8 * MIB;
/// Parts that an upload of known size is divided into at most, some fewer than any store takes.
const PARTS: u64 = 9_000;

impl TransferLimits {
    /// Bytes of each part but the last: 8 MiB, or what divides the content into 9,000 parts, in
    /// whole MiB.
    ///
    /// `TooLarge` where the store has no room for `size` bytes.
    pub fn part_bytes(&self, size: Option<u64>) -> Result<u64> {
        let Self {
            least_part_bytes,
            most_part_bytes,
            ..
        } = *self;
        let size = size.unwrap_or(0);
        self.check_size(size)?;
        let wanted = size.div_ceil(PARTS).next_multiple_of(MIB).max(PART_BYTES);
        Ok(wanted.max(least_part_bytes).min(most_part_bytes))
    }

    /// `TooLarge` where the store has no room for `size` bytes.
    pub fn check_size(&self, size: u64) -> Result<()> {
        let most = u64::from(self.parts).saturating_mul(self.most_part_bytes);
        let limit = self.blob_bytes.min(most);
        if size > limit {
            let what = "the size in bytes of the blob";
            return Err(Error::over_limit(ErrorKind::TooLarge, what, limit, size));
        }
        Ok(())
    }

    /// The bytes of each part, in their order, of content of `size` bytes; no bytes are one part.
    pub fn parts_of(size: u64, part_bytes: u64) -> impl Iterator<Item = std::ops::Range<u64>> {
        let count = size.div_ceil(part_bytes.max(1)).max(1);
        let part = move |number: u64| {
            let start = number.saturating_mul(part_bytes);
            start..size.min(start.saturating_add(part_bytes))
        };
        (0..count).map(part)
    }

    /// The sizes that a part but the last may have.
    pub fn part_range(&self) -> RangeInclusive<u64> {
        self.least_part_bytes..=self.most_part_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S3: TransferLimits = TransferLimits {
        blob_bytes: 5 << 40,
        put_bytes: 64 * MIB,
        least_part_bytes: 5 * MIB,
        most_part_bytes: 5 << 30,
        parts: 10_000,
        concurrent_parts: 4,
        delete_batch: 1_000,
    };

    #[test]
    fn parts_are_of_8_mib_until_there_would_be_more_than_9_000() {
        let check = |size: Option<u64>, bytes: u64| {
            let part = S3.part_bytes(size).unwrap();
            assert_eq!(part, bytes);
            assert!(S3.part_range().contains(&part));
            assert!(size.unwrap_or(0).div_ceil(part) <= PARTS);
        };
        check(None, 8 * MIB);
        check(Some(0), 8 * MIB);
        check(Some(50 << 30), 8 * MIB);
        check(Some(9_000 * 8 * MIB), 8 * MIB);
        check(Some(9_000 * 8 * MIB + 1), 9 * MIB);
        check(Some(5 << 40), 583 * MIB);
    }

    #[test]
    fn content_that_no_parts_can_hold_is_refused_before_it_is_sent() {
        let error = S3.part_bytes(Some((5 << 40) + 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert_eq!(error.limit(), Some(5 << 40));
        let few = TransferLimits {
            parts: 100,
            most_part_bytes: 8 * MIB,
            ..S3
        };
        assert!(few.part_bytes(Some(800 * MIB)).is_ok());
        let error = few.part_bytes(Some(800 * MIB + 1)).unwrap_err();
        assert_eq!(error.limit(), Some(800 * MIB));
    }

    #[test]
    fn parts_cover_the_content() {
        let parts = |size| {
            let parts = TransferLimits::parts_of(size, 4);
            parts.map(|part| (part.start, part.end)).collect::<Vec<_>>()
        };
        assert_eq!(parts(0), [(0, 0)]);
        assert_eq!(parts(4), [(0, 4)]);
        assert_eq!(parts(9), [(0, 4), (4, 8), (8, 9)]);
    }
}
