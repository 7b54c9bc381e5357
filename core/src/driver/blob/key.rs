//! The keys of blobs in stores that forbid some (rule K1): Azure, OSS, COS, OBS.
//!
//! Slashes stay slashes, so that folders, CDNs and filters of events still work. Any other character
//! that one of these stores forbids is the pair that [`driver::escape`](crate::driver::escape)
//! makes of it. What is forbidden at some place only is followed by a mark that no pair begins
//! with, a space and `!`: a segment `.` or `..`, and a last `.` or `/`; a first `/` is preceded by
//! it. Keys keep their byte order, but for those with a first `/` or such a segment.

use crate::blob::BlobKey;
use crate::capability::Limits;
use crate::driver::escape::{is_introducer, pair, unpair};
use crate::error::{Error, ErrorKind, Result};

const MARK: &str = " !";
/// The longest key that is stored, in bytes: what COS takes.
const STORED_BYTES: u64 = 850;

/// The key as it is stored; a [raw](BlobKey::raw) one as it is.
///
/// `InvalidArgument` where a key that is not raw has more than 850 bytes so.
pub fn store(key: &BlobKey) -> Result<String> {
    if key.is_raw() {
        return Ok(key.as_str().to_owned());
    }
    let stored = escape(key.as_str(), End::OfKey);
    let (given, measured) = (key.as_str().len(), stored.len() as u64);
    if measured > STORED_BYTES {
        let most = Limits::PORTABLE.blob_key_bytes;
        let what = format!(
            "the size in bytes of the blob key as it is stored (it has {given} of {most} as given)"
        );
        let kind = ErrorKind::InvalidArgument;
        return Err(Error::over_limit(kind, &what, STORED_BYTES, measured));
    }
    Ok(stored)
}

/// How all stored keys begin whose keys begin with `prefix`.
pub fn store_prefix(prefix: &str) -> String {
    escape(prefix, End::OfPrefix)
}

/// The key that is stored so; a raw one where other code stored it.
pub fn read(stored: &str) -> BlobKey {
    match unescape(stored, End::OfKey) {
        Some(key) => BlobKey::of_store(key),
        None => BlobKey::raw(stored),
    }
}

/// The prefix that all these stored keys have in common, as it was given.
pub fn read_prefix(stored: &str) -> String {
    unescape(stored, End::OfPrefix).unwrap_or_else(|| stored.to_owned())
}

/// Whether a store can fold a listing of stored keys at this delimiter as it would fold the keys.
pub fn is_delimiter(delimiter: &str) -> bool {
    let plain = |c: char| pair(c).is_none() && !c.is_ascii_digit() && !c.is_ascii_lowercase();
    delimiter.chars().all(plain)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    OfKey,
    OfPrefix,
}

fn escape(text: &str, end: End) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    if text.starts_with('/') {
        escaped.push_str(MARK);
    }
    let mut segments = text.split('/').peekable();
    while let Some(segment) = segments.next() {
        for character in segment.chars() {
            match pair(character) {
                Some(pair) => escaped.extend(pair),
                None => escaped.push(character),
            }
        }
        let last = segments.peek().is_none();
        let marked = match (last, end) {
            (false, _) => segment == "." || segment == "..",
            (true, End::OfKey) => text.ends_with(['.', '/']),
            (true, End::OfPrefix) => false,
        };
        if marked {
            escaped.push_str(MARK);
        }
        if !last {
            escaped.push('/');
        }
    }
    escaped
}

fn unescape(stored: &str, end: End) -> Option<String> {
    let mut text = String::with_capacity(stored.len());
    let mut characters = stored.chars();
    while let Some(character) = characters.next() {
        if !is_introducer(character) {
            text.push(character);
            continue;
        }
        match (character, characters.next()?) {
            (' ', '!') => {}
            (introducer, code) => text.push(unpair(introducer, code)?),
        }
    }
    (escape(&text, end) == stored).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORBIDDEN: &str = "\\\"#%?\u{7f}";

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[\\x00-\\x21/._a☺\\\\#?%~é𒳞>\\[$!0z]{0,8}", ".{0,12}"]
    }

    fn keeps_its_order(key: &str) -> bool {
        !key.starts_with('/') && !key.split('/').any(|part| part == "." || part == "..")
    }

    proptest! {
        #[test]
        fn keys_come_back_without_what_stores_forbid(a in text(), b in text()) {
            let (x, y) = (escape(&a, End::OfKey), escape(&b, End::OfKey));
            prop_assert_eq!(unescape(&x, End::OfKey), Some(a.clone()));
            prop_assert!(!x.contains(|c: char| c < ' ' || FORBIDDEN.contains(c)));
            prop_assert!(!x.starts_with(['/', '\\']) && !x.ends_with(['.', '/', ' ']));
            prop_assert!(x.split('/').all(|part| part != "." && part != ".."));
            if keeps_its_order(&a) && keeps_its_order(&b) {
                prop_assert_eq!(a.cmp(&b), x.cmp(&y));
            }
        }

        #[test]
        fn stored_keys_begin_with_the_stored_prefix_exactly_where_keys_do(
            a in text(),
            b in text(),
            at in 0_usize..12,
        ) {
            let prefix: String = a.chars().take(at).collect();
            for key in [&a, &b] {
                let stored = escape(key, End::OfKey).starts_with(&store_prefix(&prefix));
                prop_assert_eq!(stored, key.starts_with(&prefix), "{:?} {:?}", key, prefix);
            }
            prop_assert_eq!(read_prefix(&store_prefix(&prefix)), prefix);
        }
    }

    fn check(key: &str, stored: &str) {
        assert_eq!(store(&BlobKey::of_store(key)).unwrap(), stored);
        assert_eq!(read(stored), BlobKey::of_store(key));
    }

    #[test]
    fn most_keys_stay_what_they_are() {
        check("photos/2026/a.jpg", "photos/2026/a.jpg");
        check("a//b", "a//b");
        check("ü/.hidden/a.0/..b", "ü/.hidden/a.0/..b");
    }

    #[test]
    fn what_is_forbidden_is_marked_or_paired() {
        check("dir/", "dir/ !");
        check("a.", "a. !");
        check("../a/./b", ".. !/a/. !/b");
        check("/a", " !/a");
        check("50 % #1?", "50 w$1 w!21>1");
    }

    #[test]
    fn keys_of_other_code_are_raw() {
        let foreign = read("50 %.txt");
        assert!(foreign.is_raw());
        assert_eq!(store(&foreign).unwrap(), "50 %.txt");
    }

    #[test]
    fn a_key_that_is_too_long_once_stored_is_refused_with_both_measures() {
        let error = store(&BlobKey::new("#".repeat(426)).unwrap()).unwrap_err();
        assert_eq!((error.limit(), error.measured()), (Some(850), Some(852)));
        assert!(error.to_string().contains("426 of 768"), "{error}");
    }
}
