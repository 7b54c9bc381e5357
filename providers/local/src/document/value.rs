//! Values as bytes: compact, deterministic and exact; the table of tags is in `docs/storage-format.md`.

use bytes::Bytes;
use isobar::document::{Map, Timestamp, Value};
use isobar::{Error, ErrorKind};

use crate::wire::{Malformed, Reader, put_bytes, put_signed, put_varint};

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INT: u8 = 3;
const FLOAT: u8 = 4;
const STRING: u8 = 5;
const BYTES: u8 = 6;
const TIMESTAMP: u8 = 7;
const LIST: u8 = 8;
const MAP: u8 = 9;

/// Levels that are read; above every limit that a write is held to, and within any stack.
const MAX_DEPTH: u32 = 256;

/// Appends the fields of a document or of a nested map, in their order.
pub(crate) fn put_fields(out: &mut Vec<u8>, fields: &Map) -> Result<(), Error> {
    put_varint(out, fields.len() as u64);
    for (name, value) in fields {
        put_bytes(out, name.as_bytes());
        put_value(out, value)?;
    }
    Ok(())
}

/// Reads the fields of a document.
pub(crate) fn fields(reader: &mut Reader<'_>) -> Result<Map, Malformed> {
    map(reader, MAX_DEPTH)
}

fn put_value(out: &mut Vec<u8>, value: &Value) -> Result<(), Error> {
    match value {
        Value::Null => out.push(NULL),
        Value::Bool(false) => out.push(FALSE),
        Value::Bool(true) => out.push(TRUE),
        Value::Int(number) => {
            out.push(INT);
            put_signed(out, *number);
        }
        Value::Float(number) => {
            out.push(FLOAT);
            out.extend(number.to_bits().to_le_bytes());
        }
        Value::String(text) => {
            out.push(STRING);
            put_bytes(out, text.as_bytes());
        }
        Value::Bytes(bytes) => {
            out.push(BYTES);
            put_bytes(out, bytes);
        }
        Value::Timestamp(at) => {
            out.push(TIMESTAMP);
            put_signed(out, at.as_micros());
        }
        Value::List(items) => {
            out.push(LIST);
            put_varint(out, items.len() as u64);
            items.iter().try_for_each(|item| put_value(out, item))?;
        }
        Value::Map(fields) => {
            out.push(MAP);
            put_fields(out, fields)?;
        }
        // `Value` may grow; a kind without a tag must not be stored as something else.
        other => {
            let kind = other.kind_name();
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the format of the local store has no {kind}"),
            ));
        }
    }
    Ok(())
}

fn value(reader: &mut Reader<'_>, depth: u32) -> Result<Value, Malformed> {
    Ok(match reader.byte()? {
        NULL => Value::Null,
        FALSE => Value::Bool(false),
        TRUE => Value::Bool(true),
        INT => Value::Int(reader.signed()?),
        FLOAT => Value::Float(f64::from_bits(u64::from_le_bytes(reader.array()?))),
        STRING => Value::String(reader.text()?.to_owned()),
        BYTES => Value::Bytes(Bytes::copy_from_slice(reader.bytes()?)),
        TIMESTAMP => Value::Timestamp(Timestamp::from_micros(reader.signed()?)),
        LIST => {
            let depth = depth.checked_sub(1).ok_or(Malformed)?;
            let count = reader.count()?;
            Value::List(
                (0..count)
                    .map(|_| value(reader, depth))
                    .collect::<Result<_, _>>()?,
            )
        }
        MAP => Value::Map(map(reader, depth.checked_sub(1).ok_or(Malformed)?)?),
        _ => return Err(Malformed),
    })
}

fn map(reader: &mut Reader<'_>, depth: u32) -> Result<Map, Malformed> {
    let count = reader.count()?;
    (0..count)
        .map(|_| Ok((reader.text()?.to_owned(), value(reader, depth)?)))
        .collect()
}

#[cfg(test)]
mod tests;
