//! Keys of Cloud Storage: as they are, or refused (rule K1).

use isobar::blob::BlobKey;
use isobar::{Error, Result};

/// What no object may be called ("Object name requirements" of its documents).
const CHALLENGES: &str = ".well-known/acme-challenge/";

/// The key itself; `InvalidArgument` where no object may be called so.
pub(super) fn checked(key: &BlobKey) -> Result<&str> {
    let text = key.as_str();
    let why = match text {
        "." | ".." => "is . or ..",
        text if text.contains(['\r', '\n']) => "has a line end",
        text if text.starts_with(CHALLENGES) => "begins with .well-known/acme-challenge/",
        _ => return Ok(text),
    };
    Err(Error::invalid(format!(
        "Cloud Storage has no object whose key {why}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_object_may_be_called_is_refused() {
        for key in [".", "..", "a\rb", "a\n", ".well-known/acme-challenge/x"] {
            assert!(checked(&BlobKey::raw(key)).is_err(), "{key:?}");
        }
        for key in ["...", "../a", "/", "a//b", "a/"] {
            assert_eq!(checked(&BlobKey::raw(key)).unwrap(), key);
        }
    }
}
