//! CRC32C, the checksum that blobs carry from end to end and that the embedded store seals its records with.
//!
//! The polynomial of Castagnoli, as RFC 3720, section 12.1 has it; S3 and Cloud Storage compute the same.

use crc_fast::CrcAlgorithm::Crc32Iscsi;
use crc_fast::{Digest, checksum_combine};

/// The checksum of some bytes; of none it is 0.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u32 {
    low(crc_fast::crc32_iscsi(bytes).into())
}

/// The checksum of what `so_far` is the checksum of, with these bytes behind it.
#[must_use]
pub fn append(so_far: u32, bytes: &[u8]) -> u32 {
    let mut digest = Digest::new_with_init_state(Crc32Iscsi, u64::from(!so_far));
    digest.update(bytes);
    low(digest.finalize())
}

/// The checksum of two pieces together, of which each is known, and of the second the length too.
#[must_use]
pub fn combine(first: u32, second: u32, second_length: usize) -> u32 {
    let length = second_length as u64;
    low(checksum_combine(
        Crc32Iscsi,
        first.into(),
        second.into(),
        length,
    ))
}

/// The library hands every checksum on in 64 bits.
fn low(checksum: u64) -> u32 {
    let [a, b, c, d, ..] = checksum.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    #[test]
    fn it_is_the_checksum_of_the_standard() {
        // RFC 3720, appendix B.4.
        assert_eq!(super::checksum(&[0; 32]), 0x8a91_36aa);
        assert_eq!(super::checksum(b"123456789"), 0xe306_9283);
        assert_eq!(super::checksum(b""), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn pieces_have_the_checksum_of_the_whole_as_another_library_computes_it(
            bytes in prop::collection::vec(any::<u8>(), 0..5_000),
            at in any::<prop::sample::Index>(),
        ) {
            let expected = crc32c::crc32c(&bytes);
            let (first, second) = bytes.split_at(at.index(bytes.len() + 1));
            let so_far = super::checksum(first);
            prop_assert_eq!(super::checksum(&bytes), expected);
            prop_assert_eq!(super::append(so_far, second), expected);
            let of_second = super::checksum(second);
            prop_assert_eq!(super::combine(so_far, of_second, second.len()), expected);
        }
    }
}
