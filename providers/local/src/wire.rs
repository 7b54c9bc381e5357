//! The bytes of a record: lengths as varints, a checksum in front, every read checked.

/// The record is not what was written: too short, too long, or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

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
    let (stored, body) = sealed.split_first_chunk().ok_or(Malformed)?;
    if u32::from_le_bytes(*stored) == checksum(context, body) {
        Ok(body)
    } else {
        Err(Malformed)
    }
}

const CHECKSUM: usize = 4;

fn checksum(context: &[&[u8]], body: &[u8]) -> u32 {
    let under_key = context.iter().fold(0, |crc, part| {
        let crc = crc32c::crc32c_append(crc, &(part.len() as u64).to_le_bytes());
        crc32c::crc32c_append(crc, part)
    });
    crc32c::crc32c_append(under_key, body)
}

/// Appends a length or count: seven bits a byte, lowest first.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Appends a signed number so that small ones of either sign are short.
pub(crate) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put_varint(out, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

/// Appends bytes after their length.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend(bytes);
}

/// Appends a 1 and what `put` appends, or a 0.
pub(crate) fn put_option<T>(
    out: &mut Vec<u8>,
    value: Option<T>,
    put: impl FnOnce(&mut Vec<u8>, T),
) {
    match value {
        None => out.push(0),
        Some(value) => {
            out.push(1);
            put(out, value);
        }
    }
}

/// What is left to read of a record.
#[derive(Debug)]
pub(crate) struct Reader<'r>(&'r [u8]);

impl<'r> Reader<'r> {
    pub(crate) fn new(bytes: &'r [u8]) -> Self {
        Self(bytes)
    }

    /// Fails unless everything was read.
    pub(crate) fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Malformed)
        }
    }

    /// All bytes that are left.
    pub(crate) fn rest(self) -> &'r [u8] {
        self.0
    }

    /// How many bytes are left, which no count of items can be above.
    pub(crate) fn remaining(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (array, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(Malformed);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Malformed)
    }

    pub(crate) fn signed(&mut self) -> Result<i64, Malformed> {
        let number = self.varint()?;
        Ok((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
    }

    /// A count of things that each take at least one byte.
    pub(crate) fn count(&mut self) -> Result<usize, Malformed> {
        let count = usize::try_from(self.varint()?).map_err(|_| Malformed)?;
        if count > self.remaining() {
            return Err(Malformed);
        }
        Ok(count)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'r [u8], Malformed> {
        let length = self.count()?;
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        Ok(bytes)
    }

    pub(crate) fn text(&mut self) -> Result<&'r str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }

    pub(crate) fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        match self.byte()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, put_signed, put_varint, seal, unseal};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn numbers_come_back(number in any::<u64>(), signed in any::<i64>()) {
            let mut out = Vec::new();
            put_varint(&mut out, number);
            put_signed(&mut out, signed);
            let mut reader = Reader::new(&out);
            prop_assert_eq!(reader.varint(), Ok(number));
            prop_assert_eq!(reader.signed(), Ok(signed));
            prop_assert_eq!(reader.end(), Ok(()));
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

    #[test]
    fn a_number_that_does_not_fit_is_refused() {
        assert!(Reader::new(&[0xff; 10]).varint().is_err());
        let mut largest = [0xff; 10];
        largest[9] = 1;
        assert_eq!(Reader::new(&largest).varint(), Ok(u64::MAX));
    }
}
