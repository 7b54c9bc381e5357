//! Errors with a status: package `http-errors` 2.0.

use isobar_express_path::{MatchError, MatchErrorKind};

use crate::statuses;
use crate::value::{ErrorClass, JsObject, JsString, JsValue, Thrown};

/// `createError(status, message)`: `status`, `statusCode`, `expose` and `name` belong to its class, so they are not
/// enumerated. Without a message it has the name of the status.
pub(crate) fn http_error(status: u16, message: Option<&str>) -> JsObject {
    let default = statuses::message(status).unwrap_or_default();
    let message = message.unwrap_or(default);
    let name = class_name(default);
    let error = JsObject::error(ErrorClass::Error, JsString::default());
    let stack = if message.is_empty() {
        name.clone()
    } else {
        format!("{name}: {message}")
    };
    error.define_hidden("stack", stack);
    // The class makes the message enumerable, unlike that of other errors.
    error.define("message", JsString::new(message));
    error.define_hidden("name", name);
    error.define_hidden("expose", status < 500);
    error.define_hidden("status", u32::from(status));
    error.define_hidden("statusCode", u32::from(status));
    error
}

/// `createError(status, error)`: marks an error that exists already.
pub(crate) fn with_status(status: u16, error: Thrown) -> JsValue {
    let error = error.into_value();
    if let Some(object) = error.as_object() {
        object.define("expose", status < 500);
        object.define("statusCode", u32::from(status));
        object.define("status", u32::from(status));
    }
    error
}

/// What Express throws when the parameters of a path that matched cannot be collected.
pub(crate) fn unmatched(error: &MatchError) -> Thrown {
    let message = error.to_string();
    match error.kind() {
        MatchErrorKind::Decode => {
            let thrown = JsObject::error(ErrorClass::UriError, message.into());
            // The message was replaced after the error was made, so its stack shows V8's.
            thrown.define_hidden("stack", "URIError: URI malformed");
            thrown.define("status", u32::from(error.status()));
            thrown.define("statusCode", u32::from(error.status()));
            Thrown::new(thrown)
        }
        _ => Thrown::type_error(message),
    }
}

/// `NotFoundError` for `Not Found`.
fn class_name(message: &str) -> String {
    let words = message.split(' ').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first
            .into_iter()
            .chain(letters)
            .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect()
    });
    let name: String = words.collect::<Vec<String>>().concat();
    if name.is_empty() || name.ends_with("Error") {
        name
    } else {
        format!("{name}Error")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_named_after_its_status() {
        let shown = |status| Thrown::new(http_error(status, None)).to_string();
        assert_eq!(shown(404), "NotFoundError: Not Found");
        assert_eq!(shown(418), "ImATeapotError: I'm a Teapot");
        assert_eq!(shown(500), "InternalServerError: Internal Server Error");
    }
}
