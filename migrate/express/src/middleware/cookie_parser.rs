//! `cookie-parser`.

use std::sync::Arc;

use crate::cookie::{parse, unsign};
use crate::flow::Flow;
use crate::handler::{Handler, OnRequest};
use crate::request::Request;
use crate::value::{JsObject, JsValue, json_parse};

/// `cookieParser(secret)`: sets `req.cookies`, `req.signedCookies` and `req.secret`. The secret is a string, a list of strings of
/// which the first one signs, or `()`.
///
/// The option `decode` is not supported.
pub fn cookie_parser<S: 'static>(secret: impl Into<JsValue>) -> Handler<S> {
    let secret = secret.into();
    let secrets: Vec<JsValue> = match secret.as_array() {
        Some(list) => list.to_vec(),
        None if secret.truthy() => vec![secret],
        None => Vec::new(),
    };
    let handler: OnRequest<S> = Arc::new(move |req, _, _| {
        read_cookies(&req, &secrets);
        Box::pin(async { Ok(Flow::Next) })
    });
    Handler::on_request(handler)
}

fn read_cookies(req: &Request, secrets: &[JsValue]) {
    if req.cookies().truthy() {
        return;
    }
    req.set_property("secret", secrets.first().cloned().unwrap_or_default());
    let header = req.header_text("cookie").unwrap_or_default();
    let cookies = parse(&header);
    let signed = JsObject::new();
    if !secrets.is_empty() {
        take_signed(&cookies, &signed, secrets);
        read_json(&signed);
    }
    read_json(&cookies);
    req.set_property("cookies", cookies);
    req.set_property("signedCookies", signed);
}

/// Moves each cookie that begins with `s:`; one whose signature is wrong becomes `false`.
fn take_signed(cookies: &JsObject, signed: &JsObject, secrets: &[JsValue]) {
    for (name, value) in cookies.entries() {
        let Some(text) = value.as_string().map(|text| text.to_text().into_owned()) else {
            continue;
        };
        let Some(text) = text.strip_prefix("s:") else {
            continue;
        };
        let secrets = secrets.iter().filter_map(JsValue::as_string);
        let mut values = secrets.filter_map(|secret| unsign(text, &secret.to_text()));
        let value = values.next().map_or(JsValue::Bool(false), JsValue::text);
        signed.define(name.clone(), value);
        cookies.delete(&name);
    }
}

/// Replaces what begins with `j:` and is JSON of something truthy.
fn read_json(cookies: &JsObject) {
    for (name, value) in cookies.entries() {
        let Some(text) = value.as_string() else {
            continue;
        };
        if text.as_str().is_some_and(|text| text.starts_with("j:")) {
            let parsed = json_parse(&text.range(2, text.len()));
            if let Some(parsed) = parsed.ok().filter(JsValue::truthy) {
                cookies.define(name, parsed);
            }
        }
    }
}
