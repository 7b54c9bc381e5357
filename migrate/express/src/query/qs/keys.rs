//! Names with brackets: `a[b][]`.

use super::Options;
use super::merge::{combine, index_of};
use super::tree::{List, Map, Node, number_name};

/// The value of one pair inside the objects and arrays that its name asks for; `None` for an empty name.
pub(super) fn nested(key: &str, value: Node, options: Options) -> Option<Node> {
    if key.is_empty() {
        return None;
    }
    let mut leaf = value;
    for segment in segments(key, options.depth).into_iter().rev() {
        leaf = wrap(&segment, leaf, options);
    }
    Some(leaf)
}

/// `parseObject` for one segment.
fn wrap(segment: &str, leaf: Node, options: Options) -> Node {
    if segment == "[]" {
        return match leaf {
            Node::Map(map) if map.overflow.is_some() => Node::Map(map),
            other => combine(Node::List(List::default()), other, options.array_limit),
        };
    }
    let bracketed = segment.starts_with('[') && segment.ends_with(']') && segment.len() > 1;
    let name = if bracketed {
        &segment[1..segment.len() - 1]
    } else {
        segment
    };
    let index = number_name(name).filter(|_| bracketed && !name.is_empty());
    let Some(index) = index else {
        let mut map = Map::default();
        if name != "__proto__" {
            map.put(name.to_owned(), leaf);
        }
        return Node::Map(map);
    };
    let Some(place) = index_of(index).filter(|place| *place < options.array_limit) else {
        let mut map = Map {
            overflow: Some(index),
            ..Map::default()
        };
        map.put_index(index, leaf);
        return Node::Map(map);
    };
    let mut items = vec![None; place];
    items.push(Some(leaf));
    Node::List(List {
        items,
        conflict: None,
    })
}

/// `splitKeyIntoSegments`: the name before the first bracket, then each bracket with what it holds; what is beyond the depth or not
/// closed is one more segment.
fn segments(key: &str, depth: usize) -> Vec<String> {
    if depth == 0 {
        return vec![key.to_owned()];
    }
    let first = key.find('[');
    let parent = &key[..first.unwrap_or(key.len())];
    let mut segments = Vec::new();
    if !parent.is_empty() {
        segments.push(parent.to_owned());
    }
    let mut open = first;
    for _ in 0..depth {
        let Some(start) = open else { return segments };
        let Some(end) = closing_bracket(key, start) else {
            segments.push(format!("[{}]", &key[start..]));
            return segments;
        };
        segments.push(key[start..=end].to_owned());
        open = key[end + 1..].find('[').map(|offset| end + 1 + offset);
    }
    if let Some(start) = open {
        segments.push(format!("[{}]", &key[start..]));
    }
    segments
}

/// Whether brackets are left beyond `depth`; a depth of zero reads none and refuses none.
pub(super) fn is_deeper(key: &str, depth: usize) -> bool {
    let mut open = key.find('[').filter(|_| depth > 0);
    for _ in 0..depth {
        let Some(end) = open.and_then(|start| closing_bracket(key, start)) else {
            return false;
        };
        open = key[end + 1..].find('[').map(|offset| end + 1 + offset);
    }
    open.is_some()
}

/// Where the bracket that opens at `start` closes.
fn closing_bracket(key: &str, start: usize) -> Option<usize> {
    let mut level = 0_usize;
    for (offset, byte) in key.bytes().enumerate().skip(start) {
        match byte {
            b'[' => level += 1,
            b']' => level -= 1,
            _ => {}
        }
        if level == 0 {
            return Some(offset);
        }
    }
    None
}
