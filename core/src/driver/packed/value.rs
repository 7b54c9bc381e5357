//! Values as bytes.

use bytes::Bytes;

use super::{Malformed, Reader, put_bytes, put_signed, put_varint};
use crate::document::{Map, Timestamp, Value};

pub(crate) const NULL: u8 = 0;
pub(crate) const FALSE: u8 = 1;
pub(crate) const TRUE: u8 = 2;
pub(crate) const INT: u8 = 3;
pub(crate) const FLOAT: u8 = 4;
pub(crate) const STRING: u8 = 5;
pub(crate) const BYTES: u8 = 6;
pub(crate) const TIMESTAMP: u8 = 7;
pub(crate) const LIST: u8 = 8;
pub(crate) const MAP: u8 = 9;

/// Levels that are read; above every limit that a write is held to, and within any stack.
pub(crate) const MAX_DEPTH: u32 = 256;

/// Appends the fields of a document or of a nested map, in their order.
pub fn put_fields(out: &mut Vec<u8>, fields: &Map) {
    put_varint(out, fields.len() as u64);
    for (name, value) in fields {
        put_bytes(out, name.as_bytes());
        put_value(out, value);
    }
}

/// Reads what [`put_fields`] appended.
pub fn fields(reader: &mut Reader<'_>) -> Result<Map, Malformed> {
    map(reader, MAX_DEPTH)
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
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
            for item in items {
                put_value(out, item);
            }
        }
        Value::Map(fields) => {
            out.push(MAP);
            put_fields(out, fields);
        }
    }
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

/// Passes over the value that follows a tag.
pub(crate) fn skip(reader: &mut Reader<'_>, tag: u8, depth: u32) -> Result<(), Malformed> {
    match tag {
        NULL | FALSE | TRUE => {}
        INT | TIMESTAMP => drop(reader.varint()?),
        FLOAT => drop(reader.array::<8>()?),
        STRING | BYTES => drop(reader.bytes()?),
        LIST | MAP => {
            let depth = depth.checked_sub(1).ok_or(Malformed)?;
            for _ in 0..reader.count()? {
                if tag == MAP {
                    reader.bytes()?;
                }
                let tag = reader.byte()?;
                skip(reader, tag, depth)?;
            }
        }
        _ => return Err(Malformed),
    }
    Ok(())
}
