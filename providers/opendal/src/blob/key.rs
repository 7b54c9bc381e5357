//! Keys as each service stores them (rule K1).

use isobar::blob::BlobKey;
use isobar::driver::blob::key;
use isobar::driver::sortable;
use isobar::{Error, Result};

use crate::service::Keys;

/// Digits in one name of a file or directory, of which file systems allow 255 bytes.
const NAME: usize = 200;
/// Ends the name of a directory, so that no file has it.
const DIRECTORY: &str = "-/";

impl Keys {
    /// The path of a blob.
    pub(crate) fn path(self, key: &BlobKey) -> Result<String> {
        let path = match self {
            Self::Escaped => key::store(key)?,
            Self::Digits => digits(key.as_str()),
        };
        // What is left are raw keys, which OpenDAL would take for another one or for a directory.
        if path.is_empty() || path.starts_with('/') || path.ends_with('/') {
            let message =
                "OpenDAL has no path for a raw key that is empty or begins or ends with /";
            return Err(Error::invalid(message));
        }
        Ok(path)
    }

    /// How all paths begin of keys that begin with `prefix`, or do not sort before it.
    pub(crate) fn prefix(self, prefix: &str) -> String {
        match self {
            Self::Escaped => key::store_prefix(prefix),
            Self::Digits => String::new(),
        }
    }

    /// The key at a path; `None` where other code stored what is there.
    pub(crate) fn read(self, path: &str) -> Option<BlobKey> {
        match self {
            Self::Escaped => Some(key::read(path)),
            Self::Digits => {
                let bytes = sortable::read_bytes(&path.replace(DIRECTORY, ""))?;
                Some(BlobKey::of_store(String::from_utf8(bytes).ok()?))
            }
        }
    }
}

fn digits(key: &str) -> String {
    let digits = sortable::bytes(key.as_bytes());
    let mut path = String::with_capacity(digits.len() + digits.len() / 64);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % NAME == 0 {
            path.push_str(DIRECTORY);
        }
        path.push(digit);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_any_length_has_a_path_of_short_names() {
        for length in [1, 124, 125, 126, 768] {
            let key = BlobKey::of_store("☺".repeat(length / 3) + &"a".repeat(length % 3));
            let path = Keys::Digits.path(&key).unwrap();
            assert!(path.split('/').all(|name| name.len() <= NAME + 1), "{path}");
            assert_eq!(Keys::Digits.read(&path), Some(key));
        }
    }

    #[test]
    fn raw_keys_that_have_no_path_are_refused() {
        for key in ["", "/a", "a/"] {
            assert!(Keys::Escaped.path(&BlobKey::raw(key)).is_err(), "{key:?}");
        }
    }
}
