//! User metadata of blobs as every store can keep it: one reversible scheme (rule K2).
//!
//! A name of lower-case letters and digits goes as it is, which is all that both Azure (no `-`)
//! and OSS (no `_`) take, unless it starts with `isobar`, as [names of ours](RESERVED) do. Any
//! other name is `zz` and its bytes in base32hex (RFC 4648, lower case,
//! no padding). In values, `%`, whatever is not printable ASCII, and spaces at the edges are
//! percent-encoded; an empty value is a lone `%`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::sortable;
use crate::capability::Limits;
use crate::error::{Error, ErrorKind, Result};

/// How the names start that a provider may store for itself: no name of a user's is stored so.
pub const RESERVED: &str = "isobar";
const MARK: &str = "zz";
const PLAIN_NAME: usize = 63;

/// Names and values to be stored; `TooLarge` where they take more than 2,000 bytes.
pub fn encode(metadata: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let encoded: BTreeMap<String, String> = metadata
        .iter()
        .map(|(name, value)| (encode_name(name), encode_value(value)))
        .collect();
    let size = encoded.iter().map(|(name, value)| name.len() + value.len());
    let (size, limit) = (
        size.sum::<usize>() as u64,
        Limits::PORTABLE.blob_metadata_bytes,
    );
    if size > limit {
        let what = "the size in bytes of the encoded metadata";
        return Err(Error::over_limit(ErrorKind::TooLarge, what, limit, size));
    }
    Ok(encoded)
}

/// Names and values as they were given; what other code has stored is taken as it is.
pub fn decode(stored: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    stored
        .into_iter()
        .map(|(name, value)| (decode_name(name), decode_value(value)))
        .collect()
}

fn encode_name(name: &str) -> String {
    let plain = name.len() <= PLAIN_NAME
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && !name.starts_with(MARK)
        && !name.starts_with(RESERVED);
    if plain {
        return name.to_owned();
    }
    format!("{MARK}{}", sortable::bytes(name.as_bytes()))
}

fn decode_name(stored: String) -> String {
    let decoded = stored.strip_prefix(MARK).and_then(|digits| {
        let bytes = sortable::read_bytes(digits)?;
        String::from_utf8(bytes).ok()
    });
    // A foreign name that only looks like one of ours must not turn into another.
    match decoded {
        Some(name) if encode_name(&name) == stored => name,
        _ => stored,
    }
}

fn encode_value(value: &str) -> String {
    if value.is_empty() {
        return "%".to_owned();
    }
    let edge = |at: usize| at == 0 || at + 1 == value.len();
    let mut encoded = String::with_capacity(value.len());
    for (at, byte) in value.bytes().enumerate() {
        let plain = match byte {
            b' ' => !edge(at),
            b'%' => false,
            other => other.is_ascii_graphic(),
        };
        if plain {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn decode_value(stored: String) -> String {
    if stored == "%" {
        return String::new();
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut bytes = Vec::with_capacity(stored.len());
    let mut rest = stored.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let pair = match (first, tail) {
            (b'%', [high, low, ..]) => digit(*high).zip(digit(*low)),
            _ => None,
        };
        let byte = pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).unwrap_or(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: &str, expected: &str) {
        let given = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let stored = encode(&given).unwrap();
        let text: Vec<_> = stored
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(text, [expected]);
        assert_eq!(decode(stored), given);
    }

    #[test]
    fn plain_names_and_values_go_as_they_are() {
        check("owner", "alice", "owner=alice");
        check("a1", "two  words, and more", "a1=two  words, and more");
    }

    /// The digits are those of RFC 4648's base32hex.
    #[test]
    fn any_other_name_or_value_comes_back_too() {
        check("uploaded-by", "x", "zzelo6orr1chim8bb2f4=x");
        check("Owner", "é%\r\n", "zz9trmspbi=%C3%A9%25%0D%0A");
        check("zz", " edge ", "zzf9t0=%20edge%20");
        check("-f", "", "zz5lj0=%");
        check("-fo", " ", "zz5lj6u=%20");
        check("-foo", "%20", "zz5lj6uro=%2520");
        check("-foob", "\u{1F600}", "zz5lj6urr2=%F0%9F%98%80");
    }

    #[test]
    fn names_that_a_provider_may_need_for_itself_are_never_stored_as_they_are() {
        check("isobarwrite", "x", "zzd5pmuoj1e9rn4qbkck=x");
        check("isobar", "x", "zzd5pmuoj1e8=x");
        check("isoba", "x", "isoba=x");
    }

    #[test]
    fn what_other_code_stored_is_taken_as_it_is() {
        let foreign = |name: &str, value: &str| {
            let decoded = decode([(name.to_owned(), value.to_owned())]);
            assert_eq!(
                decoded,
                BTreeMap::from([(name.to_owned(), value.to_owned())])
            );
        };
        foreign("uploaded-by", "50 %");
        foreign("zzz", "100%zz");
        foreign("zzelo6orr1chim8bb2f5", "x");
        foreign("zzowner", "=?UTF-8?B?w6k=?=");
    }
}
