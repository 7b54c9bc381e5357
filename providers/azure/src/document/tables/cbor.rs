//! Fields as CBOR (RFC 8949), which any language reads; instants as in RFC 9581.

use bytes::Bytes;
use isobar::document::{Map, Timestamp, Value};
use isobar::{Error, ErrorKind, Result};

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const LIST: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const OTHER: u8 = 7;

/// The bits of an item's first byte beside its kind; how many bytes of a number follow it.
const SHORT: u8 = 0x1f;
const ONE_BYTE: u8 = 0x18;
const TWO_BYTES: u8 = 0x19;
const FOUR_BYTES: u8 = 0x1a;
const EIGHT_BYTES: u8 = 0x1b;

const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;
const DOUBLE: u8 = 0xfb;
/// The tag of an instant: a map of seconds under 1, and of microseconds under -6.
const INSTANT: u64 = 1001;
const SECONDS: i64 = 1;
const MICROSECONDS: i64 = -6;
/// Levels that are read; above every limit that a write is held to, and within any stack.
const MAX_DEPTH: u32 = 128;

/// The fields as one map, in their order.
pub(super) fn encode(fields: &Map) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    put_map(&mut out, fields)?;
    Ok(out)
}

/// The fields that were encoded so; `None` where the bytes are something else.
pub(super) fn decode(bytes: &[u8]) -> Option<Map> {
    let mut reader = Reader(bytes);
    match reader.value(MAX_DEPTH)? {
        Value::Map(fields) if reader.0.is_empty() => Some(fields),
        _ => None,
    }
}

fn put_map(out: &mut Vec<u8>, fields: &Map) -> Result<()> {
    put_head(out, MAP, fields.len() as u64);
    for (name, value) in fields {
        put_head(out, TEXT, name.len() as u64);
        out.extend(name.as_bytes());
        put(out, value)?;
    }
    Ok(())
}

fn put(out: &mut Vec<u8>, value: &Value) -> Result<()> {
    match value {
        Value::Null => out.push(NULL),
        Value::Bool(false) => out.push(FALSE),
        Value::Bool(true) => out.push(TRUE),
        Value::Int(number) => put_int(out, *number),
        Value::Float(number) => {
            out.push(DOUBLE);
            out.extend(number.to_bits().to_be_bytes());
        }
        Value::String(text) => {
            put_head(out, TEXT, text.len() as u64);
            out.extend(text.as_bytes());
        }
        Value::Bytes(bytes) => {
            put_head(out, BYTES, bytes.len() as u64);
            out.extend(bytes);
        }
        Value::Timestamp(at) => {
            put_head(out, TAG, INSTANT);
            put_head(out, MAP, 2);
            put_int(out, SECONDS);
            put_int(out, at.as_seconds());
            put_int(out, MICROSECONDS);
            put_int(out, at.as_micros().rem_euclid(1_000_000));
        }
        Value::List(items) => {
            put_head(out, LIST, items.len() as u64);
            items.iter().try_for_each(|item| put(out, item))?;
        }
        Value::Map(fields) => put_map(out, fields)?,
        // `Value` may grow; a kind without a form must not be stored as something else.
        other => {
            let kind = other.kind_name();
            let message = format!("the format of documents in Azure Tables has no {kind}");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
    }
    Ok(())
}

fn put_int(out: &mut Vec<u8>, number: i64) {
    match u64::try_from(number) {
        Ok(number) => put_head(out, UNSIGNED, number),
        // -1 - n, which is the complement of its bits.
        Err(_) => put_head(out, NEGATIVE, (!number).cast_unsigned()),
    }
}

/// The kind of an item with its length or number, in as few bytes as it takes.
fn put_head(out: &mut Vec<u8>, major: u8, number: u64) {
    let major = major << 5;
    let bytes = number.to_be_bytes();
    match number {
        0..=23 => out.push(major | bytes[7]),
        24..=0xff => out.extend([major | ONE_BYTE, bytes[7]]),
        0x100..=0xffff => {
            out.push(major | TWO_BYTES);
            out.extend(&bytes[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | FOUR_BYTES);
            out.extend(&bytes[4..]);
        }
        _ => {
            out.push(major | EIGHT_BYTES);
            out.extend(bytes);
        }
    }
}

/// What is left to read.
struct Reader<'r>(&'r [u8]);

impl<'r> Reader<'r> {
    fn take(&mut self, length: u64) -> Option<&'r [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn unsigned(&mut self, bytes: u64) -> Option<u64> {
        let taken = self.take(bytes)?;
        Some(
            taken
                .iter()
                .fold(0, |number, byte| number << 8 | u64::from(*byte)),
        )
    }

    /// The kind of an item, its short number, and its number.
    fn head(&mut self) -> Option<(u8, u8, u64)> {
        let first = *self.take(1)?.first()?;
        let (major, short) = (first >> 5, first & SHORT);
        let number = match short {
            0..=23 => u64::from(short),
            ONE_BYTE => self.unsigned(1)?,
            TWO_BYTES => self.unsigned(2)?,
            FOUR_BYTES => self.unsigned(4)?,
            EIGHT_BYTES => self.unsigned(8)?,
            _ => return None,
        };
        Some((major, short, number))
    }

    fn text(&mut self, length: u64) -> Option<String> {
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }

    fn int(&mut self) -> Option<i64> {
        match self.head()? {
            (UNSIGNED, _, number) => i64::try_from(number).ok(),
            (NEGATIVE, _, number) => i64::try_from(number).ok().map(|number| !number),
            _ => None,
        }
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        let inner = depth.checked_sub(1);
        let (major, short, number) = self.head()?;
        Some(match major {
            UNSIGNED => Value::Int(i64::try_from(number).ok()?),
            NEGATIVE => Value::Int(!i64::try_from(number).ok()?),
            BYTES => Value::Bytes(Bytes::copy_from_slice(self.take(number)?)),
            TEXT => Value::String(self.text(number)?),
            LIST => {
                let items = (0..number).map(|_| self.value(inner?));
                Value::List(items.collect::<Option<_>>()?)
            }
            MAP => {
                let mut fields = Map::new();
                for _ in 0..number {
                    let (major, _, length) = self.head()?;
                    let name = (major == TEXT).then(|| self.text(length)).flatten()?;
                    fields.insert(name, self.value(inner?)?);
                }
                Value::Map(fields)
            }
            TAG if number == INSTANT => Value::Timestamp(self.instant()?),
            OTHER if short == EIGHT_BYTES => Value::Float(f64::from_bits(number)),
            OTHER if short == FALSE & SHORT => Value::Bool(false),
            OTHER if short == TRUE & SHORT => Value::Bool(true),
            OTHER if short == NULL & SHORT => Value::Null,
            _ => return None,
        })
    }

    fn instant(&mut self) -> Option<Timestamp> {
        let ((MAP, _, 2), SECONDS) = (self.head()?, self.int()?) else {
            return None;
        };
        let seconds = self.int()?;
        let micros = (self.int()? == MICROSECONDS)
            .then(|| self.int())
            .flatten()?;
        let micros = i128::from(seconds) * 1_000_000 + i128::from(micros);
        i64::try_from(micros).ok().map(Timestamp::from_micros)
    }
}

#[cfg(test)]
mod tests;
