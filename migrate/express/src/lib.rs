//! What ported handlers link so that they answer byte for byte as Express did.

mod flow;
mod value;

pub use flow::{Flow, Handled};
pub use value::{
    ErrorClass, JsArray, JsFunction, JsObject, JsString, JsValue, PropertyName, Thrown,
    decode_uri_component, encode_uri_component, json_parse, json_stringify, json_stringify_pretty,
    number_to_string, parse_float, parse_int,
};
