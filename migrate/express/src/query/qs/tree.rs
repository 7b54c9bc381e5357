//! What is being put together, until it becomes a JavaScript value.

use indexmap::IndexMap;

use crate::value::{JsArray, JsObject, JsString, JsValue, number_to_string};

#[derive(Debug, Clone)]
pub(super) enum Node {
    Text(String),
    List(List),
    Map(Map),
}

/// An array; `None` is a hole.
#[derive(Debug, Clone, Default)]
pub(super) struct List {
    pub(super) items: Vec<Option<Node>>,
    /// Made because an object met a plain value; with the index of the last such value.
    pub(super) conflict: Option<f64>,
}

/// An object.
#[derive(Debug, Clone, Default)]
pub(super) struct Map {
    pub(super) entries: IndexMap<String, Node>,
    /// It stands for an array that grew too long; with its highest index.
    pub(super) overflow: Option<f64>,
    pub(super) conflict: Option<f64>,
}

impl Map {
    /// Takes a value out and leaves its place.
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        self.entries
            .get_mut(key)
            .map(|node| std::mem::replace(node, Node::Text(String::new())))
    }

    pub(super) fn put(&mut self, key: String, node: Node) {
        self.entries.insert(key, node);
    }

    pub(super) fn put_index(&mut self, index: f64, node: Node) {
        self.put(index_name(index), node);
    }

    /// In the order of `Object.keys`: indexes first, in ascending order.
    pub(super) fn into_entries(self) -> Vec<(String, Node)> {
        let mut entries: Vec<(String, Node)> = self.entries.into_iter().collect();
        entries.sort_by_key(|(key, _)| array_index(key).map_or(u64::MAX, u64::from));
        entries
    }

    /// The highest number among the names, at least `least`.
    pub(super) fn highest_index(&self, least: f64) -> f64 {
        self.entries
            .keys()
            .filter_map(|key| number_name(key))
            .fold(least, f64::max)
    }
}

impl List {
    /// The same as an object, without the holes.
    pub(super) fn into_map(self) -> Map {
        let mut map = Map::default();
        for (index, item) in self.items.into_iter().enumerate() {
            if let Some(item) = item {
                map.put(index.to_string(), item);
            }
        }
        map
    }
}

impl Node {
    pub(super) fn into_value(self) -> JsValue {
        match self {
            Self::Text(text) => text.into(),
            Self::List(list) => list
                .items
                .into_iter()
                .flatten()
                .map(Self::into_value)
                .collect::<JsArray>()
                .into(),
            Self::Map(map) => {
                let object = JsObject::new();
                for (key, node) in map.entries {
                    object.define(JsString::from(key), node.into_value());
                }
                object.into()
            }
        }
    }
}

/// A name that JavaScript orders as a number.
fn array_index(name: &str) -> Option<u32> {
    let index: u32 = name.parse().ok()?;
    (index != u32::MAX && index.to_string() == name).then_some(index)
}

/// The number in a name that is written as JavaScript would write it.
pub(super) fn number_name(name: &str) -> Option<f64> {
    if !name.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: f64 = name.parse().ok()?;
    (number_to_string(number) == *name).then_some(number)
}

pub(super) fn index_name(index: f64) -> String {
    number_to_string(index).to_text().into_owned()
}
