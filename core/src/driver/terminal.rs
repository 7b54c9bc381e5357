//! What of a text must not reach a terminal, or a line of a log, as it is.

/// Whether a terminal obeys a character, shows what follows it in another order, or a reader of lines ends one with it.
///
/// These are the control characters, among them line feeds and tabs, the separators of lines and paragraphs, and the characters
/// that direct the order of others (Unicode Standard Annex 9, section 2).
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_line_or_turns_it_round_is_harmful_and_letters_of_any_script_are_not() {
        for c in [
            '\0', '\t', '\n', '\u{1b}', '\u{85}', '\u{9b}', '\u{61c}', '\u{2028}', '\u{2029}',
            '\u{202e}', '\u{2066}',
        ] {
            assert!(is_harmful(c), "{c:?}");
        }
        for c in ['a', ' ', '"', 'é', 'ש', '日', '\u{200d}'] {
            assert!(!is_harmful(c), "{c:?}");
        }
    }
}
