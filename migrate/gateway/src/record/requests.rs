//! Requests that the gateway writes down, to be replayed by a verification.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use serde::{Deserialize, Serialize};

use super::lines::Lines;
use crate::error::{Error, Result};

/// A file to which requests are written.
#[derive(Debug)]
pub struct Recorder {
    lines: Lines,
    next: AtomicU64,
}

/// One request. Header values may be secrets: the file is for its owner alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedRequest {
    /// Its place among all recorded requests; lines are written when a body has ended, so not always in this order.
    pub number: u64,
    /// The method.
    pub method: String,
    /// Path and query as they came.
    pub target: String,
    /// Header fields in order, without those of the connection and of forwarding.
    pub headers: Vec<(String, String)>,
    /// The body in base64; absent where it was too large to be written down.
    pub body: Option<String>,
    /// The body of the answer in base64, from which a replay learns what the ids of then are called now; absent where it
    /// was too large, or where there was no answer.
    pub answer: Option<String>,
}

impl Recorder {
    /// Appends to the file at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        let begun = if path.exists() {
            read_requests(path)?
        } else {
            Vec::new()
        };
        let next = begun.last().map_or(0, |request| request.number + 1);
        Ok(Self {
            lines: Lines::open(path)?,
            next: AtomicU64::new(next),
        })
    }

    /// A place in the order of requests, taken when a request arrives.
    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn record(&self, request: &RecordedRequest) {
        if let Err(error) = self.lines.append(request) {
            tracing::error!(%error, "a request is not recorded");
        }
    }
}

impl RecordedRequest {
    /// The head of a request as it goes to an application.
    pub(crate) fn of(number: u64, head: &Parts) -> Self {
        let headers = head
            .headers
            .iter()
            .filter(|(name, _)| !is_forwarding(name.as_str()));
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self {
            number,
            method: head.method.to_string(),
            target: head
                .uri
                .path_and_query()
                .map(ToString::to_string)
                .unwrap_or_default(),
            headers: headers
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
            body: None,
            answer: None,
        }
    }

    pub(crate) fn set_body(&mut self, body: &[u8]) {
        self.body = Some(STANDARD.encode(body));
    }

    pub(crate) fn set_answer(&mut self, answer: &[u8]) {
        self.answer = Some(STANDARD.encode(answer));
    }

    /// The bytes of the body; `None` where it was too large to be written down.
    pub fn body(&self) -> Result<Option<Vec<u8>>> {
        self.body
            .as_deref()
            .map(|text| self.decode(text))
            .transpose()
    }

    /// The bytes of the answer's body, where it was written down.
    pub fn answer_body(&self) -> Result<Option<Vec<u8>>> {
        self.answer
            .as_deref()
            .map(|text| self.decode(text))
            .transpose()
    }

    fn decode(&self, text: &str) -> Result<Vec<u8>> {
        STANDARD.decode(text).map_err(|error| {
            let message = format!("a body of recorded request {} is not base64", self.number);
            Error::invalid(message).with_source(error)
        })
    }
}

/// All requests of the file at `path`, in the order in which they arrived.
pub fn read_requests(path: &Path) -> Result<Vec<RecordedRequest>> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::file("read", path, error))?;
    let parse = |(number, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| {
            let place = format!("{}:{}", path.display(), number + 1);
            Error::invalid(format!("{place} is not a recorded request")).with_source(error)
        })
    };
    let mut requests: Vec<RecordedRequest> =
        text.lines().enumerate().map(parse).collect::<Result<_>>()?;
    requests.sort_by_key(|request| request.number);
    Ok(requests)
}

fn is_forwarding(name: &str) -> bool {
    name == "forwarded" || name == "via" || name.starts_with("x-forwarded-")
}
