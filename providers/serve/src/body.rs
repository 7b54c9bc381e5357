//! The body of a request, held to its size and to its pace.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use isobar::function::RequestId;

use crate::options::Options;
use crate::pace::Pace;
use crate::pulse::{Beat, Pulse};

/// A request's body as it arrives; ends in a [`BodyError`] when it is too large, too slow, or cut short.
pub struct RequestBody {
    incoming: Incoming,
    arrival: Arrival,
    most: u64,
    received: u64,
    pace: Pace,
    breach: Breach,
    /// Of a request that has a body: the connection carries it for as long as somebody may read it.
    _beat: Option<Beat>,
}

/// What the server knows about a request beside the request itself.
///
/// It travels with the body because an extension would cost each request three allocations that most do not need; a
/// platform moves what it wants into the extensions that its handlers look for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Arrival {
    /// The request's id, which its response will carry.
    pub request_id: RequestId,
    /// The other end of the connection; a proxy's, where there is one in front, and this machine's loopback address where it is a Unix socket.
    pub peer: SocketAddr,
}

/// Why a body could not be read to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum BodyError {
    /// The body is larger than [`Options::max_body_bytes`](crate::Options::max_body_bytes).
    TooLarge,
    /// Nothing came for [`Options::body_idle_timeout`](crate::Options::body_idle_timeout), or less than
    /// [`Options::least_body_rate`](crate::Options::least_body_rate).
    TooSlow,
    /// The client broke the connection or the protocol.
    Broken(hyper::Error),
}

/// Remembers, beside a body that a handler owns, that a limit was passed, so that the server answers with the
/// right status whatever the handler made of the error. Absent where the request has no body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breach(Option<Arc<AtomicU8>>);

const TOO_LARGE: u8 = 1;
const TOO_SLOW: u8 = 2;

impl RequestBody {
    /// Where the request came from, and its id.
    pub fn arrival(&self) -> &Arrival {
        &self.arrival
    }

    /// The body as applications take it.
    pub fn into_body(self) -> isobar::http::Body {
        if self.incoming.is_end_stream() {
            isobar::http::Body::empty()
        } else {
            isobar::http::Body::new(self)
        }
    }

    pub(crate) fn new(
        incoming: Incoming,
        arrival: Arrival,
        (options, max_bytes): (&Options, u64),
        pulse: &Arc<Pulse>,
    ) -> Self {
        let has_content = !incoming.is_end_stream();
        let breach = Breach(has_content.then(Arc::default));
        Self {
            incoming,
            arrival,
            most: max_bytes,
            received: 0,
            pace: Pace::new(options.body_idle_timeout, options.least_body_rate),
            breach,
            _beat: has_content.then(|| pulse.begin()),
        }
    }

    pub(crate) fn breach(&self) -> Breach {
        self.breach.clone()
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        // hyper tells the end of a body whose response has been sent only when the next request comes.
        if self.incoming.is_end_stream() {
            return Poll::Ready(None);
        }
        let Self { incoming, pace, .. } = &mut *self;
        let frame = ready!(pace.poll(cx, |cx| Pin::new(&mut *incoming).poll_frame(cx)));
        let Ok(frame) = frame else {
            self.breach.set(TOO_SLOW);
            return Poll::Ready(Some(Err(BodyError::TooSlow)));
        };
        let Some(frame) = frame.transpose().map_err(BodyError::Broken)? else {
            return Poll::Ready(None);
        };
        let size = frame.data_ref().map_or(0, Buf::remaining);
        self.pace.moved(size);
        self.received = self.received.saturating_add(size as u64);
        if self.received > self.most {
            self.breach.set(TOO_LARGE);
            return Poll::Ready(Some(Err(BodyError::TooLarge)));
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Breach {
    pub(crate) fn error(&self) -> Option<BodyError> {
        match self.0.as_ref()?.load(Ordering::Acquire) {
            TOO_LARGE => Some(BodyError::TooLarge),
            TOO_SLOW => Some(BodyError::TooSlow),
            _ => None,
        }
    }

    fn set(&self, which: u8) {
        if let Some(flag) = &self.0 {
            flag.store(which, Ordering::Release);
        }
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody")
            .field("size_hint", &self.size_hint())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the request body is larger than this server takes",
            Self::TooSlow => "the request body stopped arriving, or came too slowly",
            Self::Broken(_) => "the request body was cut short",
        })
    }
}

impl std::error::Error for BodyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Broken(source) => Some(source),
            Self::TooLarge | Self::TooSlow => None,
        }
    }
}
