//! Responses, held to what a front end passes on.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, StatusCode};
use http_body::{Body as _, Frame, SizeHint};
use isobar::driver::Problem;
use isobar::function::RequestId;
use isobar::http::{Body, Response};

use super::facts::FrontLimits;

/// The response itself, or a 502 in its place where it is known to be too large; one that becomes too large on its way is
/// broken off, so that no client takes a part for the whole (rule N10).
pub(super) fn held(response: Response, limits: FrontLimits, id: &RequestId) -> Response {
    let head = head_bytes(response.headers());
    if let Some(most) = limits.response_head.filter(|most| head > *most) {
        return refused("response_head_too_large", "header fields", most, id);
    }
    let Some(most) = limits.response else {
        return response;
    };
    if response.body().size_hint().lower() > most {
        return refused("response_too_large", "content", most, id);
    }
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    response.map(|body| {
        Body::new(HeldBody {
            body,
            remaining: most,
        })
    })
}

/// Bytes of the names and values of header fields, as limits of front ends count them.
pub fn head_bytes(headers: &HeaderMap) -> u64 {
    let fields = headers.iter();
    let lengths = fields.map(|(name, value)| name.as_str().len() + value.len());
    lengths.sum::<usize>() as u64
}

fn refused(code: &'static str, what: &str, most: u64, id: &RequestId) -> Response {
    let detail = format!(
        "the response has more than the {most} bytes of {what} that this platform passes on"
    );
    let problem = Problem::new(StatusCode::BAD_GATEWAY, code, "server", detail);
    problem.into_response(id)
}

/// Content whose length nobody knows beforehand.
struct HeldBody {
    body: Body,
    remaining: u64,
}

impl http_body::Body for HeldBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)) else {
            return Poll::Ready(None);
        };
        let frame = frame?;
        let size = frame.data_ref().map_or(0, Bytes::remaining) as u64;
        let Some(remaining) = self.remaining.checked_sub(size) else {
            return Poll::Ready(Some(Err(
                "the response is larger than this platform passes on".into(),
            )));
        };
        self.remaining = remaining;
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
