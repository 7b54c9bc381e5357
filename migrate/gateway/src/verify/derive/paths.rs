//! Paths that a route takes: with ids that are there, and with ids that are not.

use isobar_express_path::{Grammar, Matcher, Options, Pattern, Piece, Shape};

use super::knowledge::{Knowledge, encode};

/// Fills patterns of one grammar.
#[derive(Clone, Copy, Debug)]
pub(super) struct PathMaker {
    grammar: Grammar,
}

/// Paths of one route.
#[derive(Debug, Default)]
pub(super) struct Paths {
    /// With values that were seen, the best first; or with samples where none were.
    pub(super) known: Vec<String>,
    /// With values that nobody has.
    pub(super) unknown: Vec<String>,
}

const UNKNOWN_VALUES: [&str; 4] = ["999999", "no-such-thing", "%20", "a%2Fb"];
const SAMPLE: &str = "1";
/// How many of the values that the code compares with are tried in a path.
const WORDS: usize = 6;

impl PathMaker {
    pub(super) fn new(grammar: Grammar) -> Self {
        Self { grammar }
    }

    pub(super) fn of(self, pattern: &Pattern, knowledge: &Knowledge<'_>) -> Paths {
        let Ok(shapes) = Shape::parse(self.grammar, pattern) else {
            return Paths::default();
        };
        let Ok(matcher) = Matcher::new(self.grammar, pattern, Options::route()) else {
            return Paths::default();
        };
        let fits = |path: &String| matcher.is_match(path);
        let mut paths = Paths::default();
        for shape in &shapes {
            paths
                .known
                .extend(known(shape.pieces(), knowledge).into_iter().filter(fits));
            let words = knowledge
                .words()
                .iter()
                .take(WORDS)
                .map(|word| encode(word));
            let values = UNKNOWN_VALUES.map(str::to_owned).into_iter().chain(words);
            let unknown = values.filter_map(|value| unknown(shape.pieces(), &value));
            paths.unknown.extend(unknown.filter(fits));
        }
        if paths.known.is_empty() {
            let examples = shapes.iter().flat_map(|shape| shape.examples(&matcher));
            paths.known.extend(examples.take(2));
        }
        dedup(&mut paths.known);
        dedup(&mut paths.unknown);
        paths
    }
}

/// One path for each known value of the first parameter; later parameters get their best value.
fn known(pieces: &[Piece], knowledge: &Knowledge<'_>) -> Vec<String> {
    let mut paths = vec![String::new()];
    for piece in pieces {
        match piece {
            Piece::Literal(text) => paths.iter_mut().for_each(|path| path.push_str(text)),
            Piece::Param { name, .. } | Piece::Wildcard(name) => {
                paths = paths
                    .iter()
                    .flat_map(|path| with_values(path, name, knowledge))
                    .collect();
            }
            Piece::Optional(inner) => {
                let with = known(inner, knowledge);
                let longer = paths
                    .iter()
                    .flat_map(|path| with.iter().map(move |end| format!("{path}{end}")));
                paths = longer.chain(paths.clone()).collect();
            }
            Piece::Regex(_) => return Vec::new(),
        }
    }
    paths
}

fn with_values(path: &str, name: &str, knowledge: &Knowledge<'_>) -> Vec<String> {
    let mut values = knowledge.path_values(path, name);
    values.push(SAMPLE.to_owned());
    dedup(&mut values);
    values
        .iter()
        .take(3)
        .map(|value| format!("{path}{}", encode(value)))
        .collect()
}

/// The path with `value` for its parameters; `None` where it has none.
fn unknown(pieces: &[Piece], value: &str) -> Option<String> {
    let has_parameter = |piece: &Piece| matches!(piece, Piece::Param { .. });
    if !pieces.iter().any(has_parameter) {
        return None;
    }
    let filled = pieces.iter().map(|piece| match piece {
        Piece::Literal(text) => Some(text.as_str()),
        Piece::Param { .. } | Piece::Wildcard(_) => Some(value),
        Piece::Optional(_) => Some(""),
        Piece::Regex(_) => None,
    });
    filled.collect()
}

/// Drops what was there before, keeping the order.
fn dedup(values: &mut Vec<String>) {
    let mut seen = std::collections::BTreeSet::new();
    values.retain(|value| seen.insert(value.clone()));
}
