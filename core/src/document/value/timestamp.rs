//! An instant with the precision that every store keeps.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Map, Value};

/// Microseconds since 1970-01-01T00:00:00Z; finer parts are cut off, never rounded.
///
/// In a document it is a kind of its own. A type that knows no instants and takes whatever comes,
/// such as `serde_json::Value`, sees the map `{"$isobar::Timestamp": micros}`, and writes it back
/// as the instant it was; other formats hold it as the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The newtype name by which our own serializer recognises a timestamp, and the name of the one
/// field of the map that stands for it where serde puts values aside (`flatten`, `untagged`).
pub(super) const MARK: &str = "$isobar::Timestamp";

impl Timestamp {
    /// The instant `micros` microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This instant cut to the whole second; within the first second there is, the earliest instant.
    #[must_use]
    pub const fn to_second(self) -> Self {
        Self(self.as_seconds().saturating_mul(1_000_000))
    }

    /// The instant `span` later, at most the largest there is.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)),
        )
    }
}

/// The instant that a map of one field stands for, or else the map.
pub(super) fn of_map(fields: Map) -> Value {
    match fields.first() {
        Some((name, Value::Int(micros))) if name == MARK && fields.len() == 1 => {
            Value::Timestamp(Timestamp(*micros))
        }
        _ => Value::Map(fields),
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let micros = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            // Cut towards the past, so that the order of two instants never turns around.
            Err(before) => i64::try_from(before.duration().as_nanos().div_ceil(1_000))
                .map_or(i64::MIN, |micros| -micros),
        };
        Self(micros)
    }
}

impl From<Timestamp> for SystemTime {
    fn from(at: Timestamp) -> Self {
        let span = Duration::from_micros(at.0.unsigned_abs());
        let time = if at.0 < 0 {
            UNIX_EPOCH.checked_sub(span)
        } else {
            UNIX_EPOCH.checked_add(span)
        };
        time.unwrap_or(UNIX_EPOCH)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(MARK, &self.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_newtype_struct(MARK, MicrosVisitor)
        } else {
            i64::deserialize(deserializer).map(Self)
        }
    }
}

struct MicrosVisitor;

impl<'de> Visitor<'de> for MicrosVisitor {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an instant in microseconds since 1970")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Timestamp, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_i64<E: de::Error>(self, micros: i64) -> Result<Timestamp, E> {
        Ok(Timestamp(micros))
    }

    fn visit_u64<E: de::Error>(self, micros: u64) -> Result<Timestamp, E> {
        let unfit = || E::custom(format!("{micros} is no instant"));
        i64::try_from(micros).map(Timestamp).map_err(|_| unfit())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Timestamp, A::Error> {
        match fields.next_entry::<String, i64>()? {
            Some((name, micros)) if name == MARK => Ok(Timestamp(micros)),
            _ => Err(de::Error::custom("a map is not an instant")),
        }
    }
}
