//! Cuts a pattern into pieces.

use regress::Match;

use super::{Piece, Shape};
use crate::error::PathError;
use crate::options::Grammar;
use crate::pattern::Pattern;
use crate::{v4, v5};

/// The pieces of a pattern that is not a list.
pub(super) fn leaf(grammar: Grammar, leaf: &Pattern) -> Result<Shape, PathError> {
    let pieces = match (grammar, leaf) {
        (Grammar::V4, Pattern::Text(text)) => V4Pieces::default().cut(text),
        (Grammar::V5, Pattern::Text(text)) => v5_pieces(v5::parse(text)?),
        (_, other) => vec![Piece::Regex(other.to_string())],
    };
    Ok(Shape { pieces })
}

fn v5_pieces(tokens: Vec<v5::Token>) -> Vec<Piece> {
    let piece = |token| match token {
        v5::Token::Text(text) => Piece::Literal(text),
        v5::Token::Param(name) => Piece::Param {
            name,
            matching: None,
        },
        v5::Token::Wildcard(name) => Piece::Wildcard(name),
        v5::Token::Group(tokens) => Piece::Optional(v5_pieces(tokens)),
    };
    tokens.into_iter().map(piece).collect()
}

#[derive(Debug, Default)]
struct V4Pieces {
    pieces: Vec<Piece>,
    wildcards: usize,
}

impl V4Pieces {
    fn cut(mut self, path: &str) -> Vec<Piece> {
        let mut copied = 0;
        for token in v4::TOKEN.find_iter(path) {
            self.text(&path[copied..token.start()]);
            self.token(path, &token);
            copied = token.end();
        }
        self.text(&path[copied..]);
        self.pieces
    }

    /// Text between tokens goes into the regular expression as it is, so its metacharacters count.
    fn text(&mut self, text: &str) {
        let meta = |character: char| r"^$\.*+?()[]{}|".contains(character);
        if text.contains(meta) {
            self.pieces.push(Piece::Regex(text.to_owned()));
        } else {
            self.literal(text);
        }
    }

    fn literal(&mut self, text: &str) {
        match self.pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Literal(before)) => before.push_str(text),
            _ => self.pieces.push(Piece::Literal(text.to_owned())),
        }
    }

    fn token(&mut self, path: &str, token: &Match) {
        let text = &path[token.range()];
        match text {
            "." => self.literal("."),
            "*" => {
                self.pieces
                    .push(Piece::Wildcard(self.wildcards.to_string()));
                self.wildcards += 1;
            }
            "/(" => self.pieces.push(Piece::Regex("/(".to_owned())),
            _ => match text.strip_prefix('\\') {
                Some(escaped) if !escaped.contains(|c: char| c.is_ascii_alphanumeric()) => {
                    self.literal(escaped);
                }
                Some(_) => self.pieces.push(Piece::Regex(text.to_owned())),
                None => self.parameter(path, token),
            },
        }
    }

    fn parameter(&mut self, path: &str, token: &Match) {
        let part = |group: usize| token.group(group).map(|range| &path[range]);
        let before = format!(
            "{}{}",
            part(1).unwrap_or_default(),
            part(2).unwrap_or_default()
        );
        let matching = part(4).map(|group| group[1..group.len() - 1].to_owned());
        let name = part(3).unwrap_or_default().to_owned();
        let mut pieces = vec![Piece::Param { name, matching }];
        if part(5).is_some() {
            pieces.push(Piece::Optional(vec![Piece::Wildcard(
                self.wildcards.to_string(),
            )]));
            self.wildcards += 1;
        }
        if part(6).is_some() {
            if !before.is_empty() {
                pieces.insert(0, Piece::Literal(before));
            }
            self.pieces.push(Piece::Optional(pieces));
        } else {
            self.literal(&before);
            self.pieces.extend(pieces);
        }
    }
}
