//! `req.params` as a JavaScript object.

use isobar_express_path::{ParamValue, Params};

use crate::value::{JsArray, JsObject, JsString, JsValue};

/// The object for what a path matched.
pub(crate) fn params_object(params: &Params) -> JsValue {
    let object = JsObject::new();
    for (name, value) in params.iter() {
        object.define(name.to_owned(), value_of(value));
    }
    object.into()
}

fn value_of(value: &ParamValue) -> JsValue {
    match value {
        ParamValue::Missing => JsValue::Undefined,
        ParamValue::Text(text) => JsValue::text(text),
        ParamValue::List(list) => list
            .iter()
            .map(|text| JsValue::text(text))
            .collect::<JsArray>()
            .into(),
    }
}

/// `mergeParams` of the router: the parent's parameters, then the own ones; numbered ones continue the parent's count.
pub(crate) fn merged(params: &JsValue, parent: &JsValue) -> JsValue {
    let (Some(own), Some(above)) = (params.as_object(), parent.as_object()) else {
        return params.clone();
    };
    let all = JsObject::new();
    all.assign(parent);
    if !(own.has("0") && above.has("0")) {
        all.assign(params);
        return all.into();
    }
    let (gap, offset) = (count(own), count(above));
    for index in (0..gap).rev() {
        own.define(name(index + offset), own.get(&name(index)));
        // The original makes room where the shifted numbers would meet the old ones.
        if index < offset {
            own.delete(&name(index));
        }
    }
    all.assign(params);
    all.into()
}

/// How many of the names 0, 1, 2, … there are without a gap.
fn count(object: &JsObject) -> u32 {
    let mut count = 0;
    while object.has(&name(count)) {
        count += 1;
    }
    count
}

fn name(index: u32) -> JsString {
    JsString::from(index.to_string())
}
