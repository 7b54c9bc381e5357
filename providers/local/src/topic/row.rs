//! A message as a row: checksum, id, deliveries, times, group, attributes, body.

use std::collections::BTreeMap;

use bytes::Bytes;
use isobar::document::Timestamp;
use isobar::function::{Message, Trace};
use isobar::{Error, ErrorKind};
use uuid::Uuid;

use crate::wire::{Malformed, Reader, put_bytes, put_option, put_signed, put_varint, seal, unseal};

/// Where a row has the trace of its sender, among the attributes: no attribute of a sender begins with a dot.
const TRACE: [&str; 2] = [".traceparent", ".tracestate"];
/// What a row has there that waits because it failed, and for no time that its handler asked for.
const PAUSED: &str = ".paused";

/// A row of the table of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageRow {
    pub(crate) id: Uuid,
    /// How often it was given to the application.
    pub(crate) attempts: u32,
    pub(crate) not_before: Timestamp,
    pub(crate) sent_at: Timestamp,
    pub(crate) group: Option<String>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) body: Bytes,
}

/// What says whether a message is due, which is read of all that wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    id: Uuid,
    pub(crate) attempts: u32,
    pub(crate) not_before: Timestamp,
    sent_at: Timestamp,
    pub(crate) group: Option<String>,
}

impl Head {
    /// The first part of a row, all of which must match its checksum.
    pub(crate) fn decode(topic: &str, number: u64, sealed: &[u8]) -> Result<Self, Error> {
        let body = unseal(&[topic.as_bytes(), &number.to_le_bytes()], sealed);
        let head = body.and_then(|body| Self::read(&mut Reader::new(body)));
        head.map_err(|Malformed| damaged(topic))
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            id: Uuid::from_bytes(reader.array()?),
            attempts: u32::try_from(reader.varint()?).map_err(|_| Malformed)?,
            not_before: Timestamp::from_micros(reader.signed()?),
            sent_at: Timestamp::from_micros(reader.signed()?),
            group: reader.option(|reader| reader.text().map(str::to_owned))?,
        })
    }
}

fn damaged(topic: &str) -> Error {
    let message = format!(
        "a message of {topic:?} does not match its checksum: run `isobar local check` on the store"
    );
    Error::new(ErrorKind::Corrupt, message)
}

impl MessageRow {
    /// The same with the trace of its sender.
    pub(crate) fn of_trace(mut self, trace: Option<&Trace>) -> Self {
        let told = trace.into_iter().flat_map(|trace| trace.named(TRACE));
        self.attributes.extend(told);
        self
    }

    /// Notes that it waits because it failed, and for no time that its handler asked for.
    pub(crate) fn note_pause(&mut self) {
        self.attributes.insert(PAUSED.to_owned(), String::new());
    }

    /// Notes that it waits as long as its handler asked.
    pub(crate) fn note_wait(&mut self) {
        self.attributes.remove(PAUSED);
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.attributes.contains_key(PAUSED)
    }

    pub(crate) fn encode(&self, topic: &str, number: u64) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.body.len() + 64);
        self.put(&mut body);
        seal(&[topic.as_bytes(), &number.to_le_bytes()], &body)
    }

    /// Appends all of it, as the last part of a record.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.id.as_bytes());
        put_varint(out, u64::from(self.attempts));
        put_signed(out, self.not_before.as_micros());
        put_signed(out, self.sent_at.as_micros());
        put_option(out, self.group.as_deref(), |out, group| {
            put_bytes(out, group.as_bytes());
        });
        put_varint(out, self.attributes.len() as u64);
        for (name, value) in &self.attributes {
            put_bytes(out, name.as_bytes());
            put_bytes(out, value.as_bytes());
        }
        out.extend(&self.body);
    }

    pub(crate) fn decode(topic: &str, number: u64, sealed: &[u8]) -> Result<Self, Error> {
        Self::parse(topic, number, sealed).map_err(|Malformed| damaged(topic))
    }

    fn parse(topic: &str, number: u64, sealed: &[u8]) -> Result<Self, Malformed> {
        let body = unseal(&[topic.as_bytes(), &number.to_le_bytes()], sealed)?;
        Self::read(Reader::new(body))
    }

    /// What [`put`](Self::put) has appended.
    pub(crate) fn read(mut reader: Reader<'_>) -> Result<Self, Malformed> {
        let head = Head::read(&mut reader)?;
        let mut attributes = BTreeMap::new();
        for _ in 0..reader.count()? {
            attributes.insert(reader.text()?.to_owned(), reader.text()?.to_owned());
        }
        Ok(Self {
            id: head.id,
            attempts: head.attempts,
            not_before: head.not_before,
            sent_at: head.sent_at,
            group: head.group,
            attributes,
            body: Bytes::copy_from_slice(reader.rest()),
        })
    }

    /// What its sender has put beside it, without what the store has.
    pub(crate) fn take_attributes(&mut self) -> BTreeMap<String, String> {
        let mut attributes = std::mem::take(&mut self.attributes);
        attributes.retain(|name, _| !name.starts_with('.'));
        attributes
    }

    /// The message as its handler sees it.
    pub(crate) fn message(self) -> Message {
        let mut message = Message::new(self.id.to_string(), self.body);
        let mut attributes = self.attributes;
        message.trace = Trace::taken_from(&mut attributes, TRACE);
        attributes.remove(PAUSED);
        message.attributes = attributes;
        message.attempt = Some(self.attempts);
        message.sent_at = Some(self.sent_at.into());
        message.group = self.group;
        message
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_row_is_read_as_it_was_written_and_at_its_own_place_only(
            (attempts, sent) in (any::<u32>(), any::<i32>()),
            group in prop::option::of(".*"),
            attributes in prop::collection::btree_map(".*", ".*", 0..4),
            body in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let row = MessageRow {
                id: Uuid::from_u128(7),
                attempts,
                not_before: Timestamp::from_micros(i64::from(sent) + 5),
                sent_at: Timestamp::from_micros(i64::from(sent)),
                group,
                attributes,
                body: body.into(),
            };
            let sealed = row.encode("jobs", 3);
            prop_assert_eq!(MessageRow::decode("jobs", 3, &sealed).unwrap(), row);
            prop_assert!(MessageRow::decode("jobs", 4, &sealed).is_err());
            prop_assert!(MessageRow::decode("job", 3, &sealed).is_err());
        }
    }
}
