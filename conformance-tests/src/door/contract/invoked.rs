//! The Functions host where it invokes functions with HTTP triggers and forwards nothing (case G-111): what it writes is that of
//! `GetRequestAsJObject`, what it makes of the answer that of `GetHttpOutputBindingResponse` and `RawScriptResult`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Around;
use crate::Failure;
use crate::door::damage::NO_BASE64;
use crate::door::{WireRequest, WireResponse};

/// The host around requests and responses.
pub(super) static HOST: Around = Around {
    call,
    damage,
    response,
};

/// The invocation of the function `notes`, whatever the client asks for.
fn call(request: &WireRequest) -> WireRequest {
    let mut fields = Map::new();
    let mut host = "notes.example".to_owned();
    let mut own = Vec::new();
    let mut media = String::new();
    for (name, value) in &request.headers {
        let value = String::from_utf8_lossy(value).into_owned();
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "host" => host.clone_from(&value),
            "content-type" => media = value.to_ascii_lowercase(),
            _ => {}
        }
        if lower.starts_with("x-azure-functions-") {
            own.push((name.clone(), value.clone().into_bytes()));
        }
        // Names are the same whatever their case.
        let values = fields.entry(lower).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(value.into());
        }
    }
    let is_bytes = media.starts_with("application/octet-stream") || media.contains("multipart/");
    let mut req = json!({
        "Url": format!("https://{host}{}", request.target),
        "Method": request.method,
        "Query": "{}",
        "Headers": fields,
        "Params": {},
        "Identities": "[]",
    });
    if !request.body.is_empty() {
        req["Body"] = if is_bytes {
            STANDARD.encode(&request.body).into()
        } else {
            String::from_utf8_lossy(&request.body).into()
        };
        req["Headers"]["content-length"] = json!([request.body.len().to_string()]);
    }
    let invocation = json!({
        "Data": { "req": req },
        "Metadata": {
            "sys": { "MethodName": "notes", "UtcNow": super::brought::AT, "RandGuid": "24ad4c06" }
        },
    });
    let mut call = WireRequest::new("POST", "/notes")
        .header("content-type", "application/json; charset=utf-8")
        .body(invocation.to_string());
    call.headers.extend(own);
    call
}

fn damage(call: &mut WireRequest) {
    let mut invocation: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    invocation["Data"]["req"]["Body"] = NO_BASE64.into();
    call.body = invocation.to_string().into_bytes();
}

/// What the client gets: of an invocation that failed nothing but that.
fn response(answer: &WireResponse) -> Result<WireResponse, Failure> {
    if !(200..300).contains(&answer.status) {
        return Ok(WireResponse {
            status: 500,
            ..answer.clone()
        });
    }
    let told: Value = serde_json::from_slice(&answer.body)
        .map_err(|error| Failure::new(format!("the host cannot read the answer: {error}")))?;
    let res = &told["Outputs"]["res"];
    let status = res["statusCode"]
        .as_str()
        .and_then(|text| text.parse().ok());
    let status = status.ok_or_else(|| Failure::new(format!("the answer has no status: {told}")))?;
    let fields = res["headers"].as_object().into_iter().flatten();
    let fields = fields.map(|(name, value)| {
        let value = value.as_str().unwrap_or_default();
        (name.to_ascii_lowercase(), value.as_bytes().to_vec())
    });
    let body = res["body"].as_str().unwrap_or_default();
    Ok(WireResponse {
        status,
        headers: fields.collect(),
        body: body.as_bytes().to_vec(),
    })
}
