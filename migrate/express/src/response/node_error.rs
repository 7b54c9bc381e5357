//! The errors that Node's HTTP module throws, and the checks that lead to them.

use bytes::Bytes;
use http::{HeaderValue, StatusCode};

use crate::content_type::is_token;
use crate::value::{ErrorClass, JsObject, JsValue, Thrown};

/// An error of Node with its `code`, which also stands in its stack.
pub(crate) fn with_code(class: ErrorClass, code: &'static str, message: String) -> Thrown {
    let stack = format!("{} [{code}]: {message}", class.name());
    let error = JsObject::error(class, message.into());
    error.define("code", code);
    // `stack` exists already and stays hidden from enumeration.
    error.define("stack", stack);
    Thrown::new(error)
}

/// `ERR_HTTP_HEADERS_SENT`.
pub(crate) fn headers_sent(verb: &str) -> Thrown {
    let message = format!("Cannot {verb} headers after they are sent to the client");
    with_code(ErrorClass::Error, "ERR_HTTP_HEADERS_SENT", message)
}

/// `ERR_INVALID_HTTP_TOKEN`.
pub(crate) fn header_name(name: &str) -> Thrown {
    let message = format!("Header name must be a valid HTTP token [\"{name}\"]");
    with_code(ErrorClass::TypeError, "ERR_INVALID_HTTP_TOKEN", message)
}

/// `ERR_INVALID_CHAR`.
pub(crate) fn header_content(name: &str) -> Thrown {
    let message = format!("Invalid character in header content [\"{name}\"]");
    with_code(ErrorClass::TypeError, "ERR_INVALID_CHAR", message)
}

/// `ERR_INVALID_CHAR` for `res.statusMessage`.
pub(crate) fn status_message() -> Thrown {
    let message = "Invalid character in statusMessage".to_owned();
    with_code(ErrorClass::TypeError, "ERR_INVALID_CHAR", message)
}

/// Checks a header as `setHeader` does before it keeps it.
pub(crate) fn check_header(name: &str, value: &JsValue) -> Result<(), Thrown> {
    if !is_token(name) {
        return Err(header_name(name));
    }
    if value.is_undefined() {
        let message = format!("Invalid value \"undefined\" for header \"{name}\"");
        return Err(with_code(
            ErrorClass::TypeError,
            "ERR_HTTP_INVALID_HEADER_VALUE",
            message,
        ));
    }
    match value {
        JsValue::String(text) if is_plain(&text.to_text()) => Ok(()),
        value => latin1_bytes(name, value).map(drop),
    }
}

/// A header value as it is written.
pub(crate) fn header_value(name: &str, value: &JsValue) -> Result<HeaderValue, Thrown> {
    let checked = match value {
        JsValue::String(text) => match (text.as_literal(), text.as_str()) {
            (Some(text), _) if is_plain(text) => {
                HeaderValue::from_maybe_shared(Bytes::from_static(text.as_bytes()))
            }
            (None, Some(text)) if is_plain(text) => HeaderValue::from_str(text),
            _ => HeaderValue::from_maybe_shared(Bytes::from(latin1_bytes(name, value)?)),
        },
        value => HeaderValue::from_maybe_shared(Bytes::from(latin1_bytes(name, value)?)),
    };
    checked.map_err(|_| header_content(name))
}

/// Whether text can be a header value as it is.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
}

/// The bytes of a header value: Node writes headers in Latin-1 and refuses what does not fit.
pub(crate) fn latin1_bytes(name: &str, value: &JsValue) -> Result<Vec<u8>, Thrown> {
    let text = value.to_js_string()?;
    let text = text.to_text();
    if is_plain(&text) {
        return Ok(text.into_owned().into_bytes());
    }
    let byte = |character: char| match character {
        '\t' | ' '..='~' | '\u{80}'..='\u{ff}' => u8::try_from(u32::from(character)).ok(),
        _ => None,
    };
    text.chars()
        .map(byte)
        .collect::<Option<Vec<u8>>>()
        .ok_or_else(|| header_content(name))
}

/// The status that `writeHead` makes of `res.statusCode`: its 32 bit integer, between 100 and 999.
pub(crate) fn status_code(status: &JsValue) -> Result<StatusCode, Thrown> {
    let number = status.to_int32().unwrap_or(0);
    let code = u16::try_from(number)
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok());
    code.ok_or_else(|| {
        let shown = status
            .to_js_string()
            .map(|text| text.to_text().into_owned());
        let message = format!("Invalid status code: {}", shown.unwrap_or_default());
        with_code(
            ErrorClass::RangeError,
            "ERR_HTTP_INVALID_STATUS_CODE",
            message,
        )
    })
}
