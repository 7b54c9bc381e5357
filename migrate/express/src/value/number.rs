//! Numbers as text and text as numbers, digit for digit as JavaScript does it.

use super::{JsString, Thrown, index};

/// `String(number)`.
pub fn number_to_string(number: f64) -> JsString {
    JsString::new(ryu_js::Buffer::new().format(number))
}

/// `parseInt(text, radix)`; a radix of 0 means that the text decides.
pub fn parse_int(text: &JsString, radix: f64) -> f64 {
    let text = text.to_text();
    let text = text.trim_start_matches(is_space);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match (index::to_int32(radix), hexadecimal(digits)) {
        (0 | 16, Some(rest)) => (16, rest),
        (0, None) => (10, digits),
        (radix, _) if (2..=36).contains(&radix) => (radix.unsigned_abs(), digits),
        _ => return f64::NAN,
    };
    let end = digits
        .find(|digit: char| !digit.is_digit(radix))
        .unwrap_or(digits.len());
    let magnitude = whole_number(&digits[..end], radix);
    if negative { -magnitude } else { magnitude }
}

/// `parseFloat(text)`.
pub fn parse_float(text: &JsString) -> f64 {
    let text = text.to_text();
    let text = text.trim_start_matches(is_space);
    decimal_prefix(text).map_or(f64::NAN, |length| decimal(&text[..length]))
}

/// `Number(text)`.
pub(super) fn string_to_number(text: &JsString) -> f64 {
    let text = text.to_text();
    if let Some(number) = short_whole_number(&text) {
        return number;
    }
    let text = text.trim_matches(is_space);
    if text.is_empty() {
        return 0.0;
    }
    let prefixed = [
        ("0x", 16),
        ("0X", 16),
        ("0o", 8),
        ("0O", 8),
        ("0b", 2),
        ("0B", 2),
    ];
    if let Some((digits, radix)) = prefixed
        .iter()
        .find_map(|(prefix, radix)| Some((text.strip_prefix(prefix)?, *radix)))
    {
        let valid = digits.chars().all(|digit| digit.is_digit(radix));
        return if valid {
            whole_number(digits, radix)
        } else {
            f64::NAN
        };
    }
    match decimal_prefix(text) {
        Some(length) if length == text.len() => decimal(text),
        _ => f64::NAN,
    }
}

/// Digits alone, so few that no step rounds: what most ids are.
fn short_whole_number(text: &str) -> Option<f64> {
    let is_short = (1..=15).contains(&text.len());
    let digit = |byte: u8| byte.is_ascii_digit().then(|| f64::from(byte - b'0'));
    let mut digits = is_short.then(|| text.bytes().map(digit))?;
    digits.try_fold(0.0, |number, digit| Some(number * 10.0 + digit?))
}

impl JsString {
    /// `number.toFixed(digits)`.
    pub fn from_fixed(number: f64, digits: f64) -> Result<Self, Thrown> {
        let digits = index::to_integer(digits);
        if !(0.0..=100.0).contains(&digits) {
            return Err(Thrown::range_error(
                "toFixed() digits argument must be between 0 and 100",
            ));
        }
        if number.abs() >= 1e21 || number.is_nan() {
            return Ok(number_to_string(number));
        }
        let digits = u8::try_from(index::length(digits)).unwrap_or(100);
        // JavaScript asks whether the number is below zero, which -0 is not.
        let number = if number == 0.0 { 0.0 } else { number };
        Ok(Self::new(
            ryu_js::Buffer::new().format_to_fixed(number, digits),
        ))
    }
}

/// `number.toString(radix)`, digit for digit as V8 does it (`DoubleToRadixCString` in `src/numbers/conversions.cc`).
pub(super) fn to_radix(number: f64, radix: f64) -> Result<JsString, Thrown> {
    let radix = index::to_integer(radix);
    if !(2.0..=36.0).contains(&radix) {
        let message = "toString() radix argument must be between 2 and 36";
        return Err(Thrown::range_error(message));
    }
    if (radix - 10.0).abs() < 0.5 || !number.is_finite() {
        return Ok(number_to_string(number));
    }
    let magnitude = number.abs();
    let mut whole = magnitude.floor();
    let fraction = fraction_digits(magnitude, radix, &mut whole);
    let mut text = String::new();
    while whole / radix >= 9_007_199_254_740_992.0 {
        whole /= radix;
        text.push('0');
    }
    loop {
        let digit = whole % radix;
        text.push(digit_of(digit));
        whole = (whole - digit) / radix;
        if whole <= 0.0 {
            break;
        }
    }
    if number < 0.0 {
        text.push('-');
    }
    let mut text: String = text.chars().rev().collect();
    if !fraction.is_empty() {
        text.push('.');
        text.extend(fraction.into_iter().map(digit_of));
    }
    Ok(text.into())
}

/// As many digits of the fraction as tell the number from its neighbours; a carry goes to `whole`.
fn fraction_digits(number: f64, radix: f64, whole: &mut f64) -> Vec<f64> {
    let mut fraction = number - *whole;
    let mut delta = (0.5 * (number.next_up() - number)).max(f64::from_bits(1));
    let mut digits: Vec<f64> = Vec::new();
    if fraction < delta {
        return digits;
    }
    loop {
        fraction *= radix;
        delta *= radix;
        let digit = fraction.trunc();
        digits.push(digit);
        fraction -= digit;
        let is_odd = digit % 2.0 > 0.5;
        let rounds_up = fraction > 0.5 || (fraction >= 0.5 && is_odd);
        if rounds_up && fraction + delta > 1.0 {
            return rounded_up(digits, radix, whole);
        }
        if fraction < delta {
            return digits;
        }
    }
}

/// The digits and one more in the last place.
fn rounded_up(mut digits: Vec<f64>, radix: f64, whole: &mut f64) -> Vec<f64> {
    while let Some(last) = digits.pop() {
        if last + 1.0 < radix {
            digits.push(last + 1.0);
            return digits;
        }
    }
    *whole += 1.0;
    digits
}

fn digit_of(digit: f64) -> char {
    let digit = u32::try_from(index::length(digit)).unwrap_or(0);
    char::from_digit(digit, 36).unwrap_or('0')
}

/// White space and line ends of ECMA-262: Unicode's, without NEL and with the byte order mark.
pub(super) fn is_space(character: char) -> bool {
    character == '\u{feff}' || (character.is_whitespace() && character != '\u{85}')
}

fn hexadecimal(digits: &str) -> Option<&str> {
    digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
}

/// Digits of `radix` as a number: exact below 2^53, and rounded once for radix 10.
fn whole_number(digits: &str, radix: u32) -> f64 {
    if digits.is_empty() {
        return f64::NAN;
    }
    if radix == 10 {
        return decimal(digits);
    }
    let values = digits.chars().filter_map(|digit| digit.to_digit(radix));
    if radix.is_power_of_two() {
        return binary_number(values, radix.trailing_zeros());
    }
    values.fold(0.0, |sum, digit| sum * f64::from(radix) + f64::from(digit))
}

/// Digits of `width` bits each, rounded once, half to even.
fn binary_number(digits: impl Iterator<Item = u32>, width: u32) -> f64 {
    let mut significand: u128 = 0;
    let mut dropped_bits = 0_i32;
    let mut sticky = 0;
    for digit in digits {
        if significand.leading_zeros() > width + 1 {
            significand = (significand << width) | u128::from(digit);
        } else {
            dropped_bits += i32::try_from(width).unwrap_or(0);
            sticky |= u128::from(digit != 0);
        }
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "this is the one rounding; the sticky bit makes it right"
    )]
    let rounded = (significand | sticky) as f64;
    rounded * 2_f64.powi(dropped_bits)
}

/// The length of the longest prefix that is a decimal literal, sign included.
fn decimal_prefix(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes[from..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    if text[sign..].starts_with("Infinity") {
        return Some(sign + "Infinity".len());
    }
    let whole = digits(sign);
    let mut end = sign + whole;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if whole + fraction == 0 {
            return None;
        }
        end += 1 + fraction;
    } else if whole == 0 {
        return None;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits((end + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    Some(end)
}

/// A decimal literal that was checked already; Rust rounds correctly and reads `Infinity`, `1.` and `.5` alike.
fn decimal(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}
