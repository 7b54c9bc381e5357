//! What answers when no function has: package `finalhandler` 1.3 and 2.1.

use crate::encode::{encode_url, escape_html};
use crate::request::Request;
use crate::request::url::path_of;
use crate::response::Response;
use crate::statuses;
use crate::unanswered::Unanswered;
use crate::value::{JsObject, JsValue, Thrown, number_to_string};

/// Answers with 404, or with what the error says.
///
/// Outside `production` the page shows the error's stack, which here is its first line only: the frames of a Rust
/// program are not those of the original.
pub(crate) fn answer(req: &Request, res: &Response, error: Option<Thrown>) {
    let error = error.map(Thrown::into_value).filter(JsValue::truthy);
    let Some(error) = error else {
        if !res.headers_sent() {
            let path = path_of(&req.raw_original_url()).unwrap_or_default();
            let message = format!("Cannot {} {}", req.method(), encode_url(&path));
            send(req, res, 404, &JsValue::Undefined, &message);
        }
        return;
    };
    let env = req.setting("env");
    if env != "test" {
        tracing::error!(error = %Thrown::new(error.clone()), "a request failed");
    }
    if res.headers_sent() {
        res.give_up(Unanswered::Aborted);
        return;
    }
    let own = status_of(&error);
    let status = own.unwrap_or_else(|| fallback_status(res));
    let headers = own.map(|_| member(&error, "headers")).unwrap_or_default();
    let message = message_of(&error, status, env != "production");
    send(req, res, status, &headers, &message);
}

/// `err.status` or `err.statusCode`, when it is the status of an error.
fn status_of(error: &JsValue) -> Option<u16> {
    let status = |name: &str| match member(error, name) {
        JsValue::Number(code) if (400.0..600.0).contains(&code) => to_code(code),
        _ => None,
    };
    status("status").or_else(|| status("statusCode"))
}

/// The status that was set on the response, when it is the status of an error.
fn fallback_status(res: &Response) -> u16 {
    match res.status_code() {
        JsValue::Number(code) if (400.0..=599.0).contains(&code) => to_code(code).unwrap_or(500),
        _ => 500,
    }
}

fn to_code(number: f64) -> Option<u16> {
    number_to_string(number.trunc()).as_str()?.parse().ok()
}

fn message_of(error: &JsValue, status: u16, with_stack: bool) -> String {
    let shown = |value: JsValue| {
        value
            .to_js_string()
            .map(|text| text.to_text().into_owned())
            .ok()
    };
    let named = statuses::message(status).map(str::to_owned);
    let stack = if with_stack {
        let stack = member(error, "stack");
        if stack.truthy() {
            shown(stack)
        } else {
            shown(error.clone())
        }
    } else {
        None
    };
    stack
        .filter(|text| !text.is_empty())
        .or(named)
        .unwrap_or_else(|| "undefined".to_owned())
}

/// A property of whatever was thrown.
fn member(error: &JsValue, name: &str) -> JsValue {
    error.get(name).unwrap_or_default()
}

fn send(req: &Request, res: &Response, status: u16, headers: &JsValue, message: &str) {
    let body = document(message);
    let outcome = fill(res, status, headers.as_object(), body.len()).and_then(|()| {
        res.end(if req.method() == "HEAD" {
            String::new()
        } else {
            body
        })
    });
    if let Err(error) = outcome {
        // The headers of the error itself cannot be sent; Node's process would end here.
        tracing::error!(%error, "the answer to a failed request failed");
        res.give_up(Unanswered::Aborted);
    }
}

fn fill(
    res: &Response,
    status: u16,
    headers: Option<&JsObject>,
    length: usize,
) -> Result<(), Thrown> {
    res.status(status).set_status_message(());
    for name in ["Content-Encoding", "Content-Language", "Content-Range"] {
        res.remove_header(name)?;
    }
    for (name, value) in headers.map(JsObject::entries).unwrap_or_default() {
        res.set_header(&name.to_text(), value)?;
    }
    res.set_header("Content-Security-Policy", "default-src 'none'")?;
    res.set_header("X-Content-Type-Options", "nosniff")?;
    res.set_header("Content-Type", "text/html; charset=utf-8")?;
    res.set_header("Content-Length", length.to_string())?;
    Ok(())
}

fn document(message: &str) -> String {
    let body = escape_html(message)
        .replace('\n', "<br>")
        .replace("  ", " &nbsp;");
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>Error</title>\n</head>\n<body>\n<pre>{body}</pre>\n</body>\n</html>\n"
    )
}
