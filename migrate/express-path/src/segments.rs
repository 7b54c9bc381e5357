//! The common shape of a path: plain segments and parameters that fill a whole segment.
//!
//! Such a pattern is matched by walking over the path once. That it answers as the regular expression of
//! the same pattern would is held by a test against both real implementations.

use crate::options::{Extent, Grammar, Options};
use crate::v5;

/// A path string without anything but plain segments and whole-segment parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segments {
    parts: Vec<Part>,
    grammar: Grammar,
    options: Options,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Text to be found as it is, slashes included.
    Literal(String),
    /// Everything up to the next slash, at least one character.
    Param(String),
}

impl Segments {
    /// The parts of `text`, unless it says more than plain segments can.
    pub(crate) fn new(grammar: Grammar, text: &str, options: Options) -> Option<Self> {
        if options.strict && options.extent == Extent::Prefix {
            return None;
        }
        let trimmed = match (options.strict, grammar) {
            (true, _) => text,
            (false, Grammar::V4) => text.strip_suffix('/').unwrap_or(text),
            (false, Grammar::V5) => v5::loosen(text),
        };
        let mut parts = Vec::new();
        let mut literal = String::new();
        for (index, segment) in trimmed.split('/').enumerate() {
            if index > 0 {
                literal.push('/');
            }
            match segment.strip_prefix(':') {
                Some(name) if index > 0 && is_name(name) => {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                    parts.push(Part::Param(name.to_owned()));
                }
                _ if is_plain(segment) => literal.push_str(segment),
                _ => return None,
            }
        }
        parts.push(Part::Literal(literal));
        Some(Self {
            parts,
            grammar,
            options,
        })
    }

    /// The names of the parameters in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Param(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// The part of `path` that matches, and the values of the parameters.
    pub(crate) fn find<'p>(&self, path: &'p str) -> Option<(&'p str, Vec<&'p str>)> {
        let mut rest = path;
        let mut values = Vec::new();
        for part in &self.parts {
            rest = match part {
                Part::Literal(text) => self.strip(rest, text)?,
                Part::Param(_) => {
                    let (value, after) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                    values.push(value);
                    after
                }
            };
        }
        if values.contains(&"") {
            return None;
        }
        let left = self.left_over(rest)?;
        Some((&path[..path.len() - left], values))
    }

    fn strip<'p>(&self, path: &'p str, text: &str) -> Option<&'p str> {
        let (head, rest) = path.split_at_checked(text.len())?;
        let same = if self.options.case_sensitive {
            head == text
        } else {
            // The flag `i` without `u` pairs ASCII letters with ASCII letters only.
            head.eq_ignore_ascii_case(text)
        };
        same.then_some(rest)
    }

    /// How much of `rest` stays unmatched after the optional slash, if what is left may follow.
    fn left_over(&self, rest: &str) -> Option<usize> {
        match self.options.extent {
            Extent::Whole => {
                let slash = rest == "/" && !self.options.strict;
                (rest.is_empty() || slash).then_some(0)
            }
            Extent::Prefix => {
                let Some(after) = rest.strip_prefix('/') else {
                    return rest.is_empty().then_some(0);
                };
                let doubled = self.grammar == Grammar::V4 && after.starts_with('/');
                Some(if after.is_empty() || doubled {
                    after.len()
                } else {
                    rest.len()
                })
            }
        }
    }
}

fn is_plain(segment: &str) -> bool {
    segment
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~@,;=&'%".contains(&byte))
}

/// A name that ends where its segment ends, in both grammars.
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
