//! Google's Functions Framework as another reader of the events that the suite sends: what it reads of each must be what
//! the server under the platforms reads.

mod sent;

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use isobar_serve::event::{CloudEvent, Delivery, cloud_events, instant};
use serde_json::Value;

use crate::Failure;
use crate::door::{WireRequest, http1};
use crate::emulator::{Emulator, StartError};
use crate::probe::TOPIC;

/// What each reads of a request: id, source, type, subject, time and data.
#[derive(Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which request it is.
    pub sent: &'static str,
    /// What the server under the platforms reads.
    pub ours: String,
    /// What the framework reads.
    pub theirs: String,
}

/// A running framework.
#[derive(Debug)]
pub struct Counterpart(Emulator);

impl Counterpart {
    /// Starts the one that `./test` installed.
    pub async fn start() -> Result<Self, StartError> {
        Emulator::start_functions_framework().await.map(Self)
    }

    /// Sends it everything that the suite sends in the forms of CloudEvents; what both read.
    pub async fn readings(&self) -> Result<Vec<Reading>, Failure> {
        let mut readings = Vec::new();
        for (sent, request) in sent::requests() {
            let ours = read(&request)?;
            let theirs = match self.ask(&request).await? {
                Ok(answer) => Read::answered(&answer).shown(),
                Err(status) => format!("it answers {status}"),
            };
            readings.push(Reading { sent, ours, theirs });
        }
        Ok(readings)
    }

    /// The CloudEvent that it makes of a request in one of Google's older forms.
    pub async fn converted(&self, path: &str, content: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let request = WireRequest::new("POST", path)
            .header("content-type", "application/json")
            .body(content);
        let answer = self.ask(&request).await?;
        let mut answer = answer.map_err(|status| Failure::new(format!("it answers {status}")))?;
        let data = answer["data"].take();
        let mut event = answer["attributes"].take();
        event["data"] = data;
        Ok(event.to_string().into_bytes())
    }

    /// A message as Pub/Sub pushes it, and the CloudEvent that the framework makes of it, as the paths of both name its
    /// topic.
    pub async fn pushed(&self) -> Result<[Delivery; 2], Failure> {
        let request = sent::pushed();
        let path = format!("/projects/p/topics/{}", TOPIC.name());
        let converted = self.converted(&path, request.body.clone()).await?;
        let named = |delivery: Delivery| delivery.with_name(Some(TOPIC.name().to_owned()));
        let pushed = named(delivery(&request)?);
        Ok([pushed, named(structured(converted))])
    }

    /// What it says that it has read, or the status of its failure.
    async fn ask(&self, request: &WireRequest) -> Result<Result<Value, u16>, Failure> {
        let address = self.0.url.trim_start_matches("http://").parse();
        let address = address.map_err(|_| Failure::new("the framework is nowhere"))?;
        let response = http1::exchange(address, request).await;
        let silent = |error| Failure::new(format!("the framework is silent: {error}"));
        let response = response.map_err(silent)?;
        if response.status != 200 {
            return Ok(Err(response.status));
        }
        let malformed = |error| Failure::new(format!("the framework echoes no JSON: {error}"));
        serde_json::from_slice(&response.body)
            .map(Ok)
            .map_err(malformed)
    }
}

/// What is compared.
#[derive(Debug)]
struct Read {
    id: String,
    source: String,
    event_type: String,
    subject: Option<String>,
    time: Option<SystemTime>,
    data: Vec<u8>,
}

/// A CloudEvent in the structured mode, as the server gets it.
pub fn structured(event: Vec<u8>) -> Delivery {
    let media = HeaderValue::from_static("application/cloudevents+json");
    let fields = HeaderMap::from_iter([(CONTENT_TYPE, media)]);
    Delivery::new(fields, event.into())
}

/// What the server reads of a CloudEvent in the structured mode.
pub fn read_structured(event: &[u8]) -> Result<String, Failure> {
    read_delivery(&structured(event.to_vec()))
}

fn delivery(request: &WireRequest) -> Result<Delivery, Failure> {
    let fields = request.headers.iter().map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value);
        Ok((name.map_err(malformed)?, value.map_err(malformed)?))
    });
    let fields = fields.collect::<Result<HeaderMap, Failure>>()?;
    Ok(Delivery::new(fields, request.body.clone().into()))
}

/// What the server reads of a request; of several events the first.
fn read(request: &WireRequest) -> Result<String, Failure> {
    read_delivery(&delivery(request)?)
}

fn read_delivery(delivery: &Delivery) -> Result<String, Failure> {
    let events = cloud_events(delivery)?.unwrap_or_default();
    let first = events.into_iter().next();
    let first = first.ok_or_else(|| Failure::new("the suite sends what is no CloudEvent"))?;
    Ok(Read::of(first).shown())
}

fn malformed(error: impl std::error::Error) -> Failure {
    Failure::new(format!("the suite sends a malformed field: {error}"))
}

impl Read {
    fn of(event: CloudEvent) -> Self {
        Self {
            id: event.id,
            source: event.source,
            event_type: event.event_type,
            subject: event.subject,
            time: event.time,
            data: event.data.to_vec(),
        }
    }

    fn answered(answer: &Value) -> Self {
        let told = |name: &str| answer["attributes"][name].as_str().map(str::to_owned);
        let data = &answer["data"];
        let bytes = data["base64"].as_str().map(|text| STANDARD.decode(text));
        let text = data.as_str().map(|text| text.as_bytes().to_vec());
        let bytes = bytes.and_then(Result::ok).or(text);
        Self {
            id: told("id").unwrap_or_default(),
            source: told("source").unwrap_or_default(),
            event_type: told("type").unwrap_or_default(),
            subject: told("subject"),
            time: told("time").and_then(|text| instant(&text).ok()),
            data: bytes.unwrap_or_else(|| match data {
                Value::Null => Vec::new(),
                data => data.to_string().into_bytes(),
            }),
        }
    }

    /// JSON is the same in whatever order its members come.
    fn shown(self) -> String {
        let json: Option<Value> = serde_json::from_slice(&self.data).ok();
        let data = match json {
            Some(json) => json.to_string(),
            None => self.data.escape_ascii().to_string(),
        };
        let Self {
            id,
            source,
            event_type,
            subject,
            time,
            ..
        } = self;
        let time = time.and_then(|time| jiff::Timestamp::try_from(time).ok());
        let time = time.map(|time| time.to_string());
        format!("{id:?} {source:?} {event_type:?} {subject:?} {time:?} {data}")
    }
}
