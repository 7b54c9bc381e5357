//! The ways in which a request reaches an application: the same bytes through each of them.

pub(crate) mod application;
pub(crate) mod brought;
pub mod contract;
mod damage;
pub mod deployed;
mod dynamodb;
pub mod fn_agent;
pub mod function_url;
pub(crate) mod http1;
pub mod lambda;
mod limit;
pub mod local;
pub mod openwhisk;
mod payload;
mod process;
pub mod pubsub;
mod queue;
mod s3;
pub mod scf;
mod stream;

pub(crate) use brought::percent_encoded;
pub use damage::Damage;
pub use limit::SizeLimit;
pub use process::ProbeProcess;
pub use stream::{Piece, Pieces, WireStream};

use std::fmt;
use std::net::IpAddr;
use std::process::ExitStatus;
use std::time::Duration;

use async_trait::async_trait;
use isobar::{Capabilities, Capability};
use serde::{Deserialize, Serialize};

use crate::probe::notes::Note;
use crate::{Evidence, Failure};

/// A request as its client puts it on the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WireRequest {
    /// The method.
    pub method: String,
    /// Path and query, percent-encoded, byte for byte.
    pub target: String,
    /// Names and values in order; the door adds `host` where there is none, and the length.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The content; empty for none.
    pub body: Vec<u8>,
    /// What the gateway puts before the path, where it has stages.
    pub stage: Option<String>,
}

impl WireRequest {
    /// A request without headers or content.
    pub(crate) fn new(method: &str, target: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            target: target.into(),
            ..Self::default()
        }
    }

    /// Adds a header after those that are there.
    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref().to_vec();
        self.headers.push((name.to_owned(), value));
        self
    }

    /// Sets the content.
    #[must_use]
    pub(crate) fn body(mut self, content: impl Into<Vec<u8>>) -> Self {
        self.body = content.into();
        self
    }
}

/// A response as its client receives it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WireResponse {
    /// The status.
    pub status: u16,
    /// Names, in lower case, and values in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The content.
    pub body: Vec<u8>,
}

impl WireResponse {
    /// All values of a header, in order.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        self.headers
            .iter()
            .filter(|(found, _)| found == name)
            .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
            .collect()
    }

    /// The values of a header in one list, as RFC 9110, section 5.3, lets any recipient join them.
    pub(crate) fn joined(&self, name: &str) -> String {
        self.values(name).join(", ")
    }
}

/// A message as its sender hands it to the platform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WireMessage {
    /// Text, since queues of SQS hold no bytes.
    pub body: String,
    /// Names and values.
    pub attributes: Vec<(String, String)>,
    /// Its group, where it has one.
    pub group: Option<String>,
}

/// Something that somebody does to a blob of the probe's bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireChange {
    /// The key.
    pub key: String,
    /// The content to be stored; nothing for a delete.
    pub content: Option<Vec<u8>>,
    /// Whether the content is uploaded in parts.
    pub in_parts: bool,
}

/// Something that somebody does to a document of the probe's collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireWrite {
    /// Its partition.
    pub owner: String,
    /// Its place there.
    pub id: i64,
    /// The document to be stored; nothing for a delete.
    pub content: Option<Note>,
}

/// Opens doors to fresh processes of the probe application.
#[async_trait]
pub trait Doors: fmt::Debug + Send + Sync {
    /// What the platform behind the door declares.
    fn capabilities(&self) -> Capabilities;

    /// What a result through this door is worth.
    fn evidence(&self) -> Evidence;

    /// The address that the suite has for the platform behind the door, where that is known beforehand.
    fn client(&self) -> Option<IpAddr> {
        None
    }

    /// The scheme by which the suite comes as the platform tells it, where that is known beforehand.
    fn scheme(&self) -> Option<&'static str> {
        None
    }

    /// Methods and paths that the platform keeps for itself.
    fn reserved(&self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    /// How much content of a request the way is sure to pass on, in bytes.
    fn most_content(&self) -> usize {
        4_000_000
    }

    /// Whether the platform puts a stage before the path, which is taken away again.
    fn has_stages(&self) -> bool {
        false
    }

    /// Whether the platform tells by which host a client came.
    fn tells_host(&self) -> bool {
        true
    }

    /// Whether the platform tells, at a host of one's own, what it has taken from before the path.
    fn tells_base_path(&self) -> bool {
        true
    }

    /// Whether a request reaches the application on a connection of its own, as its client wrote it.
    fn is_server(&self) -> bool {
        false
    }

    /// Whether proxies in front are trusted that [`isobar_serve::TRUSTED_HOPS_VARIABLE`] counts; then a door
    /// [opens with](Self::open_with) variables.
    fn counts_hops(&self) -> bool {
        false
    }

    /// How much content of a request is passed on.
    fn content_limit(&self) -> SizeLimit {
        SizeLimit::SERVER_CONTENT
    }

    /// How much of path and query is passed on, where there is a limit; that of a server unless said otherwise.
    fn target_limit(&self) -> Option<SizeLimit> {
        Some(SizeLimit::SERVER_TARGET)
    }

    /// How much of the names and values of header fields is passed on, likewise.
    fn head_limit(&self) -> Option<SizeLimit> {
        Some(SizeLimit::SERVER_HEAD)
    }

    /// How many bytes of text a message may have, where it is less than most queues take.
    fn most_message(&self) -> usize {
        200_000
    }

    /// How long the platform says that a request has, where it says so.
    fn deadline(&self) -> Option<Duration> {
        None
    }

    /// Whether a request waits until the one before it was answered.
    fn one_at_a_time(&self) -> bool {
        false
    }

    /// Whether it tells how often a message was delivered.
    fn counts_deliveries(&self) -> bool;

    /// The same as [`open`](Self::open), with more variables in the probe's environment; on platforms that take events over
    /// HTTP.
    async fn open_with(&self, _: &[(&'static str, String)]) -> Result<Box<dyn Door>, Failure> {
        Err(isobar::Error::unsupported(Capability::CloudEvents).into())
    }

    /// Starts a probe that cannot start; what the platform hears of it, and how the process ended.
    async fn open_broken(&self) -> Result<(String, ExitStatus), Failure> {
        Err(Failure::unverified(
            "nothing is said of how the platform hears of a failed start",
        ))
    }

    /// Starts the probe and waits until it takes requests.
    async fn open(&self) -> Result<Box<dyn Door>, Failure>;
}

/// A running probe and the way to it.
#[async_trait]
pub trait Door: fmt::Debug + Send + Sync {
    /// Sends a request and waits for its answer.
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure>;

    /// Sends a request and reads the response as it comes, on platforms that pass it on like that.
    async fn stream(&self, _: &WireRequest) -> Result<WireStream, Failure> {
        Err(isobar::Error::unsupported(Capability::ResponseStreaming).into())
    }

    /// Has messages delivered to the probe's topic, and again those that it refuses, as the platform
    /// does; they may still be under way when this returns.
    async fn deliver(&self, _: &[WireMessage]) -> Result<(), Failure> {
        Err(isobar::Error::unsupported(Capability::Messages).into())
    }

    /// Has messages delivered to a topic of somebody's application, and again those that it refuses.
    async fn deliver_to(&self, _: &str, _: &[WireMessage]) -> Result<(), Failure> {
        Err(isobar::Error::unsupported(Capability::Messages).into())
    }

    /// Sends a request to the path at which the platform takes events, or to that of the events of one
    /// trigger.
    async fn bring(&self, _: Option<&str>, _: &WireRequest) -> Result<WireResponse, Failure> {
        Err(isobar::Error::unsupported(Capability::CloudEvents).into())
    }

    /// Brings the probe something once that is damaged in the form in which the platform brings it; what the platform hears
    /// of the refusal. Fails where it is not refused.
    async fn bring_damaged(&self, damage: Damage) -> Result<String, Failure> {
        Err(damage.not_brought())
    }

    /// Has the probe's schedule be due, and again while it fails.
    async fn tick(&self, _: &str) -> Result<(), Failure> {
        Err(isobar::Error::unsupported(Capability::Schedules).into())
    }

    /// Has an event delivered to the probe again.
    async fn replay(&self, _: &str) -> Result<(), Failure> {
        Err(isobar::Error::unsupported(Capability::EventReplay).into())
    }

    /// Changes blobs of the probe's bucket, one after another, and has the probe hear of it as the
    /// platform does; the events may still be under way when this returns.
    async fn change(&self, _: &[WireChange]) -> Result<(), Failure> {
        Err(isobar::Error::unsupported(Capability::BlobEvents).into())
    }

    /// Writes documents of the probe's collection, one after another, and has the probe hear of it as
    /// the platform does; the changes may still be under way when this returns.
    async fn write(&self, _: &[WireWrite]) -> Result<(), Failure> {
        Err(isobar::Error::unsupported(Capability::ChangeEvents).into())
    }

    /// The probe's process, where the suite has started it as its platform does.
    fn process(&self) -> Option<&ProbeProcess> {
        None
    }

    /// The lines with this text that the probe has logged, as whoever collects its logs has them.
    async fn logged(&self, _: &str) -> Result<Vec<String>, Failure> {
        Err(Failure::new("nobody collects the logs of this probe"))
    }
}
