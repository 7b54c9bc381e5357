//! Refuses text that nests so deeply that a recursive parser would run out of stack.
//!
//! Real code, minified bundles included, stays far below the limit; text above it was made to
//! break parsers, or is not code.

mod chain;

/// Brackets and prefix operators that may be open at once.
const MAX_DEPTH: usize = 2_000;

/// The offset at which the nesting of `text` passes the limit.
///
/// Strings, comments and regular expressions are not told apart. What is in them counts too,
/// which is why the limit is generous and a line break ends a run of operators.
pub(super) fn too_deep(text: &str) -> Option<u32> {
    nested(text).or_else(|| chain::too_long(text))
}

fn nested(text: &str) -> Option<u32> {
    let mut open = 0_usize;
    let mut operators = 0_usize;
    let mut previous = b' ';
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => {
                open = open.saturating_sub(1);
                operators = 0;
            }
            b'!' | b'~' | b'?' => operators += 1,
            b'+' | b'-' if b"+-!~".contains(&previous) => operators += 1,
            b'>' if previous == b'=' => operators += 1,
            b';' | b',' | b'\n' => operators = 0,
            _ => {}
        }
        if byte != b' ' {
            previous = byte;
        }
        if open > MAX_DEPTH || operators > MAX_DEPTH {
            return u32::try_from(offset).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_code_passes() {
        assert_eq!(
            too_deep(&"function f(a) { return !a ? [1] : { b: -1 }; }\n".repeat(9_000)),
            None
        );
    }

    #[test]
    fn long_sums_pass() {
        assert_eq!(too_deep(&"'a'+b+".repeat(100_000)), None);
    }

    #[test]
    fn long_encoded_text_passes() {
        assert_eq!(
            too_deep(&format!("const wasm = '{}'", "AGFz+bQE/".repeat(100_000))),
            None
        );
    }

    #[test]
    fn towers_of_brackets_and_operators_are_refused() {
        for tower in ["(", "[", "!", "a=>", "a?b:", "- "] {
            assert!(too_deep(&tower.repeat(100_000)).is_some(), "{tower}");
        }
    }
}
