//! The escape of key text for stores that forbid some characters, which keeps the order (rule R5).
//!
//! Each run of neighbouring bytes that some store forbids shares one allowed neighbour as its
//! introducer: the introducer and every byte of the run become the introducer and a code, and codes
//! ascend as the bytes do. So nothing overtakes anything, at most two bytes stand for one, and what
//! comes out has no control character, none of `" # % / ? \`, does not start with `_`, is neither
//! `.` nor `..`, and does not end with `.`, `/` or a space.

/// Neighbouring bytes, from the first to the last, one of which introduces them all.
struct Run {
    introducer: u8,
    first: u8,
    last: u8,
}

const fn run(introducer: u8, first: u8, last: u8) -> Run {
    Run {
        introducer,
        first,
        last,
    }
}

/// Controls by the space, `"` and `#` by `!`, `%` by `$`, `/` by `.`, `?` by `>`, `\` by `[`, and
/// DEL by `~`.
const RUNS: [Run; 7] = [
    run(b' ', 0x00, b' '),
    run(b'!', b'!', b'#'),
    run(b'$', b'$', b'%'),
    run(b'.', b'.', b'/'),
    run(b'>', b'>', b'?'),
    run(b'[', b'[', b'\\'),
    run(b'~', b'~', 0x7f),
];
/// `_`, only where the text begins with it.
const LEADING: Run = run(b'^', b'^', b'_');
const CODES: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

impl Run {
    fn encode(&self, byte: u8) -> Option<[char; 2]> {
        if !(self.first..=self.last).contains(&byte) {
            return None;
        }
        let code = CODES[usize::from(byte - self.first)];
        Some([char::from(self.introducer), char::from(code)])
    }

    fn decode(&self, introducer: char, code: char) -> Option<char> {
        if introducer != char::from(self.introducer) {
            return None;
        }
        let mut codes = (self.first..=self.last).zip(CODES);
        let found = codes.find(|(_, known)| char::from(**known) == code);
        found.map(|(byte, _)| char::from(byte))
    }
}

fn runs(leading: bool) -> impl Iterator<Item = &'static Run> {
    RUNS.iter().chain(leading.then_some(&LEADING))
}

/// The pair that stands for a character that some store forbids anywhere in a key; dots, slashes
/// and `_` are not among them.
pub(crate) fn pair(character: char) -> Option<[char; 2]> {
    let byte = u8::try_from(character).ok().filter(u8::is_ascii)?;
    anywhere().find_map(|run| run.encode(byte))
}

/// Whether [`pair`] makes pairs that begin so.
pub(crate) fn is_introducer(character: char) -> bool {
    anywhere().any(|run| char::from(run.introducer) == character)
}

/// The character that [`pair`] made this of.
pub(crate) fn unpair(introducer: char, code: char) -> Option<char> {
    anywhere().find_map(|run| run.decode(introducer, code))
}

fn anywhere() -> impl Iterator<Item = &'static Run> {
    RUNS.iter().filter(|run| run.introducer != b'.')
}

/// The text in characters that every store allows in a key; see the module.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let byte = u8::try_from(character).ok().filter(u8::is_ascii);
        match byte.and_then(|byte| runs(at == 0).find_map(|run| run.encode(byte))) {
            Some(pair) => escaped.extend(pair),
            None => escaped.push(character),
        }
    }
    escaped
}

/// The text that [`escape`] made this of; `None` where it made nothing such.
pub fn unescape(escaped: &str) -> Option<String> {
    let mut text = String::with_capacity(escaped.len());
    let mut characters = escaped.chars();
    while let Some(character) = characters.next() {
        let leading = text.is_empty();
        if runs(leading).any(|run| char::from(run.introducer) == character) {
            let code = characters.next()?;
            text.push(runs(leading).find_map(|run| run.decode(character, code))?);
        } else {
            text.push(character);
        }
    }
    (escape(&text) == escaped).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORBIDDEN: &str = "/\\\"#%?\u{7f}";

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[\\x00-\\x21/._\\-a☺\\\\#?%~é𝒳^>\\[$!z]{0,8}", ".{0,12}"]
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back_in_its_order_without_what_stores_forbid(a in text(), b in text()) {
            let (x, y) = (escape(&a), escape(&b));
            prop_assert_eq!(unescape(&x), Some(a.clone()));
            prop_assert_eq!(a.cmp(&b), x.cmp(&y));
            prop_assert!(x.len() <= 2 * a.len());
            prop_assert!(!x.contains(|c: char| c < ' ' || FORBIDDEN.contains(c)));
            prop_assert!(!x.starts_with('_') && x != "." && x != "..");
            prop_assert!(!x.ends_with(['.', '/', ' ']));
            prop_assert!(escape(&(a.clone() + &b)).starts_with(&x));
        }

        #[test]
        fn what_was_never_escaped_is_not_read(a in text()) {
            if let Some(text) = unescape(&a) {
                prop_assert_eq!(escape(&text), a);
            }
        }
    }

    #[test]
    fn each_run_has_its_introducer_and_codes_that_ascend() {
        assert_eq!(escape("a/b.c"), "a.1b.0c");
        assert_eq!(escape("\u{0} \u{1f}"), " 0 w v");
        assert_eq!(escape("\"#%?\\\u{7f}"), "!1!2$1>1[1~1");
        assert_eq!(escape("__x__"), "^1_x__");
    }
}
