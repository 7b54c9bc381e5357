//! The opaque token that tells one state of a document or blob from the next.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};

/// An opaque token of at most 128 printable bytes; every successful write changes it (rule R8).
///
/// It is made by the client for each write, so that a retry after an ambiguous failure can
/// recognise its own commit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(String);

impl Version {
    /// The longest token there is, in bytes.
    pub const MAX_BYTES: usize = 128;
    const ABSENT: &'static str = "-";

    /// A new token for a write that is about to happen.
    pub fn generate() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    /// The version of a stored item that carries none, because other code wrote it.
    pub fn absent() -> Self {
        Self(Self::ABSENT.to_owned())
    }

    /// Reads a token that [`as_str`](Self::as_str) gave out.
    pub fn parse(token: impl Into<String>) -> Result<Self> {
        let token = token.into();
        // Without an early end, so that it is a few instructions for many bytes.
        let printable = |all: bool, byte| all & (0x21..=0x7e).contains(&byte);
        let printable = token.bytes().fold(true, printable);
        if token.is_empty() || token.len() > Self::MAX_BYTES || !printable {
            return Err(Error::invalid(
                "a version is 1 to 128 printable ASCII bytes",
            ));
        }
        Ok(Self(token))
    }

    /// Whether this is the version of an item that carries none.
    pub fn is_absent(&self) -> bool {
        self.0 == Self::ABSENT
    }

    /// The token itself, to be handed to a client and parsed again later.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
        version.0
    }
}
