//! `JSON.stringify`.

use std::fmt::Write;

use super::{JsArray, JsObject, JsString, JsValue, Thrown, date, number};

/// How deep values may nest; V8 runs out of stack between 3,000 and 5,000 levels.
const DEEPEST: usize = 3500;

/// `JSON.stringify(value)`: `undefined` where the value has no JSON.
pub fn stringify(value: &JsValue) -> Result<JsValue, Thrown> {
    stringify_pretty(value, "")
}

/// `JSON.stringify(value, null, indent)`, with the indent as the text it stands for.
pub fn stringify_pretty(value: &JsValue, indent: &str) -> Result<JsValue, Thrown> {
    let mut writer = Writer {
        out: String::new(),
        indent,
        open: Vec::new(),
    };
    let key = JsString::default();
    let Some(value) = replaced(value, &key)? else {
        return Ok(JsValue::Undefined);
    };
    writer.write(&value, key)?;
    while let Some(container) = writer.open.last_mut() {
        match container.rest.next() {
            Some((key, value)) => writer.write_member(&value, key)?,
            None => writer.close(),
        }
    }
    Ok(writer.out.into())
}

/// Keeps its own stack, because a request can nest values deeper than a thread's stack.
struct Writer<'a> {
    out: String,
    indent: &'a str,
    /// The containers being written, outermost first.
    open: Vec<Container>,
}

struct Container {
    object: JsObject,
    /// The property by which it was reached.
    key: JsString,
    is_array: bool,
    is_empty: bool,
    rest: std::vec::IntoIter<(JsString, JsValue)>,
}

impl Writer<'_> {
    /// Writes a scalar whole, and of a container the opening bracket.
    fn write(&mut self, value: &JsValue, key: JsString) -> Result<(), Thrown> {
        match value {
            JsValue::Bool(value) => self.out.push_str(if *value { "true" } else { "false" }),
            JsValue::Number(value) if value.is_finite() => {
                self.out
                    .push_str(&number::number_to_string(*value).to_text());
            }
            JsValue::Undefined | JsValue::Null | JsValue::Number(_) => self.out.push_str("null"),
            JsValue::String(text) => quote(text, &mut self.out),
            JsValue::Object(object) => self.enter(object, key)?,
        }
        Ok(())
    }

    fn enter(&mut self, object: &JsObject, key: JsString) -> Result<(), Thrown> {
        if let Some(start) = self
            .open
            .iter()
            .position(|open| open.object.is_same(object))
        {
            return Err(circular(&self.open[start..], &key));
        }
        if self.open.len() >= DEEPEST {
            return Err(Thrown::range_error("Maximum call stack size exceeded"));
        }
        let array = JsArray::from_object(object);
        self.out.push(if array.is_some() { '[' } else { '{' });
        let is_array = array.is_some();
        let members = array.map_or_else(|| object.entries(), |array| indexed(&array));
        let (object, rest) = (object.clone(), members.into_iter());
        self.open.push(Container {
            object,
            key,
            is_array,
            is_empty: true,
            rest,
        });
        Ok(())
    }

    /// Writes a member of the innermost container with what precedes it.
    fn write_member(&mut self, value: &JsValue, key: JsString) -> Result<(), Thrown> {
        let value = replaced(value, &key)?;
        let depth = self.open.len();
        let Some(container) = self.open.last_mut() else {
            return Ok(());
        };
        let is_array = container.is_array;
        if value.is_none() && !is_array {
            return Ok(());
        }
        if !std::mem::take(&mut container.is_empty) {
            self.out.push(',');
        }
        self.break_line(depth);
        if !is_array {
            quote(&key, &mut self.out);
            self.out
                .push_str(if self.indent.is_empty() { ":" } else { ": " });
        }
        self.write(&value.unwrap_or(JsValue::Null), key)
    }

    fn close(&mut self) {
        if let Some(container) = self.open.pop() {
            if !container.is_empty {
                self.break_line(self.open.len());
            }
            self.out.push(if container.is_array { ']' } else { '}' });
        }
    }

    fn break_line(&mut self, depth: usize) {
        if !self.indent.is_empty() {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(self.indent, depth));
        }
    }
}

/// What is written in place of `value`: what its `toJSON` gives, and nothing for `undefined` and functions.
fn replaced(value: &JsValue, key: &JsString) -> Result<Option<JsValue>, Thrown> {
    let replacement = match value {
        JsValue::Object(object) => object.to_json(key)?,
        _ => None,
    };
    let value = replacement.unwrap_or_else(|| value.clone());
    let has_json = !matches!(&value, JsValue::Undefined)
        && !value.as_object().is_some_and(JsObject::is_function);
    Ok(has_json.then_some(value))
}

fn indexed(array: &JsArray) -> Vec<(JsString, JsValue)> {
    let numbered = array.to_vec().into_iter().enumerate();
    numbered
        .map(|(index, element)| (JsString::from(index.to_string()), element))
        .collect()
}

impl JsObject {
    /// What the object's `toJSON` gives, when it has one.
    fn to_json(&self, key: &JsString) -> Result<Option<JsValue>, Thrown> {
        let Some(own) = self.get_own("toJSON") else {
            return Ok(self
                .date()
                .map(|time| date::iso(time).map_or(JsValue::Null, JsValue::from)));
        };
        let function = own.as_object().and_then(Self::as_function);
        function
            .map(|function| function.call(&[key.into()]))
            .transpose()
    }

    fn constructor_name(&self) -> &'static str {
        if let Some(class) = self.class() {
            return class.name();
        }
        match self.error_class() {
            Some(class) => class.name(),
            None if self.is_array() => "Array",
            None if self.date().is_some() => "Date",
            None if self.regexp().is_some() => "RegExp",
            None => "Object",
        }
    }
}

/// V8's message: the object at which the circle starts, up to two steps, the last step, and what closes it.
fn circular(circle: &[Container], closing: &JsString) -> Thrown {
    const FIRST_STEPS: usize = 3;
    let mut message = String::from("Converting circular structure to JSON");
    for (position, Container { object, key, .. }) in circle.iter().enumerate() {
        let name = object.constructor_name();
        if position == 0 {
            let _ = write!(
                message,
                "\n    --> starting at object with constructor '{name}'"
            );
        } else if position < FIRST_STEPS || position + 1 == circle.len() {
            let _ = write!(
                message,
                "\n    |     {} -> object with constructor '{name}'",
                step(key)
            );
        } else if position == FIRST_STEPS {
            message.push_str("\n    |     ...");
        }
    }
    let _ = write!(message, "\n    --- {} closes the circle", step(closing));
    Thrown::type_error(message)
}

fn step(key: &JsString) -> String {
    match key.as_str().and_then(super::index::from_text) {
        Some(index) => format!("index {index}"),
        None => format!("property '{key}'"),
    }
}

/// A JSON string literal; lone surrogates are escaped, so that the result is always valid text.
fn quote(text: &JsString, out: &mut String) {
    out.push('"');
    match text.as_str() {
        Some(text) => escape(text, out),
        None => {
            for point in char::decode_utf16(text.units().iter().copied()) {
                match point {
                    Ok(character) => escape(character.encode_utf8(&mut [0; 4]), out),
                    Err(lone) => {
                        let _ = write!(out, "\\u{:04x}", lone.unpaired_surrogate());
                    }
                }
            }
        }
    }
    out.push('"');
}

fn escape(text: &str, out: &mut String) {
    let mut plain_from = 0;
    for (position, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0x00..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[plain_from..position]);
        plain_from = position + 1;
        if short.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(short);
        }
    }
    out.push_str(&text[plain_from..]);
}
