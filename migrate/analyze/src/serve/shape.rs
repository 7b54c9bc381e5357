//! The shape of a value that is sent, as far as it is known.

use indexmap::IndexMap;
use isobar_migrate_model::BodyShape;

use crate::machine::Machine;
use crate::machine::heap::Kind;
use crate::machine::value::Value;

/// How deep a shape is described.
const MAX_DEPTH: u32 = 5;

/// Fields of one object that are described.
const MAX_FIELDS: usize = 64;

impl Machine<'_> {
    /// The shape of `value`.
    pub(crate) fn shape_of(&self, value: &Value) -> BodyShape {
        self.shape_within(value, 0)
    }

    fn shape_within(&self, value: &Value, depth: u32) -> BodyShape {
        match value {
            Value::Undefined => BodyShape::Empty,
            Value::Unknown | Value::Unset(_) => BodyShape::Unknown,
            Value::Null => BodyShape::Null,
            Value::Boolean(_) => BodyShape::Boolean,
            Value::Number(_) => BodyShape::Number,
            Value::Text(_) => BodyShape::Text,
            Value::Object(_) if depth >= MAX_DEPTH => BodyShape::Unknown,
            Value::Object(id) => match &self.heap.get(*id).kind {
                Kind::Array(elements) => {
                    let first = elements.first();
                    let items = first.map_or(BodyShape::Unknown, |first| {
                        self.shape_within(first, depth + 1)
                    });
                    BodyShape::Array {
                        items: Box::new(items),
                    }
                }
                Kind::Plain if !self.heap.get(*id).open => {
                    let properties = &self.heap.get(*id).properties;
                    let shown = properties
                        .iter()
                        .filter(|(_, property)| property.enumerable)
                        .take(MAX_FIELDS);
                    let fields: IndexMap<String, BodyShape> = shown
                        .map(|(key, property)| {
                            (
                                key.to_string(),
                                self.shape_within(&property.value, depth + 1),
                            )
                        })
                        .collect();
                    BodyShape::Object { fields }
                }
                _ => BodyShape::Unknown,
            },
        }
    }
}
