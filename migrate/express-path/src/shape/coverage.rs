//! Whether an earlier route answers for a later one.

use crate::matcher::Matcher;

/// How many of a later route's example paths an earlier route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coverage {
    /// None of them, or there were no examples.
    None,
    /// Some: the routes overlap.
    Some,
    /// All: the later route is hidden as far as the examples show.
    All,
}

/// How `earlier` covers `examples`, which come from [`Shape::examples`](crate::Shape::examples) of a
/// later route. Examples are samples: [`Coverage::All`] is evidence, not proof.
///
/// ```
/// use isobar_express_path::{Coverage, Grammar, Matcher, Options, Pattern, Shape, coverage};
/// let route = |text| Matcher::new(Grammar::V4, &Pattern::from(text), Options::route());
/// let later = route("/notes/new")?;
/// let examples = Shape::parse(Grammar::V4, &Pattern::from("/notes/new"))?[0].examples(&later);
/// assert_eq!(coverage(&route("/notes/:id")?, &examples), Coverage::All);
/// # Ok::<(), isobar_express_path::PathError>(())
/// ```
pub fn coverage(earlier: &Matcher, examples: &[String]) -> Coverage {
    let taken = examples
        .iter()
        .filter(|path| earlier.is_match(path))
        .count();
    match taken {
        0 => Coverage::None,
        all if all == examples.len() => Coverage::All,
        _ => Coverage::Some,
    }
}
