//! Whole numbers and bytes as text whose order is theirs, for stores that order text alone.

use super::escape::{escape, unescape};
use crate::document::{SortKey, SortType};

/// Digits in the order of their characters, as RFC 4648 has them in its "extended hex" alphabet.
const BASE32: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
/// Digits of a number.
const DIGITS: usize = 16;

/// A number as 16 hexadecimal digits of itself with the sign bit flipped.
pub fn number(number: i64) -> String {
    format!("{:016x}", number.cast_unsigned() ^ (1 << 63))
}

/// The number that [`number()`] made this of; `None` where it made nothing such.
pub fn read_number(text: &str) -> Option<i64> {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != DIGITS || !text.bytes().all(digit) {
        return None;
    }
    let bits = u64::from_str_radix(text, 16).ok()?;
    Some((bits ^ (1 << 63)).cast_signed())
}

/// Bytes in base32hex (RFC 4648), lower case, without padding, so that what is longer comes later.
pub fn bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    for chunk in bytes.chunks(5) {
        let mut block = [0; 8];
        block[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(block);
        for digit in 0..(chunk.len() * 8).div_ceil(5) {
            let value = (bits >> (35 - 5 * digit)) & 31;
            text.push(char::from(BASE32[usize::try_from(value).unwrap_or(0)]));
        }
    }
    text
}

/// The bytes that [`bytes()`] made this of; `None` where it made nothing such.
pub fn read_bytes(text: &str) -> Option<Vec<u8>> {
    let mut read = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.bytes() {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'v' => digit - b'a' + 10,
            _ => return None,
        };
        bits = (bits << 5) | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            read.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    (bytes(&read) == text).then_some(read)
}

/// A sort key as text in its order, in characters that every store allows in a key.
pub fn sort_text(key: &SortKey) -> String {
    match key {
        SortKey::Str(text) => escape(text),
        SortKey::I64(value) => number(*value),
        SortKey::Bytes(value) => bytes(value),
    }
}

/// The sort key of this type that [`sort_text`] made this of; `None` where it made nothing such.
pub fn read_sort_text(text: &str, sort_type: SortType) -> Option<SortKey> {
    Some(match sort_type {
        SortType::Str => SortKey::Str(unescape(text)?),
        SortType::I64 => SortKey::I64(read_number(text)?),
        SortType::Bytes => SortKey::Bytes(read_bytes(text)?.into()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back_in_their_order(a in any::<i64>(), b in any::<i64>()) {
            let (x, y) = (number(a), number(b));
            prop_assert_eq!(a.cmp(&b), x.cmp(&y));
            prop_assert_eq!(read_number(&x), Some(a));
        }

        #[test]
        fn bytes_come_back_in_their_order(
            a in prop::collection::vec(any::<u8>(), 0..12),
            b in prop::collection::vec(any::<u8>(), 0..12),
        ) {
            let (x, y) = (bytes(&a), bytes(&b));
            prop_assert_eq!(a.cmp(&b), x.cmp(&y));
            prop_assert_eq!(read_bytes(&x), Some(a));
        }

        #[test]
        fn sort_keys_come_back(text in ".{0,8}", value in any::<i64>()) {
            for key in [SortKey::Str(text), SortKey::I64(value)] {
                let read = read_sort_text(&sort_text(&key), key.sort_type());
                prop_assert_eq!(read, Some(key));
            }
        }

        #[test]
        fn other_text_is_not_read(text in "[0-9a-zA-Z]{0,17}") {
            prop_assert!(read_number(&text).is_none_or(|value| number(value) == text));
            prop_assert!(read_bytes(&text).is_none_or(|value| bytes(&value) == text));
        }
    }

    /// The examples of RFC 4648, section 10.
    #[test]
    fn the_digits_are_those_of_base32hex() {
        assert_eq!(bytes(b"foobar"), "cpnmuoj1e8");
        assert_eq!(number(-1), "7fffffffffffffff");
        assert_eq!(read_number("7FFFFFFFFFFFFFFF"), None);
    }
}
