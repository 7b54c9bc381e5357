//! The opaque token that tells one state of a document or blob from the next.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};

/// An opaque token of at most 128 printable bytes; every successful write changes it (rule R8).
///
/// It is made by the client for each write, so that a retry after an ambiguous failure can
/// recognise its own commit.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(Token);

/// A token that was checked. A page of documents has one for each, so short ones take no
/// allocation; those that this library makes have 32 bytes.
#[derive(Clone)]
enum Token {
    Short { length: u8, bytes: [u8; SHORT] },
    Long(Box<str>),
}

const SHORT: usize = 38;

impl Version {
    /// The longest token there is, in bytes.
    pub const MAX_BYTES: usize = 128;
    const ABSENT: &'static str = "-";

    /// A new token for a write that is about to happen.
    pub fn generate() -> Self {
        let mut bytes = Uuid::encode_buffer();
        let token = Uuid::new_v4().simple().encode_lower(&mut bytes);
        Self(Token::of(token.as_bytes()))
    }

    /// The version of a stored item that carries none, because other code wrote it.
    pub fn absent() -> Self {
        Self(Token::of(Self::ABSENT.as_bytes()))
    }

    /// Reads a token that [`as_str`](Self::as_str) gave out.
    pub fn parse(token: impl AsRef<str>) -> Result<Self> {
        Self::from_bytes(token.as_ref().as_bytes())
    }

    /// The same, of a token that is not known to be text.
    pub fn from_bytes(token: &[u8]) -> Result<Self> {
        // Without an early end, so that it is a few instructions for many bytes.
        let printable = |all: bool, byte| all & (0x21..=0x7e).contains(byte);
        let printable = token.iter().fold(true, printable);
        if token.is_empty() || token.len() > Self::MAX_BYTES || !printable {
            return Err(Error::invalid(
                "a version is 1 to 128 printable ASCII bytes",
            ));
        }
        Ok(Self(Token::of(token)))
    }

    /// Whether this is the version of an item that carries none.
    pub fn is_absent(&self) -> bool {
        self.as_str() == Self::ABSENT
    }

    /// The token itself, to be handed to a client and parsed again later.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Token::Short { length, bytes } => {
                let token = bytes.get(..usize::from(*length)).unwrap_or_default();
                // ASCII, since it was checked when it was made.
                std::str::from_utf8(token).unwrap_or_default()
            }
            Token::Long(token) => token,
        }
    }
}

impl Token {
    /// Of printable ASCII.
    fn of(token: &[u8]) -> Self {
        let mut bytes = [0; SHORT];
        match (bytes.get_mut(..token.len()), u8::try_from(token.len())) {
            (Some(room), Ok(length)) => {
                room.copy_from_slice(token);
                Self::Short { length, bytes }
            }
            _ => Self::Long(String::from_utf8_lossy(token).into()),
        }
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Version").field(&self.as_str()).finish()
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Version {
    type Error = Error;

    fn try_from(token: String) -> Result<Self> {
        Self::parse(token)
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_any_length_come_back_and_others_are_refused() {
        for length in 1..=Version::MAX_BYTES {
            let token = "v".repeat(length);
            let version = Version::parse(&token).unwrap();
            assert_eq!(version.as_str(), token);
            assert_eq!(String::from(version.clone()), token);
            assert_ne!(version, Version::parse("w".repeat(length)).unwrap());
        }
        for refused in ["", " ", "a\n", "é", &"v".repeat(Version::MAX_BYTES + 1)] {
            assert!(Version::parse(refused).is_err(), "{refused:?}");
        }
        assert_ne!(Version::generate(), Version::generate());
        assert_eq!(Version::generate().as_str().len(), 32);
        assert!(Version::absent().is_absent());
    }
}
