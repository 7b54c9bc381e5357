//! Text, numbers and comments of the source as Rust. Nothing here can end a literal or a comment early.

/// A string literal.
pub(crate) fn text(text: &str) -> String {
    let mut literal = String::from("\"");
    for character in text.chars() {
        match character {
            '\'' => literal.push('\''),
            // Debug leaves these two out of some escapes; both confuse readers and compilers.
            '\u{2028}' | '\u{2029}' => literal.extend(character.escape_unicode()),
            _ => literal.extend(character.escape_debug()),
        }
    }
    literal.push('"');
    literal
}

/// A floating-point literal.
pub(crate) fn number(number: f64) -> String {
    let literal = format!("{:?}", number.abs());
    let negative = number.is_sign_negative();
    if negative {
        format!("-{literal}")
    } else {
        literal
    }
}

/// A whole number that fits an `i32`, as an integer literal.
pub(crate) fn integer(number: f64) -> Option<String> {
    let whole = number.fract() == 0.0 && number.abs() <= f64::from(i32::MAX);
    let negative_zero = number == 0.0 && number.is_sign_negative();
    (whole && !negative_zero).then(|| format!("{number:.0}"))
}

/// Lines of a comment, each with `//` before it.
pub(crate) fn comment(lines: &[String]) -> String {
    lines.iter().map(|line| comment_line(line)).collect()
}

fn comment_line(line: &str) -> String {
    let mut comment = String::from("//");
    let visible = line.trim_end();
    if !visible.is_empty() {
        comment.push(' ');
    }
    for character in visible.chars() {
        // Control characters would end the line, and the others can turn its direction around.
        let hidden = character.is_control()
            || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if hidden && character != '\t' {
            comment.extend(character.escape_unicode());
        } else {
            comment.push(character);
        }
    }
    comment.push('\n');
    comment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_literal() {
        assert_eq!(text("a\"; panic!(); \""), r#""a\"; panic!(); \"""#);
        assert_eq!(
            text("\\\" \n \r \0 \u{202e} \u{2028}"),
            r#""\\\" \n \r \0 \u{202e} \u{2028}""#
        );
        assert_eq!(text("it's é😀 {x}"), r#""it's é😀 {x}""#);
    }

    #[test]
    fn a_comment_cannot_leave_its_line() {
        let lines = [
            "*/ fn main() {}\r\nx".to_owned(),
            "a\u{2028}b\u{202e}c".to_owned(),
        ];
        assert_eq!(
            comment(&lines),
            "// */ fn main() {}\\u{d}\\u{a}x\n// a\\u{2028}b\\u{202e}c\n"
        );
    }

    #[test]
    fn numbers_keep_their_value() {
        assert_eq!(number(1.0), "1.0");
        assert_eq!(number(-0.0), "-0.0");
        assert_eq!(number(1e21), "1e21");
        assert_eq!(integer(404.0).as_deref(), Some("404"));
        assert_eq!(integer(-0.0), None);
        assert_eq!(integer(0.5), None);
    }
}
