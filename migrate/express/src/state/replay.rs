//! A request that can be handled again from the beginning.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use http::request::Parts;
use http_body::Frame;

/// A request whose body is kept as far as it was read.
#[derive(Debug, Clone)]
pub(super) struct Replay {
    head: Parts,
    body: Arc<Mutex<Kept>>,
}

#[derive(Debug)]
struct Kept {
    read: Vec<Bytes>,
    rest: Body,
}

impl Replay {
    pub(super) fn new(request: http::Request<Body>) -> Self {
        let (head, rest) = request.into_parts();
        Self {
            head,
            body: Arc::new(Mutex::new(Kept {
                read: Vec::new(),
                rest,
            })),
        }
    }

    /// The request from its beginning.
    pub(super) fn request(&self) -> http::Request<Body> {
        let body = Again {
            body: Arc::clone(&self.body),
            position: 0,
        };
        http::Request::from_parts(self.head.clone(), Body::new(body))
    }
}

/// First what was read before, then the rest.
struct Again {
    body: Arc<Mutex<Kept>>,
    position: usize,
}

impl Again {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl http_body::Body for Again {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let position = this.position;
        this.position += 1;
        let mut kept = this.kept();
        if let Some(chunk) = kept.read.get(position) {
            return Poll::Ready(Some(Ok(Frame::data(chunk.clone()))));
        }
        let polled = Pin::new(&mut kept.rest).poll_frame(context);
        let data = match &polled {
            Poll::Ready(Some(Ok(frame))) => frame.data_ref().cloned(),
            _ => None,
        };
        let is_data = data.is_some();
        kept.read.extend(data);
        drop(kept);
        if !is_data {
            this.position = position;
        }
        polled
    }
}
