//! The HTTP gateway protocol of Fn: a client's request within a call, and a response within its answer.
//!
//! <https://github.com/fnproject/docs/blob/master/fn/develop/fn-format.md#http-gateway-protocol-extension>

use axum::extract::OriginalUri;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::request::Parts;
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use isobar::driver::forbids_content;
use isobar::http::{Body, Request, Response};
use isobar::{Error, Result};

const INTENT: HeaderName = HeaderName::from_static("fn-intent");
const METHOD: HeaderName = HeaderName::from_static("fn-http-method");
const URL: HeaderName = HeaderName::from_static("fn-http-request-url");
const STATUS: HeaderName = HeaderName::from_static("fn-http-status");
/// Goes before the names of all fields but `Content-Type`.
const FIELD: &str = "fn-http-h-";

/// Whether the call carries a client's request.
pub(crate) fn is_request(call: &HeaderMap) -> bool {
    call.get(INTENT)
        .is_some_and(|intent| intent == "httprequest")
}

/// The client's request; `InvalidArgument` where the call is not as the protocol has it.
///
/// The URL is the whole of it: `/t/APP` in front of the path is taken away where the application's name is known.
pub(crate) fn request(call: &Parts, content: Bytes, app_name: Option<&str>) -> Result<Request> {
    let told = |name: &HeaderName| {
        let value = call.headers.get(name).map(HeaderValue::as_bytes);
        value.ok_or_else(|| Error::invalid(format!("the call has no {name}")))
    };
    let malformed = |name: &HeaderName| Error::invalid(format!("the call's {name} is malformed"));
    let method = Method::from_bytes(told(&METHOD)?)
        .map_err(|error| malformed(&METHOD).with_source(error))?;
    let url = Uri::try_from(told(&URL)?).map_err(|error| malformed(&URL).with_source(error))?;
    let original = target(&url).ok_or_else(|| malformed(&URL))?;
    let own = below(&original, app_name);
    let mut request = Request::new(Body::from(content));
    *request.method_mut() = method;
    *request.headers_mut() = fields(&call.headers, &url)?;
    *request.uri_mut() = Uri::from(own.unwrap_or_else(|| original.clone()));
    let original = OriginalUri(Uri::from(original));
    request.extensions_mut().insert(original);
    Ok(request)
}

/// The scheme by which Fn's server was reached, as the URL has it (`reqURL` in `api/agent/call.go`).
pub(crate) fn scheme(call: &HeaderMap) -> Option<Scheme> {
    let url = Uri::try_from(call.get(URL)?.as_bytes()).ok()?;
    url.into_parts().scheme
}

/// Path and query of a URL, which may have neither.
fn target(url: &Uri) -> Option<PathAndQuery> {
    let target = url.path_and_query().map_or("/", PathAndQuery::as_str);
    match target.chars().next() {
        Some('/') => target.parse().ok(),
        None | Some('?') => format!("/{target}").parse().ok(),
        Some(_) => None,
    }
}

/// What the client sent, and the host that Fn's server has taken out of it.
fn fields(call: &HeaderMap, url: &Uri) -> Result<HeaderMap> {
    let mut fields = HeaderMap::new();
    for (name, value) in call {
        let own = match name.as_str().strip_prefix(FIELD) {
            Some(own) => HeaderName::from_bytes(own.as_bytes()).map_err(|error| {
                Error::invalid(format!("the call's {name} names no field")).with_source(error)
            })?,
            None if name == CONTENT_TYPE => name.clone(),
            None => continue,
        };
        fields
            .try_append(own, value.clone())
            .map_err(|_| Error::invalid("the call has more fields than a request can have"))?;
    }
    let host = url.authority().map(http::uri::Authority::as_str);
    if let Some(Ok(host)) = host.map(HeaderValue::from_str) {
        fields.entry(HOST).or_insert(host);
    }
    Ok(fields)
}

/// The target below `/t/APP`.
fn below(target: &PathAndQuery, app_name: Option<&str>) -> Option<PathAndQuery> {
    let rest = target.as_str().strip_prefix("/t/")?;
    let rest = rest.strip_prefix(app_name?)?;
    match rest.chars().next() {
        Some('/') => rest.parse().ok(),
        None | Some('?') => format!("/{rest}").parse().ok(),
        Some(_) => None,
    }
}

/// The answer to the call: the response with its status and fields under the names that Fn gives them.
///
/// Whether the function did its work is the status of the answer itself.
pub(crate) fn answer(response: Response, is_head: bool) -> Response {
    let (mut parts, body) = response.into_parts();
    let mut fields = HeaderMap::new();
    for (name, value) in &parts.headers {
        let prefixed = if name == CONTENT_TYPE {
            Ok(name.clone())
        } else {
            HeaderName::try_from(format!("{FIELD}{name}"))
        };
        let added = prefixed.is_ok_and(|name| fields.try_append(name, value.clone()).is_ok());
        if !added {
            tracing::warn!(target: "isobar", %name, "a field is too much for an answer");
        }
    }
    fields.insert(STATUS, HeaderValue::from(parts.status.as_u16()));
    let has_content = !is_head && !forbids_content(parts.status);
    parts.status = StatusCode::OK;
    parts.headers = fields;
    Response::from_parts(parts, if has_content { body } else { Body::empty() })
}

#[cfg(test)]
mod hostile;

#[cfg(test)]
mod tests {
    use super::*;

    fn call(fields: &[(&'static str, &str)]) -> Parts {
        let mut builder = http::Request::post("/call");
        for (name, value) in fields {
            builder = builder.header(*name, *value);
        }
        builder.body(()).unwrap().into_parts().0
    }

    #[track_caller]
    fn check(url: &str, path: &str, original: &str) {
        let call = call(&[("fn-http-method", "GET"), ("fn-http-request-url", url)]);
        let request = request(&call, Bytes::new(), Some("shop")).unwrap();
        assert_eq!(request.uri(), path);
        let kept = request.extensions().get::<OriginalUri>().unwrap();
        assert_eq!(&kept.0, original);
    }

    #[test]
    fn the_path_is_that_of_the_url_below_the_application() {
        check(
            "http://h/t/shop/a%2Fb?q=1",
            "/a%2Fb?q=1",
            "/t/shop/a%2Fb?q=1",
        );
        check("http://h/t/shop?q", "/?q", "/t/shop?q");
        check("http://h/t/shop", "/", "/t/shop");
        check("http://h/t/shopping/a", "/t/shopping/a", "/t/shopping/a");
        check("http://h/a", "/a", "/a");
        check("http://h", "/", "/");
        check("http://h?q=1", "/?q=1", "/?q=1");
        check("h:80", "/", "/");
    }

    #[test]
    fn the_scheme_is_that_of_the_url() {
        for (url, expected) in [
            ("https://h/a", Some("https")),
            ("http://h/a", Some("http")),
            ("/a", None),
        ] {
            let call = call(&[("fn-http-request-url", url)]);
            let told = scheme(&call.headers);
            assert_eq!(told.as_ref().map(Scheme::as_str), expected);
        }
    }

    #[test]
    fn fields_of_the_call_are_not_those_of_the_client() {
        let call = call(&[
            ("fn-http-method", "PUT"),
            ("fn-http-request-url", "http://example.com:81/"),
            ("host", "localhost"),
            ("user-agent", "Go-http-client/1.1"),
            ("content-type", "text/plain"),
            ("fn-http-h-x-list", "a"),
            ("fn-http-h-x-list", "b"),
        ]);
        let request = request(&call, Bytes::new(), None).unwrap();
        let fields: Vec<_> = request.headers().iter().collect();
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        let expected = [
            "content-type: text/plain",
            "x-list: a",
            "x-list: b",
            "host: example.com:81",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn what_is_no_request_names_what_is_wrong() {
        for (fields, expected) in [
            (&[][..], "no fn-http-method"),
            (&[("fn-http-method", "GET")], "no fn-http-request-url"),
            (&[("fn-http-method", "A B")], "fn-http-method is malformed"),
            (
                &[("fn-http-method", "GET"), ("fn-http-request-url", "a b")],
                "fn-http-request-url is malformed",
            ),
            (
                &[("fn-http-method", "GET"), ("fn-http-request-url", "*")],
                "fn-http-request-url is malformed",
            ),
        ] {
            let error = request(&call(fields), Bytes::new(), None).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_response_is_within_an_answer_that_says_the_function_works() {
        let response = http::Response::builder()
            .status(404)
            .header("content-type", "text/plain")
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2");
        let answer = answer(response.body(Body::empty()).unwrap(), false);
        assert_eq!(answer.status(), 200);
        let told = |name: &str| {
            let values = answer.headers().get_all(name).iter();
            values
                .map(|value| value.to_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(told("fn-http-status"), ["404"]);
        assert_eq!(told("content-type"), ["text/plain"]);
        assert_eq!(told("fn-http-h-set-cookie"), ["a=1", "b=2"]);
        assert!(told("set-cookie").is_empty());
    }
}
