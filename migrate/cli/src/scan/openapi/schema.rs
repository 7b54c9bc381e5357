//! What is known of a body, as media types and JSON Schema.

use isobar_migrate_model::BodyShape;
use serde_json::{Map, Value, json};

/// The media types of the bodies that one status may have.
pub(super) fn content(bodies: &[&BodyShape]) -> Map<String, Value> {
    let mut content: Map<String, Value> = Map::new();
    for body in bodies {
        let Some(media_type) = media_type(body) else {
            continue;
        };
        let schema = schema(body);
        let media = content
            .entry(media_type)
            .or_insert_with(|| json!({ "schema": schema }));
        let known = media["schema"].take();
        media["schema"] = either(known, schema);
    }
    content
}

/// A schema for what one of two describes.
fn either(known: Value, schema: Value) -> Value {
    let mut choices = match known {
        Value::Object(mut known) if known.contains_key("anyOf") => match known.remove("anyOf") {
            Some(Value::Array(choices)) => choices,
            _ => Vec::new(),
        },
        known => vec![known],
    };
    if !choices.contains(&schema) {
        choices.push(schema);
    }
    match choices.pop() {
        Some(only) if choices.is_empty() => only,
        last => {
            choices.extend(last);
            json!({ "anyOf": choices })
        }
    }
}

fn media_type(body: &BodyShape) -> Option<&'static str> {
    match body {
        BodyShape::Empty => None,
        BodyShape::Unknown | BodyShape::File => Some("*/*"),
        BodyShape::Text => Some("text/*"),
        BodyShape::Html => Some("text/html"),
        BodyShape::Null
        | BodyShape::Boolean
        | BodyShape::Number
        | BodyShape::Array { .. }
        | BodyShape::Object { .. } => Some("application/json"),
    }
}

fn schema(body: &BodyShape) -> Value {
    match body {
        BodyShape::Empty | BodyShape::Unknown | BodyShape::File => json!({}),
        BodyShape::Null => json!({ "type": "null" }),
        BodyShape::Boolean => json!({ "type": "boolean" }),
        BodyShape::Number => json!({ "type": "number" }),
        BodyShape::Text | BodyShape::Html => json!({ "type": "string" }),
        BodyShape::Array { items } => json!({ "type": "array", "items": schema(items) }),
        BodyShape::Object { fields } => {
            let properties: Map<String, Value> = fields
                .iter()
                .map(|(name, shape)| (name.clone(), schema(shape)))
                .collect();
            json!({ "type": "object", "properties": properties })
        }
    }
}
