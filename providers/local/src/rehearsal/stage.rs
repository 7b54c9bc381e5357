//! What another platform lets through, and how its instances live.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request};
use isobar::{Error, ErrorKind, Result};
use isobar_serve::head_bytes;

/// What another platform lets through, and how its instances live; sizes are bytes.
#[derive(Clone, Default)]
pub struct Stage {
    /// Path and query.
    pub target: Option<u64>,
    /// The names and values of a request's header fields with its method and target.
    pub head: Option<u64>,
    /// The names and values of a request's header fields alone.
    pub fields: Option<u64>,
    /// The content of a request.
    pub content: Option<u64>,
    /// Whether the platform hands a request on, where not by the size of its content alone.
    pub admits: Option<Admits>,
    /// The time that a request has, and a handler of an event that is under way when its process is to be replaced.
    pub time: Option<Duration>,
    /// The names and values of a response's header fields.
    pub response_fields: Option<u64>,
    /// Whether the platform passes a response on; responses are streamed where nothing is asked.
    pub passes: Option<Passes>,
    /// Whether each request meets a process that had none before.
    pub fresh: bool,
}

/// Says that a request is handed on, or by `TooLarge` that it is not.
pub type Admits = Arc<dyn Fn(&Request<Bytes>) -> Result<()> + Send + Sync>;

/// Says that a response is passed on, or by `TooLarge` that it is not.
pub type Passes = Arc<dyn Fn(http::Response<Bytes>) -> Result<()> + Send + Sync>;

/// Responses with at most so many bytes of content.
pub fn up_to(most: u64) -> Passes {
    Arc::new(move |response| {
        let measured = response.body().len() as u64;
        within("the size in bytes of the response", most, measured)
    })
}

impl Stage {
    /// Weighs what comes before the content of a request.
    pub(super) fn check_head(&self, parts: &http::request::Parts) -> Result<()> {
        let fields = head_bytes(&parts.headers);
        let target = parts.uri.path_and_query();
        let target = target.map_or(1, |target| target.as_str().len());
        let head = fields + (parts.method.as_str().len() + target) as u64;
        let what = "the size in bytes of the head of the request";
        within(what, self.head.unwrap_or(u64::MAX), head)?;
        let what = "the size in bytes of the fields of the request";
        within(what, self.fields.unwrap_or(u64::MAX), fields)
    }

    pub(super) fn check_response_fields(&self, headers: &HeaderMap) -> Result<()> {
        let most = self.response_fields.unwrap_or(u64::MAX);
        let what = "the size in bytes of the fields of the response";
        within(what, most, head_bytes(headers))
    }
}

fn within(what: &'static str, most: u64, measured: u64) -> Result<()> {
    if measured <= most {
        return Ok(());
    }
    Err(Error::over_limit(ErrorKind::TooLarge, what, most, measured))
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage")
            .field("content", &self.content)
            .field("time", &self.time)
            .field("fresh", &self.fresh)
            .finish_non_exhaustive()
    }
}
