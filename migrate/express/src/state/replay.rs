//! A request that can be handled again from the beginning.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use http::request::Parts;
use http_body::{Body as _, Frame};

/// A request whose body is kept as far as it was read.
#[derive(Debug, Clone)]
pub(super) struct Replay {
    head: Arc<Parts>,
    body: Arc<Mutex<Kept>>,
}

#[derive(Debug)]
struct Kept {
    read: Vec<Bytes>,
    rest: Body,
    end: Option<End>,
}

/// Why there is no more of the body.
#[derive(Debug, Clone)]
enum End {
    Complete,
    Failed(String),
}

impl Replay {
    pub(super) fn new(request: http::Request<Body>) -> Self {
        let (head, rest) = request.into_parts();
        Self {
            head: Arc::new(head),
            body: Arc::new(Mutex::new(Kept {
                read: Vec::new(),
                rest,
                end: None,
            })),
        }
    }

    /// The request from its beginning.
    pub(super) fn request(&self) -> (&Parts, Body) {
        let body = Again {
            body: Arc::clone(&self.body),
            position: 0,
        };
        (&self.head, Body::new(body))
    }

    /// Reads the body to its end, so that nobody has to wait for the client again.
    pub(super) async fn read_body(&self) {
        poll_fn(|context| {
            let mut kept = kept(&self.body);
            while kept.end.is_none() {
                ready!(kept.poll(context));
            }
            Poll::Ready(())
        })
        .await;
    }
}

impl Kept {
    /// Reads one more piece.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match ready!(Pin::new(&mut self.rest).poll_frame(context)) {
            None => self.end = Some(End::Complete),
            Some(Err(error)) => self.end = Some(End::Failed(error.to_string())),
            // Express shows no trailers.
            Some(Ok(frame)) => self.read.extend(frame.into_data()),
        }
        Poll::Ready(())
    }
}

fn kept(body: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    body.lock().unwrap_or_else(PoisonError::into_inner)
}

/// First what was read before, then the rest.
struct Again {
    body: Arc<Mutex<Kept>>,
    position: usize,
}

impl http_body::Body for Again {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let mut kept = kept(&this.body);
        loop {
            if let Some(chunk) = kept.read.get(this.position) {
                this.position += 1;
                return Poll::Ready(Some(Ok(Frame::data(chunk.clone()))));
            }
            match &kept.end {
                None => ready!(kept.poll(context)),
                Some(End::Complete) => return Poll::Ready(None),
                Some(End::Failed(why)) => {
                    return Poll::Ready(Some(Err(axum::Error::new(why.clone()))));
                }
            }
        }
    }
}
