//! The order of map entries, for stores that do not keep it, beside the maps (rule R20).
//!
//! The record is a checksum of the names it was made for, then for each map with two entries or
//! more, in the order of a walk by name, either 0 (by name) or 1 and the place of each entry. A
//! document that other code has changed since does not match the checksum and is read by name.

use super::crc32c;
use crate::document::{Map, Value};

const BY_NAME: u8 = 0;
const GIVEN: u8 = 1;
const CHECKSUM: usize = 4;

/// What must be stored so that [`restore`] finds the order again; nothing where all is by name.
pub fn record(fields: &Map) -> Option<Vec<u8>> {
    let mut walk = Walk::default();
    walk.map(fields);
    walk.orders.truncate(walk.needed);
    if walk.orders.is_empty() {
        return None;
    }
    let mut record = walk.names.to_be_bytes().to_vec();
    record.append(&mut walk.orders);
    Some(record)
}

/// Puts the entries of `fields` and of the maps within into the recorded order.
pub fn restore(fields: &mut Map, record: &[u8]) {
    let mut walk = Walk::default();
    walk.map(fields);
    let Some((checksum, orders)) = record.split_first_chunk::<CHECKSUM>() else {
        return;
    };
    if u32::from_be_bytes(*checksum) == walk.names {
        apply(fields, &mut Orders(orders));
    }
}

#[derive(Default)]
struct Walk {
    /// CRC32C of all names in the order of the walk, with the shape around them.
    names: u32,
    orders: Vec<u8>,
    /// How many bytes of the orders there are up to the last map that is not by name.
    needed: usize,
}

impl Walk {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Map(fields) => self.map(fields),
            Value::List(items) => {
                self.note(b'[', &items.len().to_be_bytes());
                for item in items {
                    self.value(item);
                }
            }
            _ => {}
        }
    }

    fn map(&mut self, fields: &Map) {
        self.note(b'{', &fields.len().to_be_bytes());
        let by_name = places_by_name(fields);
        if fields.len() > 1 {
            self.order(&by_name);
        }
        for at in by_name {
            let (name, value) = fields.get_index(at).expect("a place of this map");
            self.note(b'.', name.as_bytes());
            self.value(value);
        }
    }

    fn order(&mut self, by_name: &[usize]) {
        if by_name.is_sorted() {
            self.orders.push(BY_NAME);
            return;
        }
        self.orders.push(GIVEN);
        let mut rank = vec![0; by_name.len()];
        for (sorted, &given) in by_name.iter().enumerate() {
            rank[given] = sorted;
        }
        for place in rank {
            put_varint(&mut self.orders, place);
        }
        self.needed = self.orders.len();
    }

    fn note(&mut self, tag: u8, content: &[u8]) {
        self.names = crc32c::append(self.names, &[tag]);
        self.names = crc32c::append(self.names, content);
    }
}

/// The places of the entries, smallest name first.
fn places_by_name(fields: &Map) -> Vec<usize> {
    let mut places: Vec<usize> = (0..fields.len()).collect();
    let name = |at: usize| fields.get_index(at).map(|(name, _)| name);
    places.sort_unstable_by(|&a, &b| name(a).cmp(&name(b)));
    places
}

struct Orders<'r>(&'r [u8]);

impl Orders<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn varint(&mut self) -> Option<usize> {
        let mut number = 0_usize;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// The given places of a map of `length` entries; `None` where they are by name.
    fn next(&mut self, length: usize) -> Option<Vec<usize>> {
        if self.byte()? != GIVEN {
            return None;
        }
        let places: Vec<usize> = (0..length).map(|_| self.varint()).collect::<Option<_>>()?;
        let mut seen = vec![false; length];
        for &place in &places {
            *seen.get_mut(place)? = true;
        }
        seen.into_iter().all(|seen| seen).then_some(places)
    }
}

/// Walks as [`Walk`] does; `fields` come by name, as they are decoded.
fn apply(fields: &mut Map, orders: &mut Orders<'_>) {
    fields.sort_unstable_keys();
    let places = if fields.len() > 1 {
        orders.next(fields.len())
    } else {
        None
    };
    fields.values_mut().for_each(|value| within(value, orders));
    if let Some(places) = places {
        let mut entries: Vec<_> = std::mem::take(fields).into_iter().map(Some).collect();
        fields.extend(places.into_iter().filter_map(|place| entries[place].take()));
    }
}

fn within(value: &mut Value, orders: &mut Orders<'_>) {
    match value {
        Value::Map(fields) => apply(fields, orders),
        Value::List(items) => items.iter_mut().for_each(|item| within(item, orders)),
        _ => {}
    }
}

fn put_varint(out: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = u8::try_from(number & 0x7f).expect("seven bits");
        number >>= 7;
        if number == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests;
