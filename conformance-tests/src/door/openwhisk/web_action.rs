//! What the controller makes of requests to a raw web action, and of results.
//!
//! <https://github.com/apache/openwhisk/blob/master/docs/webactions.md>, `WebActions.scala`
//!
//! What its HTTP library writes anew on the way (paths, queries, the fields that it knows) is passed on as it is here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::Failure;
use crate::door::damage::NO_BASE64;
use crate::door::{WireRequest, WireResponse};

/// The arguments of the action: of fields of one name the last.
pub(super) fn arguments(request: &WireRequest) -> Value {
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    let mut headers = Map::new();
    for (name, value) in &request.headers {
        let value = String::from_utf8_lossy(value).into_owned();
        headers.insert(name.to_ascii_lowercase(), value.into());
    }
    // The proxy before the controllers writes the name of their group there (`nginx.conf.j2`).
    headers.insert("host".to_owned(), "controllers".into());
    let declared = headers.get("content-type").and_then(Value::as_str);
    let is_base64 = is_binary(declared)
        || declared.is_some_and(|declared| declared.starts_with("application/json"));
    let body = if is_base64 {
        STANDARD.encode(&request.body)
    } else {
        String::from_utf8_lossy(&request.body).into_owned()
    };
    json!({
        "__ow_method": request.method.to_ascii_lowercase(),
        "__ow_headers": headers,
        "__ow_path": path,
        "__ow_query": query,
        "__ow_body": body,
    })
}

/// Those of a request with content that is not the Base64 that its type asks for.
pub(super) fn damaged() -> Value {
    let request = WireRequest::new("POST", "/damaged")
        .header("content-type", "application/octet-stream")
        .body([0, 255]);
    let mut arguments = arguments(&request);
    arguments["__ow_body"] = NO_BASE64.into();
    arguments
}

/// Whether the controller's library takes a type for one of bytes, of those that the cases use.
fn is_binary(declared: Option<&str>) -> bool {
    let Some(declared) = declared else {
        return true;
    };
    let (media, parameters) = declared.split_once(';').unwrap_or((declared, ""));
    let known = [
        "text/plain",
        "text/html",
        "text/css",
        "application/json",
        "application/problem+json",
        "application/vnd.api+json",
        "application/x-www-form-urlencoded",
        "application/xml",
    ];
    !known.contains(&media) && !parameters.contains("charset=")
}

/// The response that the controller sends: `resultAsHttp` of a result, or of the error in one.
pub(super) fn response(result: &Value, method: &str) -> Result<WireResponse, Failure> {
    let malformed = |why: &str| Failure::new(format!("the result is no response: {why}: {result}"));
    let result = result.get("error").unwrap_or(result);
    let status = result["statusCode"].as_u64();
    let status = status.and_then(|status| u16::try_from(status).ok());
    let fields = result["headers"].as_object();
    let fields = fields.ok_or_else(|| malformed("it has no fields"))?;
    let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, value) in fields {
        let values = match value {
            Value::Array(values) => values.clone(),
            one => vec![one.clone()],
        };
        for value in values {
            let value = value
                .as_str()
                .ok_or_else(|| malformed("a field is no text"))?;
            headers.push((name.to_ascii_lowercase(), value.as_bytes().to_vec()));
        }
    }
    let told = result["body"].as_str().unwrap_or_default();
    let mut body = Vec::new();
    if told.is_empty() {
        headers.retain(|(name, _)| name != "content-type");
    } else {
        let declared = headers.iter().find(|(name, _)| name == "content-type");
        let declared = declared.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        body = content(told, declared.as_deref().unwrap_or("text/html"))
            .map_err(|error| malformed(&error.to_string()))?;
    }
    if method == "HEAD" {
        body.clear();
    }
    Ok(WireResponse {
        status: status.ok_or_else(|| malformed("it has no status"))?,
        headers,
        body,
    })
}

fn content(told: &str, declared: &str) -> Result<Vec<u8>, base64::DecodeError> {
    let media = declared.split(';').next().unwrap_or_default();
    let is_json = media == "application/json" || media.ends_with("+json");
    // "for legacy reasons": JSON that looks like Base64 is decoded.
    if is_binary(Some(declared)) {
        STANDARD.decode(told)
    } else if is_json {
        STANDARD.decode(told).or_else(|_| Ok(told.into()))
    } else {
        Ok(told.into())
    }
}
