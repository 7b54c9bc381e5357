//! Two texts, word by word.

use super::noise::{NoiseKind, NoiseMark, Pairs, text_may_differ};

/// Whether two texts are the same but for words that are known to stand for each other, and words that may differ
/// because the whole text is marked.
pub(super) fn same(legacy: &str, ported: &str, marks: &[NoiseMark], pairs: &mut Pairs) -> bool {
    if legacy == ported || pairs.known(legacy, ported) {
        return true;
    }
    let kinds: Vec<NoiseKind> = marks
        .iter()
        .filter(|mark| mark.field.is_empty())
        .map(|mark| mark.kind)
        .collect();
    let whole = kinds
        .iter()
        .any(|kind| text_may_differ(*kind, legacy, ported));
    whole || same_words(legacy, ported, &kinds, pairs)
}

fn same_words(legacy: &str, ported: &str, kinds: &[NoiseKind], pairs: &Pairs) -> bool {
    let (left, right): (Vec<_>, Vec<_>) = (pieces(legacy).collect(), pieces(ported).collect());
    left.len() == right.len()
        && left.iter().zip(&right).all(|(left, right)| {
            left == right
                || pairs.known(left, right)
                || kinds.iter().any(|kind| text_may_differ(*kind, left, right))
        })
}

/// Words (ids, numbers, and times count as one) and what stands between them.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let in_word = is_word(rest.chars().next()?);
        let end = rest
            .find(|symbol| is_word(symbol) != in_word)
            .unwrap_or(rest.len());
        let (piece, remainder) = rest.split_at(end);
        rest = remainder;
        Some(piece)
    })
}

fn is_word(symbol: char) -> bool {
    symbol.is_alphanumeric() || "_-.:+".contains(symbol)
}
