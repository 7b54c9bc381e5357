//! Text in the order of its bytes for stores that compare UTF-16, which puts the characters from
//! U+10000 on before those from U+E000 on.
//!
//! Each character from U+D7FF on becomes U+D7FF and four digits that ascend as the characters do.
//! What comes out has one order whichever way it is compared.

/// The last character that both orders have in one place; an unassigned one.
const INTRODUCER: char = '\u{d7ff}';
const DIGITS: usize = 4;
const RADIX: u32 = 36;

/// The text with one order; see the module.
pub fn widen(text: &str) -> String {
    let mut widened = String::with_capacity(text.len());
    for character in text.chars() {
        if character < INTRODUCER {
            widened.push(character);
            continue;
        }
        widened.push(INTRODUCER);
        let code = u32::from(character);
        let places = (0..DIGITS)
            .rev()
            .map(|place| RADIX.pow(u32::try_from(place).unwrap_or(0)));
        let digits = places.map(|place| char::from_digit(code / place % RADIX, RADIX));
        widened.extend(digits.flatten());
    }
    widened
}

/// The text that [`widen`] made this of; `None` where it made nothing such.
pub fn narrow(widened: &str) -> Option<String> {
    let mut text = String::with_capacity(widened.len());
    let mut characters = widened.chars();
    while let Some(character) = characters.next() {
        if character < INTRODUCER {
            text.push(character);
            continue;
        }
        let mut code = 0;
        for _ in 0..DIGITS {
            code = code * RADIX + characters.next()?.to_digit(RADIX)?;
        }
        text.push(char::from_u32(code)?);
    }
    (widen(&text) == widened).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            ".{0,6}",
            "[a\u{d7fe}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}]{0,4}"
        ]
    }

    proptest! {
        #[test]
        fn text_comes_back_and_has_one_order(a in text(), b in text()) {
            let (x, y) = (widen(&a), widen(&b));
            prop_assert_eq!(a.cmp(&b), x.cmp(&y));
            let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
            prop_assert_eq!(a.cmp(&b), units(&x).cmp(&units(&y)));
            prop_assert_eq!(narrow(&x), Some(a.clone()));
            prop_assert!(widen(&(a + &b)).starts_with(&x));
        }

        #[test]
        fn other_text_is_not_read(a in text()) {
            prop_assert!(narrow(&a).is_none_or(|text| widen(&text) == a));
        }
    }

    #[test]
    fn other_characters_stay_as_they_are() {
        assert_eq!(widen("Ærø ☺"), "Ærø ☺");
        assert_eq!(widen("😀"), "\u{d7ff}2r5s");
    }
}
