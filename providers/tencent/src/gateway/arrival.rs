//! The request that an integration request carries.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, Method, Uri};
use isobar::function::BasePath;
use isobar::{Error, Result};
use isobar_serve::event::{is_object, members};
use isobar_serve::{
    ToldHead, ToldMembers, ToldRequest, ToldText, add_told_field, told_query, told_target,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// What tells a request from other events.
#[derive(Debug, Deserialize)]
struct Mark {
    #[serde(rename = "httpMethod")]
    _method: IgnoredAny,
    #[serde(rename = "requestContext")]
    _context: ContextMark,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContextMark {
    #[serde(rename = "serviceId")]
    _service: IgnoredAny,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'e> {
    #[serde(borrow)]
    http_method: Cow<'e, str>,
    #[serde(borrow)]
    path: Cow<'e, str>,
    #[serde(borrow, default)]
    headers: Option<ToldMembers<'e, Value>>,
    /// All keys, also those that the API has not declared.
    #[serde(borrow, default)]
    query_string: Option<ToldMembers<'e, Value>>,
    #[serde(borrow, default)]
    body: Option<Cow<'e, str>>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
    #[serde(borrow)]
    request_context: Context<'e>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context<'e> {
    #[serde(borrow, default)]
    source_ip: Option<Cow<'e, str>>,
    #[serde(borrow, default)]
    stage: Option<Cow<'e, str>>,
}

/// What stands before the paths that API Gateway tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToldBase(pub(crate) BasePath);

/// How the names of API Gateway's own hosts end, below which every path begins with the stage; at a host of one's own anything
/// may be mapped to it ("Service Access", <https://www.tencentcloud.com/document/product/628/11810>).
const OWN_HOSTS: [&str; 3] = [
    ".tencentapigw.com",
    ".apigw.tencentcs.com",
    ".apigateway.myqcloud.com",
];

/// Whether an event is a request of a client: it has a method, and a context with the id of a service.
pub(crate) fn is_request(event: &[u8]) -> bool {
    members::<Mark>(event).is_some()
}

/// An error is the event's own: it is no integration request, or its content is not as API Gateway has it.
pub(crate) fn arrival(event: &[u8]) -> Result<ToldRequest> {
    let none = || Error::invalid("the event is no integration request of API Gateway");
    if !is_object(event) {
        return Err(none());
    }
    let mut told: Event<'_> =
        serde_json::from_slice(event).map_err(|error| none().with_source(error))?;
    let is_base64 = told.is_base64_encoded.unwrap_or_default();
    let content = content(told.body.take(), is_base64)?;
    let (head, base) = match head(told) {
        Ok((head, base)) => (Ok(head), base),
        Err(error) => (Err(error), BasePath::Untold),
    };
    let mut arrived = ToldRequest::of(head, content);
    if let ToldRequest::Request(request) = &mut arrived {
        request.extensions_mut().insert(ToldBase(base));
    }
    Ok(arrived)
}

fn head(told: Event<'_>) -> Result<(ToldHead, BasePath)> {
    let method = Method::from_bytes(told.http_method.as_bytes())
        .map_err(|error| malformed("httpMethod").with_source(error))?;
    let headers = fields(told.headers.as_ref())?;
    let base = base_path(told.request_context.stage.as_deref(), &headers);
    let (target, original, is_rebuilt) = targets(&told, base.as_deref())?;
    let head = ToldHead {
        method,
        target,
        original,
        headers,
        is_rebuilt,
        remote_address: told
            .request_context
            .source_ip
            .and_then(|text| text.parse().ok()),
    };
    Ok((head, base.map_or(BasePath::Untold, BasePath::Told)))
}

/// The stage as what stands before the path, where the client came by a host of API Gateway.
fn base_path(stage: Option<&str>, headers: &HeaderMap) -> Option<String> {
    let host = headers.get(HOST)?.to_str().ok()?;
    let name = host.split(':').next()?.to_ascii_lowercase();
    let is_own = OWN_HOSTS.iter().any(|own| name.ends_with(own));
    stage.filter(|_| is_own).map(|stage| format!("/{stage}"))
}

/// The target and the original one, and whether they have a query, which is rebuilt (rule N2); the stage is not part of the
/// path.
fn targets(told: &Event<'_>, base: Option<&str>) -> Result<(Uri, Uri, bool)> {
    let pairs = told.query_string.iter().flat_map(|pairs| &pairs.0);
    let pairs: Vec<(&str, String)> = pairs
        .flat_map(|(key, value)| {
            let values = texts(value).into_iter();
            values.map(move |value| (&*key.0, value))
        })
        .collect();
    let query = told_query(pairs.iter().map(|(key, value)| (*key, value.as_str())));
    let target = |path: &str| {
        told_target(path, &query)
            .map_err(|error| malformed("path or queryString").with_source(error))
    };
    let uri = target(&told.path)?;
    let original = match base {
        Some(base) => target(&format!("{base}{}", told.path))?,
        None => uri.clone(),
    };
    Ok((uri, original, !query.is_empty()))
}

/// Text, or several in a list; null is none, anything else as JSON has it.
fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    match value {
        Value::Array(values) => values.iter().filter_map(text).collect(),
        one => text(one).into_iter().collect(),
    }
}

fn fields(told: Option<&ToldMembers<'_, Value>>) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (ToldText(name), value) in told.iter().flat_map(|told| &told.0) {
        for text in texts(value) {
            add_told_field(&mut headers, name, &text)?;
        }
    }
    Ok(headers)
}

fn content(told: Option<Cow<'_, str>>, is_base64: bool) -> Result<Bytes> {
    match told {
        None => Ok(Bytes::new()),
        Some(text) if is_base64 => STANDARD
            .decode(&*text)
            .map(Bytes::from)
            .map_err(|error| malformed("body").with_source(error)),
        Some(text) => Ok(text.into_owned().into()),
    }
}

fn malformed(member: &str) -> Error {
    Error::invalid(format!("the event's {member} is malformed"))
}
