//! The answer that a response becomes.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use isobar::driver::{Problem, as_text, forbids_content, forbids_length};
use isobar::function::RequestId;
use isobar::{Error, ErrorKind, Result};
use serde::Serialize;
use serde::ser::{Error as _, SerializeMap as _, Serializer};

use super::FrontDoor;

/// All but the content, which follows without being copied once more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Head<'r> {
    status_code: u16,
    /// What load balancers ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Fields<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<MultiFields<'r>>,
    /// Also where there are none: API Gateway may do without, emulators may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    cookies: Option<Vec<Cow<'r, str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_base64_encoded: Option<bool>,
}

/// Names with one value.
#[derive(Debug)]
struct Fields<'r>(Vec<(Cow<'r, str>, Cow<'r, str>)>);

/// Names with all their values.
#[derive(Debug)]
struct MultiFields<'r>(Vec<(&'r str, Vec<Cow<'r, str>>)>);

pub(super) fn encode(door: FrontDoor, response: Response<Bytes>) -> Result<Vec<u8>> {
    let (parts, content) = response.into_parts();
    let content = if forbids_content(parts.status) {
        Bytes::new()
    } else {
        content
    };
    let text = as_text(&parts.headers, &content);
    let kept = kept(&parts, content.is_empty());
    let of_load_balancer = matches!(door, FrontDoor::LoadBalancer | FrontDoor::LoadBalancerMulti);
    let mut head = Head {
        status_code: parts.status.as_u16(),
        status_description: of_load_balancer.then(|| description(parts.status)),
        headers: None,
        multi_value_headers: None,
        cookies: None,
        is_base64_encoded: Some(text.is_none()),
    };
    match door {
        FrontDoor::FunctionUrl | FrontDoor::HttpApi => {
            head.cookies = Some(cookies(&parts.headers));
            head.headers = Some(joined(&kept));
        }
        FrontDoor::LoadBalancer => {
            let mut fields = joined(&kept);
            let cookies = cookies(&parts.headers);
            if cookies.len() > SPELLINGS {
                return Err(too_many_cookies(cookies.len()));
            }
            let named = cookies.into_iter().enumerate().map(|(nth, cookie)| {
                let name = spelling(header::SET_COOKIE.as_str(), nth);
                (name.into(), cookie)
            });
            fields.0.extend(named);
            head.headers = Some(fields);
        }
        FrontDoor::RestApi | FrontDoor::HttpApiV1 | FrontDoor::LoadBalancerMulti => {
            head.multi_value_headers = Some(multi(&kept, &parts.headers));
        }
    }
    whole(&head, text, &content).map_err(not_json)
}

/// The head of a response whose content is streamed, and whether any follows it.
///
/// Eight zero bytes end it, which JSON cannot contain.
pub(crate) fn prelude(parts: &Parts, is_head: bool) -> Result<(Bytes, bool)> {
    let has_content = !is_head && !forbids_content(parts.status);
    let head = Head {
        status_code: parts.status.as_u16(),
        status_description: None,
        headers: Some(joined(&kept(parts, !has_content))),
        multi_value_headers: None,
        cookies: Some(cookies(&parts.headers)),
        is_base64_encoded: None,
    };
    let mut prelude = serde_json::to_vec(&head).map_err(not_json)?;
    prelude.extend_from_slice(&[0; 8]);
    Ok((prelude.into(), has_content))
}

/// What the gateway of a WebSocket API is told, in the form of its proxy integrations: it refuses a connection then, and
/// nothing has failed.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html>
pub(crate) fn no_socket(id: &RequestId) -> Bytes {
    let detail = "this application takes requests of HTTP, and no WebSockets";
    let status = StatusCode::NOT_IMPLEMENTED;
    let problem = Problem::new(status, "websocket_unsupported", "client", detail);
    let problem: Response<Bytes> = problem.into_response(id);
    let body = String::from_utf8_lossy(problem.body());
    let answer = serde_json::json!({ "statusCode": status.as_u16(), "body": body });
    answer.to_string().into()
}

fn too_many_cookies(measured: usize) -> Error {
    let message = format!(
        "the response has {measured} cookies, and a load balancer without multi-value headers passes {SPELLINGS} on at most"
    );
    Error::new(ErrorKind::Unsupported, message)
}

fn not_json(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, "the response is not JSON").with_source(error)
}

/// Appends the content to the head in its place.
fn whole(head: &Head<'_>, text: Option<&str>, content: &[u8]) -> serde_json::Result<Vec<u8>> {
    const MEMBER: &[u8] = b",\"body\":";
    let encoded = text.map_or_else(
        || base64::encoded_len(content.len(), true).unwrap_or_default(),
        |text| text.len() + text.len() / 8,
    );
    let mut answer = Vec::with_capacity(encoded + 1_024);
    serde_json::to_writer(&mut answer, head)?;
    answer.pop();
    answer.extend_from_slice(MEMBER);
    if let Some(text) = text {
        serde_json::to_writer(&mut answer, text)?;
    } else {
        answer.push(b'"');
        let start = answer.len();
        answer.resize(start + encoded, 0);
        let space = answer.get_mut(start..).unwrap_or_default();
        let written = STANDARD.encode_slice(content, space);
        answer.truncate(start + written.map_err(serde_json::Error::custom)?);
        answer.push(b'"');
    }
    answer.push(b'}');
    Ok(answer)
}

type Kept<'r> = Vec<(&'r str, header::GetAll<'r, HeaderValue>)>;

/// The fields to pass on, cookies apart; the gateway states the length itself, so that only the length of what
/// HEAD left out is news.
fn kept(parts: &Parts, is_empty: bool) -> Kept<'_> {
    let headers = &parts.headers;
    let tells_length = is_empty && !forbids_length(parts.status);
    let dropped = connection_options(headers);
    let names = headers.keys().map(header::HeaderName::as_str);
    let names = names.filter(|name| {
        *name != "set-cookie"
            && (*name != "content-length" || tells_length)
            && !CONNECTION_FIELDS.contains(name)
            && !dropped.iter().any(|option| option == name)
    });
    names.map(|name| (name, headers.get_all(name))).collect()
}

fn cookies(headers: &HeaderMap) -> Vec<Cow<'_, str>> {
    let cookies = headers.get_all(header::SET_COOKIE).iter();
    cookies.map(text_of).collect()
}

fn joined<'r>(kept: &Kept<'r>) -> Fields<'r> {
    let fields = kept.iter().map(|(name, values)| {
        let values = values.iter().map(text_of);
        let joined = values.reduce(|mut joined, value| {
            joined.to_mut().extend([", ", &*value]);
            joined
        });
        (Cow::Borrowed(*name), joined.unwrap_or_default())
    });
    Fields(fields.collect())
}

fn multi<'r>(kept: &Kept<'r>, headers: &'r HeaderMap) -> MultiFields<'r> {
    let fields = kept
        .iter()
        .map(|(name, values)| (*name, values.iter().map(text_of).collect()));
    let cookies = Some(cookies(headers)).filter(|cookies| !cookies.is_empty());
    let cookies = cookies.map(|cookies| ("set-cookie", cookies));
    MultiFields(fields.chain(cookies).collect())
}

/// How many spellings `set-cookie` has, by its nine letters.
const SPELLINGS: usize = 1 << 9;

/// The name in its `nth` spelling of capitals and small letters: how several cookies fit into an object that has
/// each name once, for HTTP does not tell the spellings apart.
fn spelling(name: &str, nth: usize) -> String {
    let mut bit = 0;
    let letters = name.chars().map(|letter| {
        if !letter.is_ascii_alphabetic() {
            return letter;
        }
        bit += 1;
        if nth >> (bit - 1) & 1 == 1 {
            letter.to_ascii_uppercase()
        } else {
            letter
        }
    });
    letters.collect()
}

/// `200 OK`; a status without a name has a space after the number all the same.
fn description(status: StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or_default();
    format!("{} {reason}", status.as_u16())
}

/// Fields that belong to one connection, not to the response (RFC 9110, section 7.6.1).
const CONNECTION_FIELDS: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The fields that `Connection` names.
fn connection_options(headers: &HeaderMap) -> Vec<String> {
    let named = headers.get_all(header::CONNECTION).iter();
    let named = named.filter_map(|value| value.to_str().ok());
    let named = named.flat_map(|value| value.split(','));
    named
        .map(|option| option.trim().to_ascii_lowercase())
        .collect()
}

/// A field's value; bytes beyond ASCII that are not UTF-8 can only be ISO 8859-1.
fn text_of(value: &HeaderValue) -> Cow<'_, str> {
    let bytes = value.as_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pairs = self.0.iter().map(|(name, value)| (name, value));
        serializer.collect_map(pairs)
    }
}

impl Serialize for MultiFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, values) in &self.0 {
            map.serialize_entry(name, values)?;
        }
        map.end()
    }
}
