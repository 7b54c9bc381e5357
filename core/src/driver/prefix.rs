//! The end of a range of sort keys that start alike.

use crate::document::SortKey;

/// The smallest key above all that start with this one; none where there is no such key.
pub fn after_prefix(prefix: &SortKey) -> Option<SortKey> {
    match prefix {
        SortKey::Str(text) => after_text(text).map(SortKey::Str),
        SortKey::Bytes(bytes) => after_bytes(bytes).map(|end| SortKey::Bytes(end.into())),
        SortKey::I64(_) => None,
    }
}

/// The order of UTF-8 is that of its characters, so the last one that has a successor gives way
/// to it; surrogates are no characters.
fn after_text(prefix: &str) -> Option<String> {
    let mut kept = prefix.chars();
    while let Some(last) = kept.next_back() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            other => char::from_u32(u32::from(other) + 1),
        };
        if let Some(next) = next {
            return Some(kept.chain([next]).collect());
        }
    }
    None
}

fn after_bytes(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=kept].to_vec();
    end[kept] += 1;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(prefix: impl Into<SortKey>, end: Option<&SortKey>) {
        assert_eq!(after_prefix(&prefix.into()).as_ref(), end);
    }

    #[test]
    fn the_end_of_a_prefix_is_the_next_key_that_does_not_start_with_it() {
        check("a", Some(&"b".into()));
        check("2026-", Some(&"2026.".into()));
        check("a\u{d7ff}", Some(&"a\u{e000}".into()));
        check("a\u{10ffff}", Some(&"b".into()));
        check("\u{10ffff}\u{10ffff}", None);
        let bytes = |bytes: &'static [u8]| SortKey::Bytes(bytes.into());
        check(bytes(&[1, 255]), Some(&bytes(&[2])));
        check(bytes(&[255, 255]), None);
    }
}
