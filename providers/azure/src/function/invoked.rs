//! Requests that the host brings as invocations, where it forwards none: `Data.req` is the request, `Outputs.res` the response.
//!
//! What the host writes is that of `GetRequestAsJObject` (`HttpRequestExtensions.cs`), what it reads that of
//! `GetHttpOutputBindingResponse` (`HttpScriptInvocationResultExtensions.cs`) and `RawScriptResult.cs`:
//! <https://github.com/Azure/azure-functions-host/tree/dev/src/WebJobs.Script>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use isobar::http::{Body, Request, Response};
use isobar::{Error, ErrorKind, Result};
use isobar_serve::{Envelope, Variables};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The variable that says how the host brings requests: `FORWARDED`, as where it is not set, or `INVOKED`, where `host.json`
/// has neither `enableForwardingHttpRequest` nor `enableProxyingHttpRequest`.
///
/// The host tells it in no other way, and it must not be guessed: a client whose request is forwarded could send what
/// looks like an invocation.
pub const HTTP_MODE: &str = "ISOBAR_AZURE_HTTP";

/// How the host brings requests of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HttpMode {
    Forwarded,
    Invoked,
}

impl HttpMode {
    /// The mode that the process is configured with; `InvalidArgument` where it is none.
    pub(super) fn from_variables(variables: &Variables<'_>) -> Result<Self> {
        match variables(HTTP_MODE).as_deref() {
            None | Some("" | "FORWARDED") => Ok(Self::Forwarded),
            Some("INVOKED") => Ok(Self::Invoked),
            Some(other) => Err(Error::invalid(format!(
                "{HTTP_MODE} is {other:?}, it must be FORWARDED or INVOKED"
            ))),
        }
    }
}

/// The invocation of a function with an HTTP trigger `req` and an HTTP output `res`.
#[derive(Debug)]
pub struct Invocation;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Invoked {
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    req: Asked,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Asked {
    url: String,
    method: String,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    body: Option<Value>,
}

impl Envelope for Invocation {
    fn open(&self, _: &Parts, content: Bytes) -> Result<Request> {
        let invoked: Invoked = serde_json::from_slice(&content).map_err(|error| {
            malformed("it has no request in Data.req: the binding of the trigger must be named req")
                .with_source(error)
        })?;
        request(invoked.data.req)
    }

    fn seal(&self, response: &http::Response<Bytes>) -> Result<Response> {
        let status = response.status().as_u16().to_string();
        let outputs = json!({
            "res": {
                "statusCode": status,
                "status": status,
                "headers": fields(response.headers())?,
                "body": text(response.body())?,
            }
        });
        let answer = json!({ "Outputs": outputs, "Logs": [], "ReturnValue": null });
        let mut sealed = http::Response::new(Body::from(answer.to_string()));
        *sealed.status_mut() = StatusCode::OK;
        let json = HeaderValue::from_static("application/json");
        sealed.headers_mut().insert(CONTENT_TYPE, json);
        Ok(sealed)
    }
}

fn malformed(why: impl std::fmt::Display) -> Error {
    Error::invalid(format!(
        "the invocation by the Functions host is malformed: {why}"
    ))
}

/// What a client has sent that the host passes on and that is no request.
fn unreadable(why: impl std::fmt::Display) -> Error {
    unsupported(format!(
        "the request that the Functions host brings is malformed: {why}"
    ))
}

fn request(asked: Asked) -> Result<Request> {
    // Clients send these as they are, and the host passes them on.
    let url = asked.url.replace('"', "%22");
    let url = url.replace('<', "%3C").replace('>', "%3E");
    let malformed = |error| unreadable("its Url is none").with_source(error);
    let url = Uri::try_from(url).map_err(malformed)?;
    let target = url.path_and_query().map_or("/", PathAndQuery::as_str);
    let slash = if target.starts_with('/') { "" } else { "/" };
    let target = Uri::try_from(format!("{slash}{target}")).map_err(malformed)?;
    let method = Method::from_bytes(asked.method.as_bytes())
        .map_err(|error| unreadable("its Method is none").with_source(error))?;
    let mut headers = HeaderMap::new();
    for (name, values) in asked.headers {
        append(&mut headers, &name, values)?;
    }
    let content = content(asked.body, &headers)?;
    if headers.remove(TRANSFER_ENCODING).is_some() || headers.contains_key(CONTENT_LENGTH) {
        headers.insert(CONTENT_LENGTH, content.len().into());
    }
    let mut request = Request::new(Body::from(content));
    *request.method_mut() = method;
    *request.uri_mut() = target;
    *request.headers_mut() = headers;
    Ok(request)
}

/// The host writes a list of values for each field.
fn append(headers: &mut HeaderMap, name: &str, values: Value) -> Result<()> {
    let wrong = || unreadable(format_args!("its field {name:?} cannot be one"));
    let name =
        HeaderName::from_bytes(name.as_bytes()).map_err(|error| wrong().with_source(error))?;
    let values = match values {
        Value::Array(values) => values,
        value => vec![value],
    };
    for value in values {
        let value = value.as_str().map(HeaderValue::from_str);
        let value = value
            .ok_or_else(wrong)?
            .map_err(|error| wrong().with_source(error))?;
        let added = headers.try_append(&name, value);
        added.map_err(|error| wrong().with_source(error))?;
    }
    Ok(())
}

/// The content: Base64 for the types for which the host writes bytes, text for all others.
fn content(body: Option<Value>, headers: &HeaderMap) -> Result<Bytes> {
    let text = match body {
        None | Some(Value::Null) => return Ok(Bytes::new()),
        Some(Value::String(text)) => text,
        // As the documents show a body that is JSON.
        Some(other) => return Ok(other.to_string().into()),
    };
    let media = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let media = media.unwrap_or_default().to_ascii_lowercase();
    let media = media.split(|byte| *byte == b';').next().unwrap_or_default();
    let is_bytes = media.trim_ascii() == b"application/octet-stream"
        || media.windows(10).any(|part| part == b"multipart/");
    if !is_bytes {
        return Ok(text.into());
    }
    STANDARD.decode(text).map(Bytes::from).map_err(|error| {
        unreadable("its Body is not the Base64 that its content type asks for").with_source(error)
    })
}

fn unsupported(why: String) -> Error {
    Error::new(ErrorKind::Unsupported, why)
}

/// The fields, one value each, since the host has no list of them.
fn fields(headers: &HeaderMap) -> Result<Map<String, Value>> {
    let mut fields = Map::new();
    for name in headers.keys() {
        if *name == CONTENT_LENGTH || *name == TRANSFER_ENCODING {
            // The host writes its own.
            continue;
        }
        let values = headers.get_all(name).iter();
        let values: Result<Vec<&str>, _> = values.map(HeaderValue::to_str).collect();
        let values = values.map_err(|error| {
            let why = format!("the host passes on text only, and the field {name} is none");
            unsupported(why).with_source(error)
        })?;
        if *name == SET_COOKIE && values.len() > 1 {
            return Err(unsupported(
                "the host passes one Set-Cookie on where it invokes a function: have it forward requests".to_owned(),
            ));
        }
        fields.insert(name.to_string(), values.join(", ").into());
    }
    Ok(fields)
}

fn text(content: &Bytes) -> Result<&str> {
    std::str::from_utf8(content).map_err(|error| {
        let why = "the host passes text on where it invokes a function, and the content is none: \
                   have it forward requests";
        unsupported(why.to_owned()).with_source(error)
    })
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
