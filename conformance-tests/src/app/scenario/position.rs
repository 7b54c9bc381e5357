//! A place in a text, as editors show it.

use std::fmt;

/// Line and column, both from 1 on; columns are bytes, as serde_json counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    line: usize,
    column: usize,
}

/// The place of a byte.
pub(super) fn of(text: &[u8], at: usize) -> Position {
    let before = text.get(..at).unwrap_or(text);
    let line = before.split(|byte| *byte == b'\n').count();
    let start = before.iter().rposition(|byte| *byte == b'\n');
    Position {
        line,
        column: before.len() - start.map_or(0, |newline| newline + 1) + 1,
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
