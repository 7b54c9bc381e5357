//! The tokens of an Express 5 path string.

use std::sync::LazyLock;

use regress::Regex;

use crate::error::{PathError, PathErrorKind};
use crate::regex::built_in;

/// How many paths the optional groups of one pattern may multiply to; `path-to-regexp` 8.4 refuses more.
pub(super) const MAX_COMBINATIONS: usize = 256;

/// One token of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Text(String),
    Param(String),
    Wildcard(String),
    /// `{…}`: may be absent.
    Group(Vec<Token>),
}

/// Parses `path`.
pub(crate) fn parse(path: &str) -> Result<Vec<Token>, PathError> {
    Parser {
        path,
        chars: path.chars().collect(),
        index: 0,
        depth: 0,
    }
    .until(None)
}

struct Parser<'a> {
    path: &'a str,
    chars: Vec<char>,
    index: usize,
    /// How many groups are open.
    depth: usize,
}

impl Parser<'_> {
    fn until(&mut self, end: Option<char>) -> Result<Vec<Token>, PathError> {
        let mut tokens = Vec::new();
        let mut text = String::new();
        while let Some(character) = self.next() {
            if Some(character) == end {
                flush(&mut text, &mut tokens);
                return Ok(tokens);
            }
            match character {
                '\\' => text.push(
                    self.next()
                        .ok_or_else(|| self.error("ends after a backslash"))?,
                ),
                ':' => {
                    let name = self.name()?;
                    flush(&mut text, &mut tokens);
                    tokens.push(Token::Param(name));
                }
                '*' => {
                    let name = self.name()?;
                    flush(&mut text, &mut tokens);
                    tokens.push(Token::Wildcard(name));
                }
                '{' => {
                    flush(&mut text, &mut tokens);
                    tokens.push(self.group()?);
                }
                '}' | '(' | ')' | '[' | ']' | '+' | '?' | '!' => {
                    let place = self.index - 1;
                    return Err(
                        self.error(format!("has an unexpected {character} at index {place}"))
                    );
                }
                other => text.push(other),
            }
        }
        if end.is_some() {
            return Err(self.error("ends inside a group that was opened with {"));
        }
        flush(&mut text, &mut tokens);
        Ok(tokens)
    }

    fn group(&mut self) -> Result<Token, PathError> {
        // Each level adds a combination, so deeper nesting could not be compiled anyway.
        if self.depth == MAX_COMBINATIONS {
            return Err(PathError::too_many_combinations(self.path));
        }
        self.depth += 1;
        let tokens = self.until(Some('}'))?;
        self.depth -= 1;
        Ok(Token::Group(tokens))
    }

    fn next(&mut self) -> Option<char> {
        let character = self.chars.get(self.index).copied();
        self.index += usize::from(character.is_some());
        character
    }

    fn name(&mut self) -> Result<String, PathError> {
        let name = match self.chars.get(self.index) {
            Some('"') => self.quoted_name()?,
            Some(&first) if starts_name(first) => self.bare_name(),
            _ => String::new(),
        };
        if name.is_empty() {
            let place = self.index;
            return Err(self.error(format!("lacks a parameter name at index {place}")));
        }
        Ok(name)
    }

    fn bare_name(&mut self) -> String {
        let rest = &self.chars[self.index + 1..];
        let length = 1 + rest
            .iter()
            .take_while(|&&character| continues_name(character))
            .count();
        let name = self.chars[self.index..self.index + length].iter().collect();
        self.index += length;
        name
    }

    fn quoted_name(&mut self) -> Result<String, PathError> {
        let start = self.index;
        self.index += 1;
        let mut name = String::new();
        while let Some(character) = self.next() {
            match character {
                '"' => return Ok(name),
                '\\' => match self.next() {
                    Some(escaped) => name.push(escaped),
                    None => break,
                },
                other => name.push(other),
            }
        }
        Err(self.error(format!("has an unterminated quote at index {start}")))
    }

    fn error(&self, detail: impl Into<String>) -> PathError {
        PathError::new(PathErrorKind::Syntax, self.path, detail)
    }
}

fn flush(text: &mut String, tokens: &mut Vec<Token>) {
    if !text.is_empty() {
        tokens.push(Token::Text(std::mem::take(text)));
    }
}

fn starts_name(character: char) -> bool {
    static START: LazyLock<Regex> = LazyLock::new(|| built_in(r"^[$_\p{ID_Start}]$", "u"));
    matches_char(&START, character)
}

fn continues_name(character: char) -> bool {
    static CONTINUE: LazyLock<Regex> =
        LazyLock::new(|| built_in(r"^[$\u200c\u200d\p{ID_Continue}]$", "u"));
    matches_char(&CONTINUE, character)
}

fn matches_char(regex: &Regex, character: char) -> bool {
    regex.find(character.encode_utf8(&mut [0; 4])).is_some()
}
