//! What `Content-Range` says of an answer (rule K5).

use std::ops::Range;

use crate::error::{Error, ErrorKind, Result};

/// The bytes that an answer has and the size of the whole, by its `Content-Range` (RFC 9110,
/// section 14.4): `bytes FIRST-LAST/SIZE`.
///
/// `Internal` where the store does not keep to that.
pub fn content_range(header: &str) -> Result<(Range<u64>, u64)> {
    read(header).ok_or_else(|| {
        let message = "the store answered with a malformed Content-Range";
        Error::new(ErrorKind::Internal, message)
    })
}

fn read(header: &str) -> Option<(Range<u64>, u64)> {
    let (selected, size) = header.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = selected.split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    let size = size.parse().ok()?;
    let end = last.checked_add(1)?;
    (first <= last && end <= size).then_some((first..end, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_and_a_size_are_read_and_nothing_else() {
        assert_eq!(content_range("bytes 2-4/9").unwrap(), (2..5, 9));
        for header in [
            "",
            "bytes */9",
            "bytes 2-1/9",
            "bytes 2-9/9",
            "bytes 2-4/*",
            "lines 2-4/9",
        ] {
            assert!(content_range(header).is_err(), "{header:?}");
        }
    }
}
