//! Between JavaScript's numbers and Rust's lengths and positions.

/// The largest array length JavaScript allows is one more than the largest array index.
const MAX_INDEX: u32 = u32::MAX - 1;

/// A length or position as a JavaScript number; exact, since nothing in memory has 2^53 elements.
#[expect(clippy::cast_precision_loss, reason = "lengths stay far below 2^53")]
pub(super) fn number(length: usize) -> f64 {
    length as f64
}

/// A whole number of at least zero as a length; larger ones become the largest length.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, which is what every caller wants"
)]
pub(super) fn length(number: f64) -> usize {
    number as usize
}

/// `ToIntegerOrInfinity`: truncates, and reads `NaN` as zero.
pub(super) fn to_integer(number: f64) -> f64 {
    if number.is_nan() { 0.0 } else { number.trunc() }
}

/// The position that a relative argument (`slice(-2)`) means in something of `len` elements.
pub(super) fn relative(argument: f64, len: usize) -> usize {
    let argument = to_integer(argument);
    if argument < 0.0 {
        length((number(len) + argument).max(0.0))
    } else {
        length(argument).min(len)
    }
}

/// `ToInt32`, as the bit operators apply it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "ToInt32 is defined as arithmetic modulo 2^32"
)]
pub(super) fn to_int32(number: f64) -> i32 {
    if !number.is_finite() {
        return 0;
    }
    let modulo = number.trunc().rem_euclid(4_294_967_296.0);
    modulo as u64 as u32 as i32
}

/// The array index that a property name spells, when it is one in canonical form.
pub(super) fn from_text(text: &str) -> Option<usize> {
    let canonical = text == "0" || !text.starts_with('0');
    if !canonical || text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse::<u32>()
        .ok()
        .filter(|index| *index <= MAX_INDEX)
        .map(|index| index as usize)
}

/// The array index that a number is, when it is one.
#[expect(clippy::float_cmp, reason = "asks whether the number is whole")]
pub(crate) fn from_number(number: f64) -> Option<usize> {
    let valid = number >= 0.0 && number <= f64::from(MAX_INDEX) && number.trunc() == number;
    valid.then(|| length(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_numbers_below_the_limit_are_array_indexes() {
        let index = from_text;
        assert_eq!(index("0"), Some(0));
        assert_eq!(index("4294967294"), Some(4_294_967_294));
        for name in ["", "00", "01", "-1", "1.0", "4294967295", "1e3", " 1"] {
            assert_eq!(index(name), None, "{name:?}");
        }
        assert_eq!(from_number(-0.0), Some(0));
        assert_eq!(from_number(1.5), None);
        assert_eq!(from_number(f64::NAN), None);
    }

    #[test]
    fn the_bit_operators_see_numbers_modulo_two_to_the_32() {
        assert_eq!(to_int32(4_294_967_295.0), -1);
        assert_eq!(to_int32(-1.9), -1);
        assert_eq!(to_int32(2_147_483_648.0), i32::MIN);
        assert_eq!(to_int32(f64::INFINITY), 0);
    }
}
