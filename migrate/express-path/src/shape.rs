//! A pattern as data: for reports, templates, and the question whether one route hides another.

mod coverage;
mod parse;

use std::collections::HashSet;

pub use coverage::{Coverage, coverage};

use crate::error::PathError;
use crate::matcher::Matcher;
use crate::options::{Grammar, Options};
use crate::pattern::Pattern;

/// One string or regular expression of a pattern, cut into pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    pieces: Vec<Piece>,
}

/// A piece of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text that stands for itself.
    Literal(String),
    /// A parameter; with an own regular expression in Express 4 if `matching` is set.
    Param {
        /// The name.
        name: String,
        /// What stands in the parentheses behind the name.
        matching: Option<String>,
    },
    /// Anything, slashes included.
    Wildcard(String),
    /// May be absent.
    Optional(Vec<Piece>),
    /// Regular expression syntax that has no simpler form.
    Regex(String),
}

impl Shape {
    /// Cuts each string and regular expression of `pattern` into pieces.
    ///
    /// # Errors
    /// As [`Matcher::new`].
    pub fn parse(grammar: Grammar, pattern: &Pattern) -> Result<Vec<Self>, PathError> {
        Matcher::new(grammar, pattern, Options::route())?;
        pattern
            .leaves()
            .into_iter()
            .map(|leaf| parse::leaf(grammar, leaf))
            .collect()
    }

    /// The pieces in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The path with `{name}` for each parameter and `{name+}` for each wildcard, once with and once
    /// without each optional part (at most 256). `None` when a piece is a regular expression.
    ///
    /// ```
    /// use isobar_express_path::{Grammar, Pattern, Shape};
    /// let shapes = Shape::parse(Grammar::V5, &Pattern::from("/notes{/:id}"))?;
    /// assert_eq!(shapes[0].templates().unwrap(), ["/notes/{id}", "/notes"]);
    /// # Ok::<(), isobar_express_path::PathError>(())
    /// ```
    pub fn templates(&self) -> Option<Vec<String>> {
        self.expand(|piece| match piece {
            Piece::Literal(text) => Some(text.clone()),
            Piece::Param { name, .. } => Some(format!("{{{name}}}")),
            Piece::Wildcard(name) => Some(format!("{{{name}+}}")),
            Piece::Optional(_) | Piece::Regex(_) => None,
        })
    }

    /// Paths that `matcher` takes, made by filling the parameters with sample values. Empty when no
    /// sample fits, which says nothing about other paths.
    pub fn examples(&self, matcher: &Matcher) -> Vec<String> {
        const SAMPLES: [&str; 6] = ["example", "1", "a-1", "2024-01-31", "x/y", "me@example.com"];
        let mut found: Vec<String> = Vec::new();
        for sample in SAMPLES {
            let filled = self.expand(|piece| match piece {
                Piece::Literal(text) => Some(text.clone()),
                Piece::Param { .. } | Piece::Wildcard(_) => Some(sample.to_owned()),
                Piece::Optional(_) | Piece::Regex(_) => None,
            });
            let fits = filled
                .unwrap_or_default()
                .into_iter()
                .filter(|path| matcher.is_match(path));
            found.extend(fits);
        }
        let mut seen = HashSet::new();
        found.retain(|path| seen.insert(path.clone()));
        found
    }

    /// Writes each way through the optional parts with `write` for the other pieces.
    fn expand(&self, write: impl Fn(&Piece) -> Option<String>) -> Option<Vec<String>> {
        let mut ways = vec![String::new()];
        expand_into(&self.pieces, &write, &mut ways)?;
        Some(ways)
    }
}

fn expand_into(
    pieces: &[Piece],
    write: &impl Fn(&Piece) -> Option<String>,
    ways: &mut Vec<String>,
) -> Option<()> {
    const MAX_WAYS: usize = 256;
    for piece in pieces {
        let Piece::Optional(inner) = piece else {
            let text = write(piece)?;
            append_to_each(ways, &text);
            continue;
        };
        let without = ways.clone();
        expand_into(inner, write, ways)?;
        ways.extend(without);
        ways.truncate(MAX_WAYS);
    }
    Some(())
}

fn append_to_each(ways: &mut [String], text: &str) {
    for way in ways {
        way.push_str(text);
    }
}

#[cfg(test)]
mod tests;
