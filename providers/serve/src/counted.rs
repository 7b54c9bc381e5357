//! The bytes of a connection: counted, told apart by the first of them, and sent as long as somebody takes them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt as _;

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
    /// What was read to see which protocol it is.
    first: Bytes,
    sending: Pace,
}

/// How a client begins that knows that this server speaks HTTP/2 (RFC 9113, section 3.4).
const PREFACE: [u8; 24] = *b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

impl CountedIo {
    pub(crate) fn new(stream: Stream, pulse: Arc<Pulse>, options: &Options) -> Self {
        Self {
            io: TokioIo::new(stream),
            pulse,
            first: Bytes::new(),
            sending: Pace::new(options.response_idle_timeout, options.least_response_rate),
        }
    }

    pub(crate) fn stream(&self) -> &Stream {
        self.io.inner()
    }

    /// Whether the client begins as one that knows HTTP/2; reads no further than that is clear.
    pub(crate) async fn begins_http2(&mut self) -> io::Result<bool> {
        let mut first = Vec::with_capacity(PREFACE.len());
        while first.len() < PREFACE.len() && PREFACE.starts_with(&first) {
            let left = (PREFACE.len() - first.len()) as u64;
            let read = self.io.inner_mut().take(left).read_buf(&mut first).await?;
            if read == 0 {
                break;
            }
            self.pulse.note_read();
        }
        let is_http2 = first == PREFACE;
        self.first = first.into();
        Ok(is_http2)
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
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let fitting = self.first.len().min(buf.remaining());
            buf.put_slice(&self.first.split_to(fitting));
            return Poll::Ready(Ok(()));
        }
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
