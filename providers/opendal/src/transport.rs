//! How requests are sent: with time limits, answers that are for what was asked, and their dates.

use std::cell::RefCell;
use std::time::Duration;

use http::header::{CONTENT_RANGE, DATE, HeaderMap, RANGE};
use http::{Request, Response, StatusCode};
use isobar::{Error, ErrorKind, Result};
use opendal::{Buffer, HttpBody, HttpTransport};
use opendal_http_transport_reqwest::ReqwestTransport;

const CONNECT: Duration = Duration::from_secs(2);
/// The longest time without a byte.
const SILENCE: Duration = Duration::from_secs(30);

/// What the service said of the last request of a call, beside what OpenDAL tells of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    pub(crate) status: Option<StatusCode>,
    /// When it was given, by the service's clock.
    pub(crate) date: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

tokio::task_local! {
    static ANSWER: RefCell<Answer>;
}

/// Runs a call of OpenDAL, and gives the answer to its last request too.
pub(crate) async fn observed<T>(
    call: impl Future<Output = opendal::Result<T>>,
) -> (opendal::Result<T>, Answer) {
    let call = async {
        let result = call.await;
        (result, ANSWER.with(RefCell::take))
    };
    ANSWER.scope(RefCell::default(), call).await
}

/// A transport that compares `Content-Range` with `Range` (rule K5): OSS and others may answer an
/// unsatisfiable range with the whole blob.
pub(crate) struct Careful {
    inner: ReqwestTransport,
}

impl Careful {
    pub(crate) fn new() -> Result<Self> {
        // Whoever has installed one before has decided.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(reqwest::redirect::Policy::none())
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .build();
        let client = client.map_err(|error| {
            let message = "there is no HTTP client: TLS cannot be set up";
            Error::new(ErrorKind::Internal, message).with_source(error)
        })?;
        Ok(Self {
            inner: ReqwestTransport::new(client),
        })
    }
}

impl HttpTransport for Careful {
    async fn fetch(&self, request: Request<Buffer>) -> opendal::Result<Response<HttpBody>> {
        let asked = request.headers().get(RANGE).cloned();
        let _ = ANSWER.try_with(RefCell::take);
        let response = self.inner.fetch(request).await?;
        note(&response);
        match (&asked, response.status()) {
            (Some(asked), StatusCode::OK) if asked != "bytes=0-" => Err(wrong("no Content-Range")),
            (Some(asked), StatusCode::PARTIAL_CONTENT) => {
                let given = text(response.headers(), CONTENT_RANGE.as_str());
                match (asked.to_str(), given) {
                    // Of an empty blob, for which Content-Range has no form.
                    (_, Some(given)) if given.ends_with("/0") => Err(empty()),
                    (Ok(asked), Some(given)) if begins_alike(asked, given) => Ok(response),
                    _ => Err(wrong("another Content-Range")),
                }
            }
            _ => Ok(response),
        }
    }
}

fn note(response: &Response<HttpBody>) {
    let headers = response.headers();
    let owned = |name| text(headers, name).map(ToOwned::to_owned);
    let ids = ["x-amz-request-id", "x-oss-request-id", "x-cos-request-id"];
    let mut ids = ids.into_iter().chain(["x-obs-request-id"]);
    let told = Answer {
        status: Some(response.status()),
        date: owned(DATE.as_str()),
        request_id: ids.find_map(owned),
        retry_after: text(headers, "retry-after")
            .and_then(|seconds| seconds.trim().parse().ok())
            .map(Duration::from_secs),
    };
    let _ = ANSWER.try_with(|answer| answer.replace(told));
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Whether `bytes A-B` answers `bytes=A-…`, or any range `bytes=-N`, whose place depends on the size.
fn begins_alike(asked: &str, given: &str) -> bool {
    let Some(asked) = asked.strip_prefix("bytes=") else {
        return false;
    };
    let Some(given) = given.strip_prefix("bytes ") else {
        return false;
    };
    let first = |range: &str| range.split_once('-').map(|(first, _)| first.to_owned());
    match (first(asked), first(given)) {
        (Some(asked), Some(given)) => asked.is_empty() || asked == given,
        _ => false,
    }
}

fn empty() -> opendal::Error {
    let message = "the blob has no bytes";
    opendal::Error::new(opendal::ErrorKind::RangeNotSatisfied, message)
}

fn wrong(what: &str) -> opendal::Error {
    let message = format!("the service answered the request for a range with {what}");
    opendal::Error::new(opendal::ErrorKind::Unexpected, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_for_the_range_that_was_asked_for() {
        assert!(begins_alike("bytes=5-9", "bytes 5-7/8"));
        assert!(begins_alike("bytes=-3", "bytes 5-7/8"));
        assert!(begins_alike("bytes=5-", "bytes 5-7/8"));
        assert!(!begins_alike("bytes=5-9", "bytes 0-7/8"));
        assert!(!begins_alike("bytes=5-9", "5-7/8"));
    }
}
