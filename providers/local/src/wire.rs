//! The bytes of a record: packed as documents are, with a checksum in front.

use isobar::driver::crc32c;
pub(crate) use isobar::driver::packed::{
    Malformed, Reader, put_bytes, put_option, put_signed, put_varint,
};

/// Puts a checksum before `body`; it also covers `context`, the key the record lies under, so that
/// a record which turns up under another key is noticed.
pub(crate) fn seal(context: &[&[u8]], body: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(CHECKSUM + body.len());
    sealed.extend(checksum(context, body).to_le_bytes());
    sealed.extend(body);
    sealed
}

/// The body of a record that [`seal`] made under the same `context`.
pub(crate) fn unseal<'r>(context: &[&[u8]], sealed: &'r [u8]) -> Result<&'r [u8], Malformed> {
    Context::default().with(context).unseal(sealed)
}

const CHECKSUM: usize = 4;

fn checksum(context: &[&[u8]], body: &[u8]) -> u32 {
    crc32c::append(Context::default().with(context).0, body)
}

/// The checksum of the parts of a key, or of its first parts where many keys have them in common.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Context(u32);

impl Context {
    /// The same with more parts of the key.
    pub(crate) fn with(self, parts: &[&[u8]]) -> Self {
        Self(parts.iter().fold(self.0, |crc, part| append(crc, part)))
    }

    /// As [`unseal`], for a key whose parts all are here.
    pub(crate) fn unseal(self, sealed: &[u8]) -> Result<&[u8], Malformed> {
        let (stored, body) = sealed.split_first_chunk().ok_or(Malformed)?;
        if u32::from_le_bytes(*stored) == crc32c::append(self.0, body) {
            Ok(body)
        } else {
            Err(Malformed)
        }
    }
}

/// Appends the length of a part and the part, at once where it is short.
fn append(crc: u32, part: &[u8]) -> u32 {
    let mut short = [0; 64];
    let (length, room) = short.split_at_mut(8);
    length.copy_from_slice(&(part.len() as u64).to_le_bytes());
    let Some(room) = room.get_mut(..part.len()) else {
        return crc32c::append(crc32c::append(crc, length), part);
    };
    room.copy_from_slice(part);
    let (both, _) = short.split_at(8 + part.len());
    crc32c::append(crc, both)
}

#[cfg(test)]
mod tests {
    use super::{seal, unseal};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_checksum_is_over_the_bytes_of_the_format(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 0..4),
            body in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let mut all = Vec::new();
            for part in &parts {
                all.extend((part.len() as u64).to_le_bytes());
                all.extend(*part);
            }
            all.extend(&body);
            let sealed = seal(&parts, &body);
            prop_assert_eq!(&sealed[..4], crc32c::crc32c(&all).to_le_bytes());
        }

        #[test]
        fn a_changed_bit_breaks_the_seal(
            body in prop::collection::vec(any::<u8>(), 0..40),
            at in any::<prop::sample::Index>(),
            bit in 0_u32..8,
        ) {
            let mut sealed = seal(&[b"k", b"ey"], &body);
            prop_assert_eq!(unseal(&[b"k", b"ey"], &sealed), Ok(&*body));
            prop_assert!(unseal(&[b"ke", b"y"], &sealed).is_err());
            let at = at.index(sealed.len());
            sealed[at] ^= 1_u8 << bit;
            prop_assert!(unseal(&[b"k", b"ey"], &sealed).is_err());
        }
    }
}
