//! Commands and paths as somebody can type them where this one was typed.

use std::path::Path;

/// A path, relative to the working folder where it lies below.
pub(super) fn path(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let below = here
        .as_deref()
        .and_then(|here| path.strip_prefix(here).ok());
    quoted(&below.unwrap_or(path).to_string_lossy())
}

/// This program: its name where a shell finds it by that, or else its path.
pub(super) fn program() -> String {
    let Ok(program) = std::env::current_exe() else {
        return "isobar".to_owned();
    };
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let is_found = std::env::split_paths(&folders).any(|folder| folder.join("isobar") == program);
    if is_found {
        "isobar".to_owned()
    } else {
        path(&program)
    }
}

/// A word as a shell takes it for one.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |symbol: char| symbol.is_ascii_alphanumeric() || "-_./=:@%+,".contains(symbol);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_take_it_apart() {
        for (word, expected) in [
            ("target/release/isobar", "target/release/isobar"),
            ("GET /notes/:id", "'GET /notes/:id'"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
