//! An event of the log as a row: checksum, what became of it, and the message it was.

use bytes::Bytes;
use isobar::document::Timestamp;
use isobar::{Error, ErrorKind};
use serde::{Deserialize, Serialize};

use crate::topic::row::MessageRow;
use crate::wire::{Malformed, Reader, put_bytes, put_option, put_signed, put_varint, seal, unseal};

/// What became of an event so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
#[repr(u8)]
pub enum EventState {
    /// It is with its handler.
    Delivering = 0,
    /// Its handler has said that it is done.
    Acknowledged = 1,
    /// Its handler has said that it is of no use.
    Discarded = 2,
    /// Its handler has asked for it to come again.
    Retry = 3,
    /// Its handler has failed.
    Failed = 4,
    /// It has failed too often, and is in the topic of dead letters.
    PutAside = 5,
    /// Its handler was not let end.
    Interrupted = 6,
    /// It is to be delivered again because somebody asked for that, or because its handler was not begun; and was not yet.
    Waiting = 7,
}

impl EventState {
    const ALL: [Self; 8] = [
        Self::Delivering,
        Self::Acknowledged,
        Self::Discarded,
        Self::Retry,
        Self::Failed,
        Self::PutAside,
        Self::Interrupted,
        Self::Waiting,
    ];

    /// The name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivering => "delivering",
            Self::Acknowledged => "acknowledged",
            Self::Discarded => "discarded",
            Self::Retry => "retry",
            Self::Failed => "failed",
            Self::PutAside => "put-aside",
            Self::Interrupted => "interrupted",
            Self::Waiting => "waiting",
        }
    }

    /// Whether its last delivery did not end well.
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Retry | Self::Failed | Self::PutAside | Self::Interrupted
        )
    }
}

/// A row of the table of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventRow {
    pub(crate) state: EventState,
    /// The queue in which it waited, that of the tick of a schedule too.
    pub(crate) queue: String,
    pub(crate) id: String,
    /// The invocation of the last delivery.
    pub(crate) request_id: String,
    /// The number of the last delivery, counted anew by each replay.
    pub(crate) attempt: u32,
    /// All deliveries.
    pub(crate) deliveries: u32,
    /// How often somebody has asked for it to be delivered again.
    pub(crate) replays: u32,
    pub(crate) first_delivered: Timestamp,
    pub(crate) delivered: Timestamp,
    pub(crate) settled: Option<Timestamp>,
    /// When it comes again by itself.
    pub(crate) next: Option<Timestamp>,
    /// The kind of the error and what it says.
    pub(crate) error: Option<(String, String)>,
    /// The row of the document that was told with the change.
    pub(crate) document: Option<Bytes>,
    pub(crate) message: MessageRow,
}

impl EventRow {
    pub(crate) fn encode(&self, number: u64) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.message.body.len() + 256);
        body.push(self.state as u8);
        for text in [&self.queue, &self.id, &self.request_id] {
            put_bytes(&mut body, text.as_bytes());
        }
        for count in [self.attempt, self.deliveries, self.replays] {
            put_varint(&mut body, u64::from(count));
        }
        put_signed(&mut body, self.first_delivered.as_micros());
        put_signed(&mut body, self.delivered.as_micros());
        for instant in [self.settled, self.next] {
            let instant = instant.map(Timestamp::as_micros);
            put_option(&mut body, instant, put_signed);
        }
        put_option(&mut body, self.error.as_ref(), |out, (kind, text)| {
            put_bytes(out, kind.as_bytes());
            put_bytes(out, text.as_bytes());
        });
        put_option(&mut body, self.document.as_ref(), |out, row| {
            put_bytes(out, row);
        });
        self.message.put(&mut body);
        seal(&[&number.to_le_bytes()], &body)
    }

    pub(crate) fn decode(number: u64, sealed: &[u8]) -> Result<Self, Error> {
        Self::parse(number, sealed).map_err(|Malformed| {
            let message = "the log of events does not match its checksums: \
                           run `isobar local check` on the store";
            Error::new(ErrorKind::Corrupt, message)
        })
    }

    fn parse(number: u64, sealed: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(unseal(&[&number.to_le_bytes()], sealed)?);
        let state = reader.byte()?;
        let mut states = EventState::ALL.into_iter();
        let state = states.find(|known| *known as u8 == state);
        let text = |reader: &mut Reader<'_>| reader.text().map(str::to_owned);
        let count =
            |reader: &mut Reader<'_>| u32::try_from(reader.varint()?).map_err(|_| Malformed);
        let instant = |reader: &mut Reader<'_>| reader.signed().map(Timestamp::from_micros);
        Ok(Self {
            state: state.ok_or(Malformed)?,
            queue: text(&mut reader)?,
            id: text(&mut reader)?,
            request_id: text(&mut reader)?,
            attempt: count(&mut reader)?,
            deliveries: count(&mut reader)?,
            replays: count(&mut reader)?,
            first_delivered: instant(&mut reader)?,
            delivered: instant(&mut reader)?,
            settled: reader.option(instant)?,
            next: reader.option(instant)?,
            error: reader.option(|reader| Ok((text(reader)?, text(reader)?)))?,
            document: reader.option(|reader| Ok(Bytes::copy_from_slice(reader.bytes()?)))?,
            message: MessageRow::read(reader)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_row_is_read_as_it_was_written_and_at_its_own_number_only(
            (state, count, at) in (0_usize..8, any::<u32>(), any::<i32>()),
            (queue, id) in (".*", ".*"),
            error in prop::option::of((".*", ".*")),
            document in prop::option::of(prop::collection::vec(any::<u8>(), 0..60)),
            body in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let at = Timestamp::from_micros(i64::from(at));
            let row = EventRow {
                state: EventState::ALL[state],
                queue,
                id,
                request_id: "r".to_owned(),
                attempt: count,
                deliveries: count / 2,
                replays: count / 3,
                first_delivered: at,
                delivered: at,
                settled: error.as_ref().map(|_| at),
                next: document.as_ref().map(|_| at),
                error,
                document: document.map(Bytes::from),
                message: MessageRow {
                    id: Uuid::from_u128(7),
                    attempts: 1,
                    not_before: at,
                    sent_at: at,
                    group: None,
                    attributes: [("a".to_owned(), "b".to_owned())].into(),
                    body: body.into(),
                },
            };
            let sealed = row.encode(3);
            prop_assert_eq!(EventRow::decode(3, &sealed).unwrap(), row);
            prop_assert!(EventRow::decode(4, &sealed).is_err());
        }
    }
}
