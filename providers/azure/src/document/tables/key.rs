//! Keys as the keys of entities, in their order and without what the service forbids in them.
//!
//! Text is escaped as on every store that forbids characters. Beyond that, C1 controls become `~`
//! and a code, and what would change places between the orders of UTF-8 and UTF-16 becomes U+D7FF
//! and a code, so that both orders are that of the text.

use bytes::Bytes;
use isobar::document::{CollectionSchema, Key, SortKey, SortType};
use isobar::driver::escape::{escape, unescape};
use isobar::driver::sortable;
use isobar::{Error, ErrorKind, Result};

/// UTF-16 units of each of the two keys: 1 KiB ("Understanding the Table service data model").
const UNITS: usize = 512;
/// After `~`, whose first two codes are those of `escape`.
const C1_CODES: &str = "23456789abcdefghijklmnopqrstuvwx";
const FIRST_C1: char = '\u{80}';
const LAST_C1: char = '\u{9f}';
/// Introduces the characters from U+E000 to U+FFFF, and itself.
const HIGH: char = '\u{d7ff}';
const ITSELF: char = '0';
const FIRST_HIGH: u32 = 0xe000;
const LAST_HIGH: u32 = 0xffff;
/// The ideograph that stands for the first of them, followed by as many as are needed.
const HIGH_CODES: u32 = 0x4e00;
/// The Braille pattern of no dots; that of byte 255 has all eight.
const BRAILLE: u32 = 0x2800;

/// An entity's two keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) partition: String,
    pub(super) row: String,
}

impl Address {
    pub(super) fn of(schema: &CollectionSchema, key: &Key) -> Result<Self> {
        let row = match &key.sort {
            Some(sort) => row(schema, sort)?,
            None => String::new(),
        };
        Ok(Self {
            partition: partition(schema, &key.partition)?,
            row,
        })
    }

    /// The key that these are of.
    pub(super) fn key(&self, schema: &CollectionSchema) -> Result<Key> {
        let foreign = || {
            let message = "a row of the table has keys that this library did not make, other code \
                           wrote it: adopt the table, or remove the row";
            Error::new(ErrorKind::Corrupt, message)
        };
        let text = |stored: &str| {
            if schema.adopted {
                Some(stored.to_owned())
            } else {
                plain_text(stored)
            }
        };
        let sort = match &schema.sort {
            None if self.row.is_empty() => None,
            None => return Err(foreign()),
            Some((_, SortType::Str)) => text(&self.row).map(SortKey::Str),
            Some((_, SortType::I64)) => sortable::read_number(&self.row).map(SortKey::I64),
            Some((_, SortType::Bytes)) => bytes(&self.row).map(SortKey::Bytes),
        };
        if schema.sort.is_some() && sort.is_none() {
            return Err(foreign());
        }
        Ok(Key {
            partition: text(&self.partition).ok_or_else(foreign)?,
            sort,
        })
    }
}

/// The key of a partition, as it is stored.
pub(super) fn partition(schema: &CollectionSchema, partition: &str) -> Result<String> {
    text(schema, partition)
}

/// The place of a sort key in its partition, as it is stored.
pub(super) fn row(schema: &CollectionSchema, sort: &SortKey) -> Result<String> {
    match sort {
        SortKey::Str(value) => text(schema, value),
        SortKey::I64(value) => Ok(sortable::number(*value)),
        SortKey::Bytes(value) => {
            let patterns = value.iter().map(|byte| BRAILLE + u32::from(*byte));
            within(patterns.filter_map(char::from_u32).collect())
        }
    }
}

fn text(schema: &CollectionSchema, text: &str) -> Result<String> {
    if !schema.adopted {
        return within(stored_text(text));
    }
    let forbidden = |character: char| character.is_control() || "/\\#?".contains(character);
    if text.contains(forbidden) {
        let message = "Azure Tables has no keys with controls or any of / \\ # ?, and those of an \
                       adopted table are not escaped";
        return Err(Error::invalid(message));
    }
    within(text.to_owned())
}

fn within(stored: String) -> Result<String> {
    let units = stored.encode_utf16().count();
    if units > UNITS {
        let what = "the length in UTF-16 units of a key, escaped for Azure Tables";
        let kind = ErrorKind::InvalidArgument;
        return Err(Error::over_limit(kind, what, UNITS as u64, units as u64));
    }
    Ok(stored)
}

fn stored_text(text: &str) -> String {
    let mut stored = String::with_capacity(text.len());
    for character in escape(text).chars() {
        let number = u32::from(character);
        match character {
            FIRST_C1..=LAST_C1 => {
                stored.push('~');
                let at = number - u32::from(FIRST_C1);
                stored.extend(C1_CODES.chars().nth(at as usize));
            }
            HIGH => stored.extend([HIGH, ITSELF]),
            _ if (FIRST_HIGH..=LAST_HIGH).contains(&number) => {
                stored.push(HIGH);
                stored.extend(char::from_u32(HIGH_CODES + (number - FIRST_HIGH)));
            }
            other => stored.push(other),
        }
    }
    stored
}

/// The text that was stored so; `None` where none was.
fn plain_text(stored: &str) -> Option<String> {
    let mut escaped = String::with_capacity(stored.len());
    let mut characters = stored.chars();
    while let Some(character) = characters.next() {
        match character {
            '~' => match characters.next()? {
                code @ ('0' | '1') => escaped.extend(['~', code]),
                code => {
                    let at = C1_CODES.chars().position(|known| known == code)?;
                    let number = u32::from(FIRST_C1) + u32::try_from(at).ok()?;
                    escaped.extend(char::from_u32(number));
                }
            },
            HIGH => match characters.next()? {
                ITSELF => escaped.push(HIGH),
                code => {
                    let number = u32::from(code).checked_sub(HIGH_CODES)? + FIRST_HIGH;
                    let is_high = (FIRST_HIGH..=LAST_HIGH).contains(&number);
                    escaped.push(char::from_u32(number).filter(|_| is_high)?);
                }
            },
            other => escaped.push(other),
        }
    }
    unescape(&escaped).filter(|text| !text.is_empty() && stored_text(text) == stored)
}

fn bytes(stored: &str) -> Option<Bytes> {
    let byte = |pattern| {
        let byte = u32::from(pattern).checked_sub(BRAILLE)?;
        u8::try_from(byte).ok()
    };
    let bytes: Option<Vec<u8>> = stored.chars().map(byte).collect();
    bytes.filter(|bytes| !bytes.is_empty()).map(Bytes::from)
}

#[cfg(test)]
mod tests;
