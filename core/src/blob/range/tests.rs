//! Ranges of blobs of known size.

use super::*;

#[test]
fn ranges_of_a_blob_of_ten_bytes() {
    let bounded = |start, end| ByteRange::Bounded { start, end };
    for (range, expected) in [
        (ByteRange::Full, Some(0..10)),
        (ByteRange::From(3), Some(3..10)),
        (ByteRange::From(10), None),
        (bounded(3, 7), Some(3..7)),
        (bounded(3, 99), Some(3..10)),
        (bounded(4, 4), Some(4..4)),
        (bounded(10, 10), Some(10..10)),
        (bounded(10, 11), None),
        (bounded(11, 11), None),
        (ByteRange::Suffix(3), Some(7..10)),
        (ByteRange::Suffix(99), Some(0..10)),
        (ByteRange::Suffix(0), Some(10..10)),
    ] {
        assert_eq!(range.resolve(10).ok(), expected, "{range:?}");
    }
}

#[test]
fn an_empty_blob_has_only_empty_ranges() {
    assert_eq!(ByteRange::Full.resolve(0).unwrap(), 0..0);
    assert_eq!(ByteRange::Suffix(5).resolve(0).unwrap(), 0..0);
    assert!(ByteRange::From(0).resolve(0).is_err());
}

#[test]
fn a_range_that_ends_before_it_starts_is_refused() {
    let error = ByteRange::Bounded { start: 4, end: 3 }.check().unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::InvalidArgument);
}
