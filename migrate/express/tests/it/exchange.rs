//! Requests and responses as the goldens hold them, and our answers in the same form.

use std::fmt;
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::ext::ReasonPhrase;
use isobar_express::{RemoteAddress, Unanswered};
use serde_json::Value;

use crate::fixture::Fixture;

/// What is compared: everything but the headers of the connection.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The connection was closed in the middle, or before.
    Aborted,
    /// The body is decompressed: how well it is compressed is not compared.
    Complete {
        status: String,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
}

/// With the body as text, for messages.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aborted => f.write_str("aborted"),
            Self::Complete {
                status,
                headers,
                body,
            } => {
                write!(
                    f,
                    "{status} {headers:?} {:?}",
                    String::from_utf8_lossy(body)
                )
            }
        }
    }
}

/// One request as JSON: `{group, method, target, headers, body}`.
pub(crate) struct Question<'a>(pub(crate) &'a Value);

impl Question<'_> {
    pub(crate) fn group(&self) -> &str {
        self.0["group"].as_str().unwrap()
    }

    pub(crate) fn target(&self) -> &str {
        self.0["target"].as_str().unwrap()
    }

    pub(crate) fn describe(&self) -> String {
        self.0.to_string()
    }

    /// The request that an HTTP server would pass on; `None` where Rust's servers refuse the target.
    pub(crate) fn request(&self) -> Option<http::Request<Full<Bytes>>> {
        let mut body = self.0.get("body").map(bytes).unwrap_or_default();
        let mut request = http::Request::builder()
            .method(self.0["method"].as_str().unwrap())
            .uri(
                http::Uri::from_maybe_shared(Bytes::from(latin1(
                    self.0["target"].as_str().unwrap(),
                )))
                .ok()?,
            );
        let headers = self.0["headers"].as_object().unwrap();
        if !headers.contains_key("host") {
            request = request.header("host", "fixture.example");
        }
        for (name, value) in headers {
            let values = value
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![value.clone()]);
            for value in values {
                let value = latin1(value.as_str().unwrap());
                request = request.header(name, http::HeaderValue::from_bytes(&value).unwrap());
            }
            if name == "transfer-encoding" {
                body = unchunked(&body);
            }
        }
        request = request.header("connection", "close");
        let localhost = RemoteAddress(IpAddr::V4(Ipv4Addr::LOCALHOST));
        Some(
            request
                .extension(localhost)
                .body(Full::new(Bytes::from(body)))
                .unwrap(),
        )
    }
}

/// What our application answers; `None` where Rust's servers refuse the target.
pub(crate) async fn ours(fixture: &Fixture, question: &Question<'_>) -> Option<Answer> {
    let request = question.request()?;
    let response = fixture
        .group(question.group())
        .answer(request)
        .await
        .unwrap();
    if response.extensions().get::<Unanswered>().is_some() {
        return Some(Answer::Aborted);
    }
    let status = status_of(&response);
    let headers = response.headers().iter().map(|(name, value)| {
        let value = value.as_bytes().iter().copied().map(char::from).collect();
        (name.as_str().to_owned(), without_end_of_cookie(value))
    });
    let headers = headers.collect();
    match response.into_body().collect().await {
        Ok(body) => Some(decompressed(Answer::Complete {
            status,
            headers,
            body: body.to_bytes().to_vec(),
        })),
        Err(_) => Some(Answer::Aborted),
    }
}

fn decompressed(mut answer: Answer) -> Answer {
    let Answer::Complete { headers, body, .. } = &mut answer else {
        return answer;
    };
    let encoding = headers.iter().find(|(name, _)| name == "content-encoding");
    let mut plain = Vec::new();
    let read = match encoding.map(|(_, value)| value.as_str()) {
        Some("gzip") => flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain),
        Some("deflate") => flate2::read::ZlibDecoder::new(&body[..]).read_to_end(&mut plain),
        Some("br") => brotli::Decompressor::new(&body[..], 4096).read_to_end(&mut plain),
        _ => return answer,
    };
    // What only claims to be compressed stays as it is.
    if read.is_ok() {
        *body = plain;
    }
    answer
}

/// The code and the text behind it.
fn status_of<B>(response: &http::Response<B>) -> String {
    let status = response.status();
    let reason = match response.extensions().get::<ReasonPhrase>() {
        Some(reason) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
        None => status.canonical_reason().unwrap_or_default().to_owned(),
    };
    format!("{} {reason}", status.as_u16())
}

/// What an Express has answered.
pub(crate) fn theirs(response: &Value) -> Answer {
    if response.get("aborted").is_some() {
        return Answer::Aborted;
    }
    let line = response["line"].as_str().unwrap();
    let headers = response["headers"].as_array().unwrap().iter().map(|field| {
        (
            field[0].as_str().unwrap().to_lowercase(),
            field[1].as_str().unwrap().to_owned(),
        )
    });
    decompressed(Answer::Complete {
        status: line.split_once(' ').unwrap().1.to_owned(),
        headers: headers
            .filter(|(name, _)| name != "transfer-encoding")
            .collect(),
        body: response.get("body").map(bytes).unwrap_or_default(),
    })
}

/// The end of a cookie with an age is the time of the call.
fn without_end_of_cookie(value: String) -> String {
    let Some(start) = value
        .find("; Expires=")
        .filter(|_| value.contains("Max-Age="))
    else {
        return value;
    };
    let start = start + "; Expires=".len();
    let end = value[start..]
        .find(';')
        .map_or(value.len(), |end| start + end);
    assert!(value[start..end].ends_with(" GMT"), "a date: {value}");
    format!("{}<now>{}", &value[..start], &value[end..])
}

/// `"text"`, `{base64}` or `{runs: [[text, times], …]}`.
fn bytes(value: &Value) -> Vec<u8> {
    if let Some(text) = value.as_str() {
        return text.as_bytes().to_vec();
    }
    if let Some(encoded) = value.get("base64") {
        return STANDARD.decode(encoded.as_str().unwrap()).unwrap();
    }
    let runs = value["runs"].as_array().unwrap().iter();
    let run = |run: &Value| {
        run[0]
            .as_str()
            .unwrap()
            .repeat(usize::try_from(run[1].as_u64().unwrap()).unwrap())
    };
    runs.map(run).collect::<String>().into_bytes()
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect()
}

fn unchunked(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let mut rest = text.as_str();
    let mut all = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        all.push_str(&after[..size]);
        rest = &after[size + 2..];
    }
    all.into_bytes()
}
