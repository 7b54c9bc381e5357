//! `cors`.

use std::sync::Arc;

use crate::flow::{Flow, Handled};
use crate::handler::{Handler, OnRequest};
use crate::request::Request;
use crate::response::Response;
use crate::value::{JsObject, JsString, JsValue, Thrown};

/// `cors(options)`: the headers of cross-origin requests, and the answer to preflight requests.
///
/// Options: `origin` (a text, a list of texts, `true` for any origin, `false` for no headers), `methods`, `allowedHeaders`,
/// `exposedHeaders`, `credentials`, `maxAge`, `preflightContinue`, `optionsSuccessStatus`. Not supported: a function as
/// `options` or `origin`.
pub fn cors<S: 'static>(options: impl Into<JsValue>) -> Handler<S> {
    let given = options.into();
    let options = JsObject::new();
    options.define("origin", "*");
    options.define("methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
    options.define("preflightContinue", false);
    options.define("optionsSuccessStatus", 204);
    options.assign(&given);
    let is_function = |value: &JsValue| value.as_object().is_some_and(JsObject::is_function);
    if is_function(&given) || is_function(&options.get("origin")) {
        return Handler::refused("a function as an option of cors is not supported".to_owned());
    }
    let options = Arc::new(options);
    let handler: OnRequest<S> = Arc::new(move |req, res, _| {
        let outcome = answer(&options, &req, &res);
        Box::pin(async { outcome })
    });
    Handler::on_request(handler)
}

fn answer(options: &JsObject, req: &Request, res: &Response) -> Handled {
    if !options.get("origin").truthy() {
        return Ok(Flow::Next);
    }
    let preflight = req.method().to_upper_case() == "OPTIONS";
    allow_origin(options, req, res)?;
    if options.get("credentials") == true {
        res.set_header("Access-Control-Allow-Credentials", "true")?;
    }
    if preflight {
        set_list(res, "Access-Control-Allow-Methods", &options.get("methods"))?;
        allow_headers(options, req, res)?;
        let max_age = options.get("maxAge");
        if max_age.truthy() || max_age.as_number().is_some() {
            set_list(
                res,
                "Access-Control-Max-Age",
                &max_age.to_js_string()?.into(),
            )?;
        }
    }
    set_list(
        res,
        "Access-Control-Expose-Headers",
        &options.get("exposedHeaders"),
    )?;
    if !preflight || options.get("preflightContinue").truthy() {
        return Ok(Flow::Next);
    }
    res.set_status_code(options.get("optionsSuccessStatus"));
    res.set_header("Content-Length", "0")?;
    res.end("")
}

fn allow_origin(options: &JsObject, req: &Request, res: &Response) -> Result<(), Thrown> {
    let name = "Access-Control-Allow-Origin";
    let origin = options.get("origin");
    if origin == "*" {
        return res.set_header(name, "*").map(drop);
    }
    if origin.as_string().is_some() {
        res.set_header(name, origin)?;
    } else {
        let asked = req.get("origin");
        if is_allowed(&asked, &origin) && asked.truthy() {
            res.set_header(name, asked)?;
        }
    }
    res.vary("Origin").map(drop)
}

fn is_allowed(asked: &JsValue, allowed: &JsValue) -> bool {
    match allowed.as_array() {
        Some(list) => list.to_vec().iter().any(|one| is_allowed(asked, one)),
        None if allowed.as_string().is_some() => asked == allowed,
        None => allowed.truthy(),
    }
}

fn allow_headers(options: &JsObject, req: &Request, res: &Response) -> Result<(), Thrown> {
    let own = options.get("allowedHeaders");
    let own = if own.truthy() {
        own
    } else {
        options.get("headers")
    };
    let name = "Access-Control-Allow-Headers";
    if own.truthy() {
        return set_list(res, name, &own);
    }
    res.vary("Access-Control-Request-Headers")?;
    set_list(res, name, &req.get("access-control-request-headers"))
}

/// Sets a header from a text or a list of texts, unless it is empty.
fn set_list(res: &Response, name: &str, value: &JsValue) -> Result<(), Thrown> {
    let value = match value.as_array() {
        Some(list) => list.join(&JsString::literal(","))?.into(),
        None => value.clone(),
    };
    if value.truthy() {
        res.set_header(name, value)?;
    }
    Ok(())
}
