//! Whether a connection is waiting for its client, found out a few times per timeout instead of once per request.
//!
//! hyper has a timer for heads, but arms it anew for each request, which costs a small service about a tenth of its
//! throughput. A few counts and a slow beat give the same bound, at most a quarter of the timeout later.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;

use crate::socket::Stream;

/// What one connection has done so far.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    begun: AtomicU64,
    ended: AtomicU64,
    writes: AtomicU64,
}

/// A request under way; its end is counted when its response has been passed on or given up.
#[derive(Debug)]
pub(crate) struct Beat(Arc<Pulse>);

/// A connection that counts its writes: the end of a response may still be on its way to a slow reader.
#[derive(Debug)]
pub(crate) struct CountedIo {
    io: TokioIo<Stream>,
    pulse: Arc<Pulse>,
}

const BEATS_PER_TIMEOUT: u32 = 4;

impl Pulse {
    pub(crate) fn begin(self: &Arc<Self>) -> Beat {
        self.begun.fetch_add(1, Ordering::Relaxed);
        Beat(Arc::clone(self))
    }

    /// Resolves when for `timeout` no request was under way, none began, and nothing could be sent.
    pub(crate) async fn stopped(&self, timeout: Duration) {
        let mut quiet_beats = 0;
        let mut before = (0, 0);
        while quiet_beats < BEATS_PER_TIMEOUT {
            tokio::time::sleep(timeout / BEATS_PER_TIMEOUT).await;
            let ended = self.ended.load(Ordering::Relaxed);
            let now = (
                self.begun.load(Ordering::Relaxed),
                self.writes.load(Ordering::Relaxed),
            );
            let quiet = now == before && now.0 == ended;
            quiet_beats = if quiet { quiet_beats + 1 } else { 0 };
            before = now;
        }
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

impl CountedIo {
    pub(crate) fn new(stream: Stream, pulse: Arc<Pulse>) -> Self {
        Self {
            io: TokioIo::new(stream),
            pulse,
        }
    }

    pub(crate) fn stream(&self) -> &Stream {
        self.io.inner()
    }

    fn counted(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.pulse.writes.fetch_add(1, Ordering::Relaxed);
        }
        written
    }
}

impl Read for CountedIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl Write for CountedIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.counted(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.counted(written)
    }
}
