//! The regular expression of an Express 5 path: every combination of its optional groups, joined by `|`.

use super::token::{MAX_COMBINATIONS, Token, parse};
use crate::error::{PathError, PathErrorKind};
use crate::regex::Key;

const DELIMITER: &str = "/";

/// The alternatives of `path` joined by `|`, and the names of all their groups in order.
pub(crate) fn alternatives(path: &str) -> Result<(String, Vec<Key>), PathError> {
    let tokens = parse(path)?;
    let mut sequences = Vec::new();
    flatten(&[&tokens], &mut Vec::new(), &mut sequences);
    if sequences.len() > MAX_COMBINATIONS {
        return Err(PathError::too_many_combinations(path));
    }
    let mut keys = Vec::new();
    let sources = sequences
        .iter()
        .map(|sequence| Sequence::new(path, sequence).source(&mut keys))
        .collect::<Result<Vec<_>, _>>()?;
    Ok((sources.join("|"), keys))
}

/// Collects each way through the optional groups: with the group first, then without it.
///
/// `pending` holds what is still to be read, innermost group last. Stops soon after the limit.
fn flatten<'t>(
    pending: &[&'t [Token]],
    taken: &mut Vec<&'t Token>,
    sequences: &mut Vec<Vec<&'t Token>>,
) {
    let length = taken.len();
    let mut pending = pending.to_vec();
    while let Some(current) = pending.pop() {
        let plain = current
            .iter()
            .take_while(|token| !matches!(token, Token::Group(_)));
        taken.extend(plain.clone());
        let [Token::Group(group), rest @ ..] = &current[plain.count()..] else {
            continue;
        };
        pending.push(rest);
        if sequences.len() <= MAX_COMBINATIONS {
            flatten(&[&pending[..], &[group]].concat(), taken, sequences);
        }
    }
    sequences.push(taken.clone());
    taken.truncate(length);
}

/// Turns one flat sequence of tokens into a source; the fields are those of the original's
/// `toRegExpSource`.
struct Sequence<'a> {
    path: &'a str,
    tokens: &'a [&'a Token],
    source: String,
    backtrack: String,
    wildcard_backtrack: String,
    previous: Option<Capture>,
    param_in_segment: bool,
    wildcard_in_segment: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Capture {
    Param,
    Wildcard,
}

impl<'a> Sequence<'a> {
    fn new(path: &'a str, tokens: &'a [&'a Token]) -> Self {
        Self {
            path,
            tokens,
            source: String::new(),
            backtrack: String::new(),
            wildcard_backtrack: String::new(),
            previous: None,
            param_in_segment: false,
            wildcard_in_segment: false,
        }
    }

    fn source(mut self, keys: &mut Vec<Key>) -> Result<String, PathError> {
        for (index, token) in self.tokens.iter().enumerate() {
            match token {
                Token::Text(text) => self.text(text),
                Token::Param(name) => {
                    self.needs_text_before(name, "param")?;
                    let capture = self.param(index + 1);
                    self.push_capture(&capture, Capture::Param);
                    keys.push(Key::plain(name));
                }
                Token::Wildcard(name) => {
                    self.needs_text_before(name, "wildcard")?;
                    let capture = self.wildcard();
                    self.wildcard_backtrack.clear();
                    self.push_capture(&capture, Capture::Wildcard);
                    keys.push(Key {
                        name: name.clone(),
                        splat: true,
                    });
                }
                Token::Group(_) => unreachable!("flatten leaves no group"),
            }
        }
        Ok(self.source)
    }

    fn text(&mut self, text: &str) {
        self.source.push_str(&escape(text));
        self.backtrack.push_str(text);
        if self.previous == Some(Capture::Wildcard) {
            self.wildcard_backtrack.push_str(text);
        }
        if text.contains(DELIMITER) {
            self.param_in_segment = false;
            self.wildcard_in_segment = false;
        }
    }

    fn param(&self, rest: usize) -> String {
        if self.wildcard_in_segment {
            format!("({}+)", negate(DELIMITER, &self.backtrack))
        } else if self.wildcard_follows(rest) {
            format!("({}+)", negate(DELIMITER, &self.text_at(rest)))
        } else if self.param_in_segment {
            let text = &self.backtrack;
            format!("({}+|{})", negate(DELIMITER, text), escape(text))
        } else {
            format!("({}+)", negate(DELIMITER, ""))
        }
    }

    fn wildcard(&self) -> String {
        if self.wildcard_in_segment {
            format!("({}+)", negate(&self.backtrack, ""))
        } else if self.wildcard_backtrack.is_empty() {
            "([^]+)".to_owned()
        } else {
            let until = negate(&self.wildcard_backtrack, "");
            format!("({until}+|{}+)", negate(DELIMITER, ""))
        }
    }

    fn push_capture(&mut self, capture: &str, kind: Capture) {
        self.source.push_str(capture);
        self.previous = Some(kind);
        match kind {
            Capture::Param => self.param_in_segment = true,
            Capture::Wildcard => self.wildcard_in_segment = true,
        }
        self.backtrack.clear();
    }

    fn needs_text_before(&self, name: &str, kind: &str) -> Result<(), PathError> {
        if self.previous.is_some() && self.backtrack.is_empty() {
            let detail = format!("needs text before the {kind} {name:?}");
            return Err(PathError::new(PathErrorKind::Syntax, self.path, detail));
        }
        Ok(())
    }

    /// Whether a wildcard stands later in the same segment.
    fn wildcard_follows(&self, rest: usize) -> bool {
        for token in &self.tokens[rest..] {
            match token {
                Token::Wildcard(_) => return true,
                Token::Text(text) if text.contains(DELIMITER) => return false,
                _ => {}
            }
        }
        false
    }

    /// The text that follows directly.
    fn text_at(&self, rest: usize) -> String {
        let texts = self.tokens[rest..].iter().map_while(|token| match token {
            Token::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }
}

/// One character that does not start `a` or `b`.
fn negate(a: &str, b: &str) -> String {
    let units = |text: &str| text.encode_utf16().count();
    if units(b) > units(a) {
        return negate(b, a);
    }
    let b = if a == b { "" } else { b };
    if units(b) > 1 {
        return format!("(?:(?!{}|{})[^])", escape(a), escape(b));
    }
    if units(a) > 1 {
        return format!("(?:(?!{})[^{}])", escape(a), escape(b));
    }
    format!("[^{}]", escape(&format!("{a}{b}")))
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if r".+*?^${}()[]|/\".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
