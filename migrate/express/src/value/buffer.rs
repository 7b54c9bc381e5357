//! Bytes as a value: a `Buffer` of Node, as far as a body that is passed on needs it.

use bytes::Bytes;

use super::{JsArray, JsFunction, JsObject, JsString, JsValue};

/// A `Buffer`: its length, its text as UTF-8, and the JSON that Node gives it. The bytes cannot be changed.
impl From<Bytes> for JsValue {
    fn from(bytes: Bytes) -> Self {
        let buffer = JsObject::of_bytes(bytes.clone());
        let text = bytes.clone();
        let to_string = JsFunction::new("toString", move |_| {
            Ok(JsString::new(&String::from_utf8_lossy(&text)).into())
        });
        let to_json = JsFunction::new("toJSON", move |_| {
            let data: JsArray = bytes.iter().map(|byte| u32::from(*byte)).collect();
            Ok(crate::object![("type", "Buffer"), ("data", data)])
        });
        buffer.define_hidden("toString", to_string);
        buffer.define_hidden("toJSON", to_json);
        buffer.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::json_stringify;

    #[test]
    fn a_buffer_has_the_text_and_json_of_node() {
        let buffer = JsValue::from(Bytes::from_static(b"hi"));
        assert_eq!(buffer.to_js_string().unwrap(), "hi");
        assert_eq!(buffer.get("length").unwrap(), 2.0);
        let json = json_stringify(&buffer).unwrap();
        assert_eq!(json, r#"{"type":"Buffer","data":[104,105]}"#);
    }
}
