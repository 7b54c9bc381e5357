//! `JSON`, and values made from JSON files.

mod stringify;

use crate::machine::Machine;
use crate::machine::call::Call;
use crate::machine::heap::{Kind, Property};
use crate::machine::value::{Site, Value};

/// Calls `JSON.parse` or `JSON.stringify`.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, call: &Call) -> Value {
    match (name, call.argument(0)) {
        ("parse", Value::Text(text)) => match serde_json::from_str(&text) {
            Ok(json) => {
                if call.arguments.len() > 1 {
                    machine.assume();
                }
                machine.value_of_json(&json, call.site)
            }
            Err(_) => machine.roughly(Value::Unknown),
        },
        // A copy that keeps what is known: `JSON.parse(JSON.stringify(x))` clones.
        ("parse", copy @ Value::Object(_)) => machine.roughly(copy),
        ("stringify", Value::Undefined) => Value::Undefined,
        ("stringify", value) => match stringify::json_of(machine, &value) {
            Some(json) if call.arguments.len() == 1 => Value::from(json),
            _ if machine.is_plain_data(&value) => machine.roughly(value),
            _ => Value::Unknown,
        },
        _ => Value::Unknown,
    }
}

/// A copy of data, all the way down; what is no plain data is roughly itself.
pub(super) fn copy(machine: &mut Machine<'_>, value: &Value, site: Site) -> Value {
    match stringify::json_of(machine, value) {
        Some(json) if !json.contains("null") => match serde_json::from_str(&json) {
            Ok(json) => machine.value_of_json(&json, site),
            Err(_) => Value::Unknown,
        },
        _ => machine.roughly(value.clone()),
    }
}

impl Machine<'_> {
    fn is_plain_data(&self, value: &Value) -> bool {
        matches!(self.heap.kind(value), Some(Kind::Plain | Kind::Array(_)))
    }

    /// The value that a JSON document stands for.
    pub(crate) fn value_of_json(&mut self, json: &serde_json::Value, site: Site) -> Value {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Boolean(*value),
            serde_json::Value::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
            serde_json::Value::String(text) => Value::from(text.as_str()),
            serde_json::Value::Array(elements) => {
                let elements: Vec<Value> = elements
                    .iter()
                    .map(|element| self.value_of_json(element, site))
                    .collect();
                let parts = elements.clone();
                let id = self.heap.allocate(Kind::array(elements), site);
                self.adopt(id, &parts);
                Value::Object(id)
            }
            serde_json::Value::Object(fields) => {
                let id = self.plain_object(site);
                for (key, field) in fields {
                    let value = self.value_of_json(field, site);
                    self.adopt(id, std::slice::from_ref(&value));
                    let properties = &mut self.heap.get_mut(id).properties;
                    properties.insert(key.as_str().into(), Property::plain(value));
                }
                Value::Object(id)
            }
        }
    }
}
