//! The bytes of a connection: counted, and sent as long as somebody takes them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;

use crate::options::Options;
use crate::pace::{Pace, TooSlow};
use crate::pulse::Pulse;
use crate::socket::Stream;

/// A connection that counts its reads, which tell a head that has begun, and its writes: the end of a response may still be
/// on its way to a slow reader.
#[derive(Debug)]
pub(crate) struct CountedIo {
    io: TokioIo<Stream>,
    pulse: Arc<Pulse>,
    sending: Pace,
}

impl CountedIo {
    pub(crate) fn new(stream: Stream, pulse: Arc<Pulse>, options: &Options) -> Self {
        Self {
            io: TokioIo::new(stream),
            pulse,
            sending: Pace::new(options.response_idle_timeout, options.least_response_rate),
        }
    }

    pub(crate) fn stream(&self) -> &Stream {
        self.io.inner()
    }

    /// What became of an attempt to send.
    fn sent(&mut self, sent: Poll<Result<io::Result<usize>, TooSlow>>) -> Poll<io::Result<usize>> {
        match sent {
            Poll::Ready(Ok(sent)) => {
                self.sending
                    .moved(sent.as_ref().copied().unwrap_or_default());
                self.pulse.note_written();
                Poll::Ready(sent)
            }
            Poll::Ready(Err(TooSlow)) if !self.pulse.is_upgraded() => {
                self.stream().reset_on_close();
                tracing::debug!("a client takes nothing of its response, or takes it too slowly");
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Ready(Err(TooSlow)) | Poll::Pending => {
                self.pulse.note_blocked();
                Poll::Pending
            }
        }
    }
}

impl Read for CountedIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        if read.is_ready() {
            self.pulse.note_read();
        }
        read
    }
}

impl Write for CountedIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { io, sending, .. } = &mut *self;
        let sent = sending.poll(cx, |cx| Pin::new(&mut *io).poll_write(cx, buf));
        self.sent(sent)
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
        let Self { io, sending, .. } = &mut *self;
        let sent = sending.poll(cx, |cx| Pin::new(&mut *io).poll_write_vectored(cx, bufs));
        self.sent(sent)
    }
}
