//! Bodies of `application/json`.

use super::super::options::{Refusal, member};
use super::{Body, Parse};
use crate::profile::Profile;
use crate::value::{ErrorClass, JsObject, JsString, JsValue, Thrown, json_parse};

pub(super) struct JsonParser {
    /// Only objects and arrays are accepted.
    strict: bool,
    /// Anything else is refused in the words of body-parser before 1.20.2.
    old_messages: bool,
}

impl JsonParser {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the other parsers have options that can be refused"
    )]
    pub(super) fn new(options: &JsValue) -> Result<Self, Refusal> {
        Ok(Self {
            strict: member(options, "strict") != false,
            old_messages: member(options, "oldMessages") == true,
        })
    }
}

impl Parse for JsonParser {
    fn charset(&self, _: Profile, named: Option<String>) -> Result<Option<String>, String> {
        let charset = named.unwrap_or_else(|| "utf-8".to_owned());
        if charset.starts_with("utf-") {
            Ok(Some(charset))
        } else {
            Err(charset)
        }
    }

    fn parse(&self, _: Profile, body: Body, _: &str) -> Result<JsValue, Thrown> {
        let text = body.into_text();
        if text.is_empty() {
            return Ok(JsObject::new().into());
        }
        let first = text.trim_start_matches([' ', '\t', '\n', '\r']);
        if self.strict && !first.starts_with(['{', '[']) {
            return Err(if self.old_messages {
                old_strict_violation(&text, first)
            } else {
                strict_violation(&text, text.len() - first.len())
            });
        }
        json_parse(&JsString::from(text))
    }
}

/// The error of body-parser before 1.20.2: that of `JSON.parse` for a text that ends with a `#` in the place of the first
/// character, which goes back into the message once. Versions of Node whose messages quote the text show the other `#`.
fn old_strict_violation(text: &str, first: &str) -> Thrown {
    let start = text.len() - first.len();
    let (partial, first) = match first.chars().next() {
        Some(first) => (format!("{}#", &text[..start]), first.to_string()),
        None => (String::new(), String::new()),
    };
    let Err(error) = json_parse(&partial.into()) else {
        return violation();
    };
    let message = error
        .value()
        .get("message")
        .and_then(|message| message.to_js_string());
    let message = message.unwrap_or_default();
    Thrown::syntax_error(message.to_text().replacen('#', &first, 1))
}

/// The error that `JSON.parse` would give for a text that breaks off where the first character stands: the original
/// replaces the rest by `#` and puts it back into the message.
fn strict_violation(text: &str, start: usize) -> Thrown {
    let text = JsString::new(text);
    let start = if start == text.to_text().len() {
        None
    } else {
        Some(start)
    };
    let Some(start) = start else {
        return json_parse(&"".into()).err().unwrap_or_else(violation);
    };
    let rest = text.range(start, text.len());
    let partial = text.range(0, start).concat(&"#".repeat(rest.len()).into());
    let Err(error) = json_parse(&partial) else {
        return violation();
    };
    let message = error
        .value()
        .get("message")
        .and_then(|message| message.to_js_string());
    let message = message.unwrap_or_default();
    Thrown::syntax_error(restored(&message, &rest))
}

/// Puts the beginning of `rest` in the place of each run of `#`.
fn restored(message: &JsString, rest: &JsString) -> JsString {
    let (message, rest) = (message.units(), rest.units());
    let is_mark = |unit: &u16| *unit == u16::from(b'#');
    let mut restored = Vec::new();
    for run in message.chunk_by(|one, other| is_mark(one) == is_mark(other)) {
        let marked = run.first().is_some_and(is_mark);
        restored.extend_from_slice(if marked { &rest[..run.len()] } else { run });
    }
    JsString::from_units(&restored)
}

fn violation() -> Thrown {
    Thrown::error(ErrorClass::SyntaxError, "strict violation")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: Result<&str, &str>) {
        let parser = JsonParser {
            strict: true,
            old_messages: false,
        };
        let parsed = parser.parse(Profile::V4, Body::Text(body.to_owned()), "utf-8");
        let parsed = parsed
            .map(|value| format!("{value:?}"))
            .map_err(|error| error.to_string());
        assert_eq!(
            parsed.as_deref().map_err(String::as_str),
            expected,
            "{body}"
        );
    }

    #[test]
    fn only_objects_and_arrays_are_accepted_with_the_messages_of_v8() {
        check("", Ok("{}"));
        check(" [1]", Ok("[1]"));
        check(
            "true",
            Err("SyntaxError: Unexpected token 't', \"true\" is not valid JSON"),
        );
        check(
            "  1",
            Err("SyntaxError: Unexpected token '1', \"  1\" is not valid JSON"),
        );
        check("  ", Err("SyntaxError: Unexpected end of JSON input"));
        check(
            "{\"a\":}",
            Err("SyntaxError: Unexpected token '}', \"{\"a\":}\" is not valid JSON"),
        );
    }

    #[test]
    fn before_1_20_2_the_message_quotes_a_mark() {
        let parser = JsonParser {
            strict: true,
            old_messages: true,
        };
        let parse = |body: &str| parser.parse(Profile::V4, Body::Text(body.to_owned()), "utf-8");
        let refused = parse("no json").unwrap_err().to_string();
        assert_eq!(
            refused,
            "SyntaxError: Unexpected token 'n', \"#\" is not valid JSON"
        );
        let refused = parse(" 1").unwrap_err().to_string();
        assert!(
            refused.ends_with("token '1', \" #\" is not valid JSON"),
            "{refused}"
        );
        assert!(parse("[1]").is_ok());
    }
}
