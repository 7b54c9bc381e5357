//! `JSON.stringify` of data that is known through and through.

use crate::machine::Machine;
use crate::machine::heap::{Form, Kind, Object, Properties, in_order, is_special};
use crate::machine::value::{ObjectId, Value};

/// How deep data may nest that is written.
const DEEPEST: u32 = 32;

/// The JSON of a value; nothing where it has none, or none that is known.
pub(super) fn json_of(machine: &Machine<'_>, value: &Value) -> Option<String> {
    let mut writer = Writer {
        machine,
        json: String::new(),
        levels: DEEPEST,
    };
    match writer.value(value) {
        Some(Written::Whole) => Some(writer.json),
        Some(Written::LeftOut) | None => None,
    }
}

/// Whether a value is one that JSON has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Whole,
    LeftOut,
}

struct Writer<'m, 'a> {
    machine: &'m Machine<'a>,
    json: String,
    levels: u32,
}

/// Each method gives nothing where what is to be written is not known.
impl Writer<'_, '_> {
    fn value(&mut self, value: &Value) -> Option<Written> {
        match value {
            Value::Unknown | Value::Unset(_) => return None,
            Value::Undefined => return Some(Written::LeftOut),
            Value::Number(number) if !number.is_finite() => self.json.push_str("null"),
            Value::Null | Value::Boolean(_) | Value::Number(_) => {
                self.json.push_str(&value.to_text()?);
            }
            Value::Text(_) if value.is_symbol() => return None,
            Value::Text(text) => self.text(text)?,
            Value::Object(id) => self.object(*id)?,
        }
        Some(Written::Whole)
    }

    fn text(&mut self, text: &str) -> Option<()> {
        self.json.push_str(&serde_json::to_string(text).ok()?);
        Some(())
    }

    fn object(&mut self, id: ObjectId) -> Option<()> {
        let object = self.machine.heap.get(id);
        if !is_plain(object) {
            return None;
        }
        self.levels = self.levels.checked_sub(1)?;
        match &object.kind {
            Kind::Array(elements) if object.properties.is_empty() => self.elements(elements)?,
            Kind::Plain => self.properties(&object.properties)?,
            _ => return None,
        }
        self.levels += 1;
        Some(())
    }

    fn elements(&mut self, elements: &[Value]) -> Option<()> {
        self.json.push('[');
        for (index, element) in elements.iter().enumerate() {
            if index > 0 {
                self.json.push(',');
            }
            if self.value(element)? == Written::LeftOut {
                self.json.push_str("null");
            }
        }
        self.json.push(']');
        Some(())
    }

    fn properties(&mut self, properties: &Properties) -> Option<()> {
        self.json.push('{');
        let first = self.json.len();
        for (name, property) in in_order(properties) {
            let is_plain = property.getter.is_none() && property.setter.is_none();
            if !is_plain || !property.enumerable || is_special(name) {
                return None;
            }
            let before = self.json.len();
            if before > first {
                self.json.push(',');
            }
            self.text(name)?;
            self.json.push(':');
            if self.value(&property.value)? == Written::LeftOut {
                self.json.truncate(before);
            }
        }
        self.json.push('}');
        Some(())
    }
}

/// Whether nothing of an object is unknown, and nothing of it comes from elsewhere.
fn is_plain(object: &Object<'_>) -> bool {
    let is_known = !object.open && !object.maybe && !object.past.assumed;
    is_known && object.prototype.is_none() && object.form == Form::Ordinary
}
