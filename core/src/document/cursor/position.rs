//! A place in a selection as bytes, read back with every length checked.

use bytes::Bytes;

use crate::document::{CollectionSchema, Key, SortKey};
use crate::driver::document::{Position, Selection, Source};

pub(super) fn encode(position: &Position) -> Vec<u8> {
    let mut out = Vec::new();
    match position {
        Position::Sort(sort) => {
            out.push(b's');
            put_sort(&mut out, Some(sort));
        }
        Position::Entry { value, key } => {
            out.push(b'e');
            put_sort(&mut out, value.as_ref());
            put_key(&mut out, key);
        }
        Position::Key(key) => {
            out.push(b'k');
            put_key(&mut out, key);
        }
        Position::Token(token) => {
            out.push(b't');
            out.extend(token);
        }
    }
    out
}

/// The bytes are no place of the selection.
pub(super) struct Malformed;

/// The place, where it is one that the selection can have.
pub(super) fn decode(
    bytes: &[u8],
    schema: &CollectionSchema,
    selection: &Selection,
) -> Result<Position, Malformed> {
    let mut rest = bytes;
    let position = match (take_chunk::<1>(&mut rest)?, &selection.source) {
        (b"s", Source::Partition(_)) => {
            let sort = take_sort(&mut rest)?.ok_or(Malformed)?;
            let (name, sort_type) = schema.sort.as_ref().ok_or(Malformed)?;
            sort.check(*sort_type, name).map_err(|_| Malformed)?;
            Position::Sort(sort)
        }
        (b"e", Source::Index { index, .. }) => {
            let value = take_sort(&mut rest)?;
            let declared = index.sort.as_ref().map(|(_, sort_type)| *sort_type);
            if value.as_ref().map(SortKey::sort_type) != declared {
                return Err(Malformed);
            }
            let key = take_key(&mut rest, schema)?;
            Position::Entry { value, key }
        }
        (b"k", Source::Everything) => Position::Key(take_key(&mut rest, schema)?),
        (b"t", Source::Everything) => {
            Position::Token(Bytes::copy_from_slice(std::mem::take(&mut rest)))
        }
        _ => return Err(Malformed),
    };
    if rest.is_empty() {
        Ok(position)
    } else {
        Err(Malformed)
    }
}

fn put_key(out: &mut Vec<u8>, key: &Key) {
    put_bytes(out, key.partition.as_bytes());
    put_sort(out, key.sort.as_ref());
}

fn put_sort(out: &mut Vec<u8>, sort: Option<&SortKey>) {
    match sort {
        None => out.push(b'-'),
        Some(SortKey::Str(text)) => {
            out.push(b's');
            put_bytes(out, text.as_bytes());
        }
        Some(SortKey::I64(number)) => {
            out.push(b'i');
            out.extend(number.to_be_bytes());
        }
        Some(SortKey::Bytes(bytes)) => {
            out.push(b'b');
            put_bytes(out, bytes);
        }
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    // Key fields are at most 512 bytes.
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(bytes);
}

fn take_key(rest: &mut &[u8], schema: &CollectionSchema) -> Result<Key, Malformed> {
    let partition = String::from_utf8(take_bytes(rest)?.to_vec()).map_err(|_| Malformed)?;
    let sort = take_sort(rest)?;
    let key = Key { partition, sort };
    key.check(schema).map_err(|_| Malformed)?;
    Ok(key)
}

fn take_sort(rest: &mut &[u8]) -> Result<Option<SortKey>, Malformed> {
    let tag = take_chunk::<1>(rest)?;
    Ok(match tag {
        b"-" => None,
        b"s" => {
            let text = String::from_utf8(take_bytes(rest)?.to_vec());
            Some(SortKey::Str(text.map_err(|_| Malformed)?))
        }
        b"i" => Some(SortKey::I64(i64::from_be_bytes(*take_chunk(rest)?))),
        b"b" => Some(SortKey::Bytes(Bytes::copy_from_slice(take_bytes(rest)?))),
        _ => return Err(Malformed),
    })
}

fn take_bytes<'r>(rest: &mut &'r [u8]) -> Result<&'r [u8], Malformed> {
    let length = u32::from_be_bytes(*take_chunk(rest)?);
    let length = usize::try_from(length).map_err(|_| Malformed)?;
    let (bytes, after) = rest.split_at_checked(length).ok_or(Malformed)?;
    *rest = after;
    Ok(bytes)
}

fn take_chunk<'r, const N: usize>(rest: &mut &'r [u8]) -> Result<&'r [u8; N], Malformed> {
    let (chunk, after) = rest.split_first_chunk().ok_or(Malformed)?;
    *rest = after;
    Ok(chunk)
}

impl Position {
    /// The place of a document in a selection; `None` where its fields do not tell it.
    pub(crate) fn of(
        fields: &crate::document::Map,
        schema: &CollectionSchema,
        source: &Source,
    ) -> Option<Self> {
        let key = Key::of(fields, schema).ok()?;
        Some(match source {
            Source::Partition(_) => Self::Sort(key.sort?),
            Source::Index { index, .. } => Self::Entry {
                value: index.entry(fields)?.sort,
                key,
            },
            Source::Everything => Self::Key(key),
        })
    }
}
