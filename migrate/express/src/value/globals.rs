//! Functions of the global object, of `Object`, `Array`, `Math` and `Number`, and of small packages.

use std::num::FpCategory;
use std::sync::OnceLock;
use std::time::Instant;

use super::{ErrorClass, JsArray, JsObject, JsString, JsValue, Thrown, index};
use crate::encode;

/// The most elements that `Array.from({ length })` gives.
const LONGEST: usize = 1 << 20;

/// Runs the body of a `try`; what it throws comes back as the error.
///
/// # Errors
/// What the body throws.
pub fn attempt<T>(body: impl FnOnce() -> Result<T, Thrown>) -> Result<T, Thrown> {
    body()
}

/// The values of `await Promise.all(…)`: of functions that have all run, in order.
///
/// # Errors
/// The first error.
pub fn settle_all<const N: usize>(
    results: [Result<JsValue, Thrown>; N],
) -> Result<JsArray, Thrown> {
    let values = results.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(JsArray::from_values(values))
}

/// `ToInt32`, as the bit operators apply it.
pub fn to_int32(number: f64) -> i32 {
    index::to_int32(number)
}

/// `base ** exponent`.
pub fn math_pow(base: f64, exponent: f64) -> f64 {
    // IEEE 754 gives 1 where ECMA-262 (6.1.6.1.3) wants NaN.
    let is_one = (base.abs() - 1.0).classify() == FpCategory::Zero;
    if exponent.is_nan() || (is_one && exponent.is_infinite()) {
        return f64::NAN;
    }
    // V8 computes it as fdlibm does, whose last bit is not always that of other libraries.
    libm::pow(base, exponent)
}

/// How long an array may be made at once. JavaScript would not use the memory before the elements are there; a request
/// that names a huge length must not either.
const LONGEST_MADE: usize = 1 << 24;

/// `new Array(length)`, or an array of one value that is no number.
///
/// # Errors
/// A `RangeError` for a number that is no length.
pub fn new_array(length: &JsValue) -> Result<JsArray, Thrown> {
    let Some(number) = length.as_number() else {
        return Ok(JsArray::from_values([length.clone()]));
    };
    let length = index::from_number(number).filter(|length| *length <= LONGEST_MADE);
    length
        .map(JsArray::of_holes)
        .ok_or_else(|| Thrown::range_error("Invalid array length"))
}

/// `Math.round(number)`: halves go up.
pub fn math_round(number: f64) -> f64 {
    let floor = number.floor();
    if number - floor >= 0.5 {
        number.ceil()
    } else {
        floor.copysign(number)
    }
}

/// `Math.sign(number)`.
pub fn math_sign(number: f64) -> f64 {
    if number == 0.0 || number.is_nan() {
        number
    } else {
        number.signum()
    }
}

/// `Math.max(...numbers)`.
pub fn math_max(numbers: impl IntoIterator<Item = f64>) -> f64 {
    numbers.into_iter().fold(f64::NEG_INFINITY, |most, number| {
        if most.is_nan() || number.is_nan() {
            f64::NAN
        } else if number.total_cmp(&most).is_gt() {
            number
        } else {
            most
        }
    })
}

/// `Math.min(...numbers)`.
pub fn math_min(numbers: impl IntoIterator<Item = f64>) -> f64 {
    -math_max(numbers.into_iter().map(|number| -number))
}

/// `Math.random()`.
pub fn math_random() -> f64 {
    let bytes = uuid::Uuid::new_v4().into_bytes();
    // 48 bits and 5 more that neither version nor variant touches.
    let bits = bytes[..6]
        .iter()
        .fold(0, |bits: u64, byte| (bits << 8) | u64::from(*byte));
    let bits = (bits << 5) | u64::from(bytes[15] >> 3);
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    let number = bits as f64;
    number / 9_007_199_254_740_992.0
}

/// The elements of an array as numbers, for `Math.max(...array)`.
///
/// # Errors
/// As [`JsValue::to_number`].
pub fn numbers(array: &JsArray) -> Result<Vec<f64>, Thrown> {
    array.to_vec().iter().map(JsValue::to_number).collect()
}

/// `process.uptime()`, in seconds.
pub fn process_uptime() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}

/// `crypto.randomUUID()`.
pub fn random_uuid() -> JsString {
    uuid::Uuid::new_v4().to_string().into()
}

/// `escape-html`: the five characters that mean something in HTML.
pub fn escape_html(text: &JsString) -> JsString {
    encode::escape_html(&text.to_text()).into()
}

fn first(arguments: &[JsValue]) -> JsValue {
    arguments.first().cloned().unwrap_or_default()
}

/// `Number.isInteger(value)`.
pub fn number_is_integer(arguments: &[JsValue]) -> bool {
    first(arguments)
        .as_number()
        .is_some_and(|number| number.is_finite() && number.fract() == 0.0)
}

/// `Number.isSafeInteger(value)`.
pub fn number_is_safe_integer(arguments: &[JsValue]) -> bool {
    let safe = |number: f64| number.abs() <= 9_007_199_254_740_991.0;
    number_is_integer(arguments) && first(arguments).as_number().is_some_and(safe)
}

/// `Number.isNaN(value)`.
pub fn number_is_nan(arguments: &[JsValue]) -> bool {
    first(arguments).as_number().is_some_and(f64::is_nan)
}

/// `Number.isFinite(value)`.
pub fn number_is_finite(arguments: &[JsValue]) -> bool {
    first(arguments).as_number().is_some_and(f64::is_finite)
}

/// The object that `Object.keys` and its like look at.
fn object_of(value: &JsValue) -> Result<JsObject, Thrown> {
    match value {
        JsValue::Object(object) => Ok(object.clone()),
        JsValue::Undefined | JsValue::Null => Err(Thrown::type_error(
            "Cannot convert undefined or null to object",
        )),
        value => {
            let object = JsObject::new();
            object.assign(value);
            Ok(object)
        }
    }
}

/// `Object.keys(value)`.
///
/// # Errors
/// A `TypeError` for `undefined` and `null`.
pub fn object_keys(arguments: &[JsValue]) -> Result<JsArray, Thrown> {
    Ok(object_of(&first(arguments))?.keys().into_iter().collect())
}

/// `Object.values(value)`.
///
/// # Errors
/// A `TypeError` for `undefined` and `null`.
pub fn object_values(arguments: &[JsValue]) -> Result<JsArray, Thrown> {
    Ok(object_of(&first(arguments))?
        .entries()
        .into_iter()
        .map(|(_, value)| value)
        .collect())
}

/// `Object.entries(value)`.
///
/// # Errors
/// A `TypeError` for `undefined` and `null`.
pub fn object_entries(arguments: &[JsValue]) -> Result<JsArray, Thrown> {
    let entries = object_of(&first(arguments))?.entries().into_iter();
    Ok(entries
        .map(|(name, value)| JsArray::from_values([name.into(), value]))
        .collect())
}

/// `Object.fromEntries(entries)`.
///
/// # Errors
/// A `TypeError` for what is no list of pairs.
pub fn object_from_entries(arguments: &[JsValue]) -> Result<JsValue, Thrown> {
    let object = JsObject::new();
    for entry in first(arguments).iterate("object")? {
        if entry.as_object().is_none() {
            let shown = entry.to_js_string()?;
            return Err(Thrown::type_error(format!(
                "Iterator value {shown} is not an entry object"
            )));
        }
        object.define(entry.item(0)?.to_js_string()?, entry.item(1)?);
    }
    Ok(object.into())
}

/// `Object.assign(target, ...sources)`: the target.
///
/// # Errors
/// A `TypeError` for a target that is `undefined` or `null`, and what setting a property throws.
pub fn object_assign(arguments: &[JsValue]) -> Result<JsValue, Thrown> {
    let target = object_of(&first(arguments))?;
    for source in arguments.iter().skip(1) {
        let copy = JsObject::new();
        copy.assign(source);
        for (name, value) in copy.entries() {
            target.set(&name, value)?;
        }
    }
    Ok(target.into())
}

/// `Object.hasOwn(value, name)`.
///
/// # Errors
/// A `TypeError` for `undefined` and `null`.
pub fn object_has_own(arguments: &[JsValue]) -> Result<bool, Thrown> {
    let object = object_of(&first(arguments))?;
    let name = arguments
        .get(1)
        .cloned()
        .unwrap_or_default()
        .to_js_string()?;
    Ok(object.has_own(&name))
}

/// `Array.from(values)`: of something that is iterated, or of something with a length.
///
/// # Errors
/// A `TypeError` for `undefined` and `null`.
pub fn array_from(arguments: &[JsValue]) -> Result<JsArray, Thrown> {
    let values = first(arguments);
    if values.is_nullish() {
        let shown = values.to_js_string()?;
        return Err(Thrown::type_error(format!("{shown} is not iterable")));
    }
    if values.as_string().is_some() || values.is_array() {
        return Ok(JsArray::from_values(values.iterate("object")?));
    }
    let length = values.get("length")?.to_number_or(0.0)?;
    let length = index::length(index::to_integer(length).max(0.0));
    if length > LONGEST {
        return Err(Thrown::range_error("Invalid array length"));
    }
    let items = (0..length).map(|position| values.item(index::number(position)));
    Ok(JsArray::from_values(items.collect::<Result<Vec<_>, _>>()?))
}

/// `createError(status, message)` of `http-errors`.
///
/// # Errors
/// What turning the arguments into text throws.
pub fn create_error(arguments: &[JsValue]) -> Result<JsValue, Thrown> {
    let status = first(arguments);
    let message = match arguments.get(1) {
        None | Some(JsValue::Undefined) => None,
        Some(message) => Some(message.to_js_string()?.to_text().into_owned()),
    };
    let code = status
        .as_number()
        .filter(|code| (400.0..600.0).contains(code) && code.fract() == 0.0);
    let code = code.and_then(|code| u16::try_from(index::length(code)).ok());
    match code {
        Some(code) => Ok(crate::http_error::http_error(code, message.as_deref()).into()),
        None => Err(Thrown::error(
            ErrorClass::TypeError,
            "creating an error of this kind is not supported",
        )),
    }
}

macro_rules! console {
    ($($name:ident $level:ident $method:literal)*) => {
        $(
            #[doc = concat!("`console.", $method, "(...values)`: a line in the log.")]
            pub fn $name(values: &[JsValue]) {
                tracing::$level!(target: "console", "{}", line(values));
            }
        )*
    };
}

console! {
    console_log info "log"
    console_debug debug "debug"
    console_warn warn "warn"
    console_error error "error"
}

/// The values as one line: text as it is, other values as JSON, where they have it.
fn line(values: &[JsValue]) -> String {
    let texts = values.iter().map(|value| match value {
        JsValue::Object(object) if object.error_class().is_none() => format!("{value:?}"),
        value => value
            .to_js_string()
            .map_or_else(|_| format!("{value:?}"), |it| it.to_string()),
    });
    texts.collect::<Vec<_>>().join(" ")
}
