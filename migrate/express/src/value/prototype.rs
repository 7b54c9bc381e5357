//! What values inherit: the methods of the built-in prototypes, as far as a property access can see them.
//!
//! A request can name any property (`users[req.params.name]` with the name `constructor`), and JavaScript then finds
//! the inherited function. So do we: the function found here has the right type and identity, but cannot be called
//! by value; calls are translated by name.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::properties::PropertyName;
use super::{JsFunction, JsObject, JsString, JsValue, Thrown};

const OBJECT: &str = "constructor __defineGetter__ __defineSetter__ hasOwnProperty __lookupGetter__ \
    __lookupSetter__ isPrototypeOf propertyIsEnumerable toString valueOf toLocaleString";
const ARRAY: &str = "constructor at concat copyWithin fill find findIndex findLast findLastIndex lastIndexOf pop \
    push reverse shift unshift slice sort splice includes indexOf join keys entries values forEach filter flat \
    flatMap map every some reduce reduceRight toLocaleString toString toReversed toSorted toSpliced with";
const STRING: &str = "constructor anchor at big blink bold charAt charCodeAt codePointAt concat endsWith fontcolor \
    fontsize fixed includes indexOf italics lastIndexOf link localeCompare match matchAll normalize padEnd padStart \
    repeat replace replaceAll search slice small split strike sub substr substring sup startsWith toString trim \
    trimStart trimLeft trimEnd trimRight toLocaleLowerCase toLocaleUpperCase toLowerCase toUpperCase valueOf \
    isWellFormed toWellFormed";
const NUMBER: &str =
    "constructor toExponential toFixed toPrecision toString valueOf toLocaleString";
const BOOLEAN: &str = "constructor toString valueOf";
const FUNCTION: &str = "constructor apply bind call toString";
const ERROR: &str = "constructor toString";
const DATE: &str = "constructor toString toDateString toTimeString toISOString toUTCString getDate setDate getDay \
    getFullYear setFullYear getHours setHours getMilliseconds setMilliseconds getMinutes setMinutes getMonth \
    setMonth getSeconds setSeconds getTime setTime getTimezoneOffset getYear setYear getUTCDate setUTCDate \
    getUTCDay getUTCFullYear setUTCFullYear getUTCHours setUTCHours getUTCMilliseconds setUTCMilliseconds \
    getUTCMinutes setUTCMinutes getUTCMonth setUTCMonth getUTCSeconds setUTCSeconds valueOf toJSON \
    toLocaleString toLocaleDateString toLocaleTimeString toGMTString";
const REGEXP: &str = "constructor exec compile toString test";

/// The method names of one prototype, each with the function object that stands for it.
type Methods = HashMap<&'static str, JsValue>;

static OBJECT_METHODS: LazyLock<Methods> = LazyLock::new(|| methods(OBJECT));
static ARRAY_METHODS: LazyLock<Methods> = LazyLock::new(|| methods(ARRAY));
static STRING_METHODS: LazyLock<Methods> = LazyLock::new(|| methods(STRING));
static NUMBER_METHODS: LazyLock<Methods> = LazyLock::new(|| methods(NUMBER));
static BOOLEAN_METHODS: LazyLock<Methods> = LazyLock::new(|| methods(BOOLEAN));
static FUNCTION_METHODS: LazyLock<Methods> = LazyLock::new(|| methods(FUNCTION));
static ERROR_METHODS: LazyLock<Methods> = LazyLock::new(|| methods(ERROR));
static DATE_METHODS: LazyLock<Methods> = LazyLock::new(|| methods(DATE));
static REGEXP_METHODS: LazyLock<Methods> = LazyLock::new(|| methods(REGEXP));
static OBJECT_PROTOTYPE: LazyLock<JsObject> = LazyLock::new(JsObject::new);

/// A property that an object inherits.
pub(super) fn of_object(object: &JsObject, name: &(impl PropertyName + ?Sized)) -> Option<JsValue> {
    let name = name.text()?;
    if let Some(class) = object.class() {
        match name {
            "constructor" => return Some(inherited(class.name()).into()),
            name if class.has_method(name) => return Some(method(name).into()),
            _ => {}
        }
    }
    if let Some(class) = object.error_class() {
        match name {
            "name" => return Some(class.name().into()),
            "message" => return Some("".into()),
            "constructor" => return Some(inherited(class.name()).into()),
            _ => {}
        }
    }
    let own = if object.is_array() {
        ARRAY_METHODS.get(name)
    } else if object.is_function() {
        FUNCTION_METHODS.get(name)
    } else if object.error_class().is_some() {
        ERROR_METHODS.get(name)
    } else if object.date().is_some() {
        DATE_METHODS.get(name)
    } else if object.regexp().is_some() {
        REGEXP_METHODS.get(name)
    } else {
        None
    };
    own.cloned().or_else(|| of_every_object(name))
}

/// A property that a string, number or boolean inherits.
pub(super) fn of_primitive(value: &JsValue, name: &str) -> Option<JsValue> {
    let own = match value {
        JsValue::String(_) => STRING_METHODS.get(name),
        JsValue::Number(_) => NUMBER_METHODS.get(name),
        JsValue::Bool(_) => BOOLEAN_METHODS.get(name),
        JsValue::Undefined | JsValue::Null | JsValue::Object(_) => return None,
    };
    own.cloned().or_else(|| of_every_object(name))
}

fn of_every_object(name: &str) -> Option<JsValue> {
    if name == "__proto__" {
        return Some(OBJECT_PROTOTYPE.clone().into());
    }
    OBJECT_METHODS.get(name).cloned()
}

fn methods(names: &'static str) -> Methods {
    names
        .split_whitespace()
        .map(|name| (name, inherited(name).into()))
        .collect()
}

/// A method of a class of the application.
fn method(name: &str) -> JsFunction {
    JsFunction::new(JsString::new(name), |_| {
        Err(Thrown::type_error(
            "calling a method by value is not supported",
        ))
    })
}

fn inherited(name: &'static str) -> JsFunction {
    JsFunction::new(JsString::literal(name), move |_| {
        Err(Thrown::type_error(format!(
            "calling {name} by value is not supported"
        )))
    })
}
