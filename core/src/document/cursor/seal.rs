//! The outside of a cursor: version, hash, checksum and, with a key, a signature.

use std::fmt::{self, Write as _};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Origin;
use crate::driver::crc32c;
use crate::error::{Error, Result};

const PLAIN: u8 = 2;
const SIGNED: u8 = 3;
const HEADER: usize = 1 + 8;
/// Half of a SHA-256, as RFC 2104 allows.
const SIGNATURE: usize = 16;
const CHECKSUM: usize = 4;

/// A secret that authenticates cursors.
#[derive(Clone)]
pub(crate) struct CursorKey(Vec<u8>);

impl CursorKey {
    /// A key of at least 16 bytes, as a shorter one could be guessed.
    pub(crate) fn new(secret: &[u8]) -> Result<Self> {
        if secret.len() < SIGNATURE {
            return Err(Error::invalid("a cursor key is at least 16 bytes"));
        }
        Ok(Self(secret.to_vec()))
    }

    fn mac(&self, content: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of every length");
        mac.update(content);
        mac
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey")
    }
}

impl Origin<'_> {
    pub(super) fn seal(&self, content: &[u8]) -> String {
        let mut bytes = vec![if self.key.is_some() { SIGNED } else { PLAIN }];
        bytes.extend(self.hash().to_be_bytes());
        bytes.extend(content);
        if let Some(key) = self.key {
            let signature = key.mac(&bytes).finalize().into_bytes();
            bytes.extend(&signature[..SIGNATURE]);
        }
        bytes.extend(crc32c::checksum(&bytes).to_be_bytes());
        let mut token = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            let _ = write!(token, "{byte:02x}");
        }
        token
    }

    pub(super) fn unseal(&self, token: &str) -> Result<Vec<u8>> {
        let mut bytes = from_hex(token)
            .filter(|bytes| bytes.len() >= HEADER + CHECKSUM)
            .ok_or_else(foreign)?;
        let checksum = bytes.split_off(bytes.len() - CHECKSUM);
        if crc32c::checksum(&bytes).to_be_bytes() != *checksum {
            return Err(Error::invalid("the cursor was changed on its way"));
        }
        match (bytes[0], self.key) {
            (PLAIN, None) => {}
            (SIGNED, Some(key)) if bytes.len() >= HEADER + SIGNATURE => {
                let signature = bytes.split_off(bytes.len() - SIGNATURE);
                key.mac(&bytes)
                    .verify_truncated_left(&signature)
                    .map_err(|_| Error::invalid("the cursor was not signed with our key"))?;
            }
            (PLAIN, Some(_)) => return Err(Error::invalid("the cursor is not signed")),
            (SIGNED, _) => return Err(Error::invalid("the cursor is signed with another key")),
            _ => {
                let message = "the cursor is of another version of this library";
                return Err(Error::invalid(message));
            }
        }
        if bytes[1..HEADER] != self.hash().to_be_bytes() {
            return Err(Error::invalid(
                "the cursor belongs to another query: use it with the one that gave it, or start anew",
            ));
        }
        Ok(bytes.split_off(HEADER))
    }
}

pub(super) fn foreign() -> Error {
    Error::invalid("the cursor is not one of ours")
}

fn from_hex(token: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    let bytes = token.as_bytes();
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    bytes
        .chunks_exact(2)
        .map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok())
        .collect()
}
