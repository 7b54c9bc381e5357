//! A client's connection that can fall silent, speak nonsense, or be cut.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

const OPEN: u8 = 0;
const SILENT: u8 = 1;
const NOISY: u8 = 2;

/// What no protocol known here begins a message with.
pub(crate) const NOISE: [u8; 256] = [0xff; 256];

/// What decides on the fate of a connection.
#[derive(Debug, Default)]
pub(crate) struct Switch {
    mode: AtomicU8,
    cut: Notify,
}

impl Switch {
    /// Nothing is heard from now on.
    pub(crate) fn silence(&self) {
        self.mode.store(SILENT, Ordering::SeqCst);
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.mode.load(Ordering::SeqCst) == SILENT
    }

    /// Everything becomes noise from now on.
    pub(crate) fn disturb(&self) {
        self.mode.store(NOISY, Ordering::SeqCst);
    }

    /// Closes the connection.
    pub(crate) fn cut(&self) {
        self.cut.notify_one();
    }

    pub(crate) async fn is_cut(&self) {
        self.cut.notified().await;
    }
}

/// The connection, as HTTP reads and writes it.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    switch: Arc<Switch>,
}

impl Line {
    pub(crate) fn new(stream: TcpStream, switch: Arc<Switch>) -> Self {
        Self { stream, switch }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, into)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        let stream = Pin::new(&mut line.stream);
        match line.switch.mode.load(Ordering::SeqCst) {
            OPEN => stream.poll_write(context, bytes),
            SILENT => Poll::Ready(Ok(bytes.len())),
            _ => stream.poll_write(context, &NOISE[..bytes.len().min(NOISE.len())]),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
