//! Text as JavaScript counts it: in units of UTF-16.

use crate::machine::value::Value;

/// The units of a text.
pub(crate) type Units = Vec<u16>;

/// The units of a text.
pub(crate) fn of(text: &str) -> Units {
    text.encode_utf16().collect()
}

/// The text that some units make; unknown where half of a character is among them.
pub(crate) fn text(units: &[u16]) -> Value {
    String::from_utf16(units).map_or(Value::Unknown, Value::from)
}

/// Where `wanted` first is, from an index on.
pub(crate) fn find(units: &[u16], wanted: &[u16], from: usize) -> Option<usize> {
    let last = units.len().checked_sub(wanted.len())?;
    (from..=last).find(|at| units[*at..].starts_with(wanted))
}

/// Where `wanted` last is.
pub(crate) fn find_last(units: &[u16], wanted: &[u16]) -> Option<usize> {
    let last = units.len().checked_sub(wanted.len())?;
    (0..=last).rev().find(|at| units[*at..].starts_with(wanted))
}
