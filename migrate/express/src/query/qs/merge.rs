//! Puts the values of several pairs together: `combine` and `merge` of `qs/lib/utils.js`.

use super::tree::{List, Map, Node, number_name};
use super::{Options, Version};

/// `[].concat(a, b)`, as an object once it is longer than `limit`.
pub(super) fn combine(a: Node, b: Node, limit: usize) -> Node {
    if let Node::Map(mut map) = a {
        let Some(mut highest) = map.overflow else {
            return limited(vec![Some(Node::Map(map)), Some(b)], limit);
        };
        for item in flat(b).into_iter().flatten() {
            highest += 1.0;
            map.put_index(highest, item);
        }
        map.overflow = Some(highest);
        return Node::Map(map);
    }
    let mut items = flat(a);
    items.extend(flat(b));
    limited(items, limit)
}

fn flat(node: Node) -> Vec<Option<Node>> {
    match node {
        Node::List(list) => list.items,
        other => vec![Some(other)],
    }
}

fn limited(items: Vec<Option<Node>>, limit: usize) -> Node {
    let list = List {
        items,
        conflict: None,
    };
    if list.items.len() > limit {
        overflown(list)
    } else {
        Node::List(list)
    }
}

/// An array that has grown too long, as an object that goes on counting.
fn overflown(list: List) -> Node {
    let highest = number(list.items.len()) - 1.0;
    Node::Map(Map {
        overflow: Some(highest),
        ..list.into_map()
    })
}

/// `merge(target, source)` with `strictMerge`.
pub(super) fn merge(target: Node, source: Node, options: Options) -> Node {
    match (target, source) {
        (target, Node::Text(text)) if text.is_empty() => target,
        (target, Node::Text(text)) => append(target, Node::Text(text), options),
        (Node::Text(text), source) => prepend(Node::Text(text), source, options.array_limit),
        (Node::List(target), Node::List(source)) => merge_lists(target, source, options),
        (Node::List(target), Node::Map(source)) => {
            let conflict = target.conflict.map(|_| number(target.items.len()) - 1.0);
            let map = Map {
                conflict,
                ..target.into_map()
            };
            merge_into_map(map, source, options)
        }
        (Node::Map(target), Node::Map(source)) => merge_into_map(target, source, options),
        (Node::Map(target), Node::List(source)) => {
            merge_into_map(target, source.into_map(), options)
        }
    }
}

/// Adds a plain value to an object, array or other plain value.
fn append(target: Node, value: Node, options: Options) -> Node {
    let limit = options.array_limit;
    match target {
        Node::Text(_) => limited(vec![Some(target), Some(value)], limit),
        Node::List(mut list) => {
            let full = counted(&list, options) >= limit;
            list.items.push(Some(value));
            if full {
                overflown(list)
            } else {
                Node::List(list)
            }
        }
        Node::Map(mut map) => {
            if let Some(highest) = map.overflow {
                map.put_index(highest + 1.0, value);
                map.overflow = Some(highest + 1.0);
            } else if let Some(last) = map.conflict {
                map.put_index(last + 1.0, value);
                map.conflict = Some(last + 1.0);
            } else {
                let pair = limited(vec![Some(Node::Map(map)), Some(value)], limit);
                return match pair {
                    Node::List(list) => Node::List(List {
                        conflict: Some(1.0),
                        ..list
                    }),
                    other => other,
                };
            }
            Node::Map(map)
        }
    }
}

/// Puts a plain value before an object or array.
fn prepend(value: Node, source: Node, limit: usize) -> Node {
    match source {
        Node::Map(map) if map.overflow.is_some() => {
            let highest = map.overflow.unwrap_or_default() + 1.0;
            let mut shifted = Map {
                overflow: Some(highest),
                ..Map::default()
            };
            shifted.put_index(0.0, value);
            for (key, node) in map.into_entries() {
                shifted.put_index(number_name(&key).unwrap_or(f64::NAN) + 1.0, node);
            }
            Node::Map(shifted)
        }
        other => {
            let mut items = vec![Some(value)];
            items.extend(flat(other));
            limited(items, limit)
        }
    }
}

fn merge_lists(mut target: List, source: List, options: Options) -> Node {
    for (index, item) in source.items.into_iter().enumerate() {
        let Some(item) = item else { continue };
        match target.items.get_mut(index).map(Option::take) {
            Some(Some(before)) if !is_text(&before) && !is_text(&item) => {
                target.items[index] = Some(merge(before, item, options));
            }
            Some(Some(before)) => {
                target.items[index] = Some(before);
                target.items.push(Some(item));
            }
            Some(None) => target.items[index] = Some(item),
            None => {
                target.items.resize(index, None);
                target.items.push(Some(item));
            }
        }
    }
    if counted(&target, options) > options.array_limit {
        return overflown(target);
    }
    Node::List(target)
}

fn merge_into_map(mut target: Map, source: Map, options: Options) -> Node {
    let source_overflow = source.overflow;
    for (key, value) in source.into_entries() {
        let index = number_name(&key);
        let merged = match target.take(&key) {
            Some(before) => merge(before, value, options),
            None => value,
        };
        target.put(key, merged);
        if let (Some(highest), None) = (source_overflow, target.overflow) {
            target.overflow = Some(target.highest_index(highest));
        }
        if let (Some(highest), Some(index)) = (target.overflow, index) {
            target.overflow = Some(highest.max(index));
        }
        if let (Some(last), Some(index)) = (target.conflict, index) {
            target.conflict = Some(last.max(index));
        }
    }
    Node::Map(target)
}

/// How many elements count towards the limit.
fn counted(list: &List, options: Options) -> usize {
    match options.version {
        Version::V6_16 => list.items.len(),
        Version::V6_17 => list.items.iter().flatten().count(),
    }
}

fn is_text(node: &Node) -> bool {
    matches!(node, Node::Text(_))
}

/// The place that an index names, when there can be one.
pub(super) fn index_of(index: f64) -> Option<usize> {
    super::tree::index_name(index).parse().ok()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a query has far fewer than 2^53 parameters"
)]
fn number(length: usize) -> f64 {
    length as f64
}
